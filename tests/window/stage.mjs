// What a test in the window is played on: a server, the window, and steps of which each begins where the one before ended.

import { after, before, describe, it } from "node:test";

import { Page } from "./page.mjs";
import { forgetPicture, keepPicture, openWindow, startDriver, startServer } from "./world.mjs";

/** How long one step may take: a package takes its time to be installed. */
const STEP_MAX = 240_000;

/** A running server, and a person's window on it. */
export class Stage {
  /** The window as a person sees it. */
  page;
  /** What the server is started with. */
  environment = {};
  #server;
  #tauri;
  #driver;

  async open() {
    await this.startServer();
    this.#tauri = await startDriver();
    await this.showWindow();
  }

  async close() {
    await this.closeWindow().catch((error) => console.error(`closing the window: ${error}`));
    await this.#tauri?.stop();
    await this.stopServer();
  }

  async startServer() {
    this.#server = await startServer(this.environment);
  }

  async stopServer() {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }

  async showWindow() {
    this.#driver = await openWindow();
    this.page = new Page(this.#driver);
  }

  async closeWindow() {
    const driver = this.#driver;
    this.#driver = undefined;
    await driver?.quit();
  }
}

/** Plays a story: `tell` is given what adds a step, and the stage. After a step that fails, the rest cannot run. What `prepare`
 * starts beside the server is there before it, and what it answers is the server's environment. */
export function play(name, tell, cleanUp = () => {}, prepare = () => ({})) {
  describe(name, { timeout: 600_000 }, () => {
    const stage = new Stage();
    let broken;
    const step = (title, run) =>
      it(title, { timeout: STEP_MAX }, async (context) => {
        if (broken) return context.skip(`not reached: "${broken}" failed`);
        broken = title;
        try {
          await run(stage.page);
          broken = undefined;
        } catch (thrown) {
          keepPicture("failure");
          throw thrown;
        }
      });

    before(async () => {
      forgetPicture("failure");
      stage.environment = await prepare();
      await stage.open();
    }, { timeout: 180_000 });

    after(async () => {
      await stage.close();
      await cleanUp();
    }, { timeout: 120_000 });

    tell(step, stage);
  });
}
