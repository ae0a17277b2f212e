import { mount, tick } from "svelte";

import "./app.css";
import Page from "./Page.svelte";
import { chooseHost, failureOf } from "./lib/host";
import { explain } from "./lib/errors";
import { App } from "./lib/state/app.svelte";

async function start(target: HTMLElement): Promise<void> {
  const app = new App(await chooseHost());
  mount(Page, { target, props: { app } });
  await app.begin();
  await tick();
  // Two frames later what was asked for is on the screen.
  requestAnimationFrame(() => requestAnimationFrame(() => (document.documentElement.dataset["ready"] = "true")));
}

const target = document.getElementById("app");
if (target) {
  start(target).catch((thrown: unknown) => {
    console.error(thrown);
    const { what, why } = explain(failureOf(thrown));
    target.textContent = `${what} ${why}`;
  });
}
