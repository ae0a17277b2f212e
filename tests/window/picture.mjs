// The README's picture: somebody who is signed in and owns a program looks for another. Made by `cargo xtask screenshot`.

import { Page } from "./page.mjs";
import { administer, keepPicture, openWindow, setting, startDriver, startServer, until } from "./world.mjs";

const EMAIL = "ada@example.org";

const server = await startServer();
const tauri = await startDriver();
let driver;
try {
  driver = await openWindow();
  const page = new Page(driver);
  await until("the catalog has arrived", async () => (await page.number("result-count", "data-total")) > 5, 60_000);
  await page.askToRegister(EMAIL);
  await page.press("sign-in-submit");
  await page.has("account-email");
  administer("grant", "--user", EMAIL, "--tokens", "500", "--reason", "a gift");
  await page.go("wallet");
  await page.attribute("wallet-balance", "data-balance", 600);
  await page.open(setting.present.id, setting.present.words);
  await page.press("main-action");
  await page.pay();
  await page.go("library");
  await page.has(`code-${setting.present.id}`, 60_000);
  await page.go("browse");
  await page.fill("search", "image");
  await page.has(`product-card-${setting.present.id}`);
  await page.gone("toast", 30_000);
  await driver.executeScript("document.activeElement.blur()");
  await page.rest();
  keepPicture("window");
} finally {
  await driver?.quit();
  await tauri.stop();
  await server.stop();
}
