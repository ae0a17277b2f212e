// The README's pictures of the window, made by `cargo xtask screenshot`: somebody who is signed in and owns a program looks for
// another, and a customer's tour. Nothing is installed on the way.

import { CODE, payOn, Surroundings } from "./beside.mjs";
import { Page } from "./page.mjs";
import { administer, Computer, keepPicture, openWindow, setting, startDriver, startServer, until } from "./world.mjs";

const EMAIL = "ada@example.org";
/** Owned, but not on this computer. */
const OWNED = ["com.github.jnumm.pegsolitaire", "stopwatch.desktop"];

const { present } = setting;
const around = new Surroundings();
const server = await startServer(await around.open());
const tauri = await startDriver();
let driver;

try {
  administer("tokens", "price", "set", "--currency", "EUR", "--price", "0.10", "--least", "10", "--most", "100000", "--pack", "starter 100 9.50", "--pack", "standard 250 22.50", "--pack", "large 1000 82.00", "--pack", "studio 5000 375.00", "--tax", "19", "--tax-name", "VAT 19 %", "--reason", "first prices");
  administer("invoice", "set", "seller=The Practice Store", "address=1 Example Street", "credit_limit_minor=50000");
  driver = await openWindow();
  const page = new Page(driver);

  /** Waits until nothing moves, and keeps a picture. */
  const keep = async (name) => {
    await page.gone("toast", 30_000);
    await page.run("document.activeElement.blur()");
    await page.rest();
    keepPicture(name);
  };
  const inWallet = async (part) => {
    await page.go("wallet");
    await page.press(`wallet-${part}`);
  };

  await until("the catalog has arrived", async () => (await page.number("result-count", "data-total")) > 5, 60_000);
  await page.askToRegister(EMAIL);
  await page.press("sign-in-submit");
  await page.fill("account-code", await around.code(EMAIL, CODE));
  await page.press("account-verify");
  await page.has("result-count");

  administer("grant", "--user", EMAIL, "--tokens", "150", "--reason", "Spring campaign");
  await inWallet("buy");
  await page.press("pack-standard");
  await page.text("bill-total", /€26\.78/);
  await keep("tokens");
  await page.press("buy-pay");
  await payOn(await around.browsed());
  await page.has("arrived", 60_000);

  await page.open(present.id, present.words);
  await page.press("main-action");
  await page.number("confirm-total", "data-total");
  await keep("buy");
  await page.press("dialog-close");
  await page.press("offer-week");
  await page.press("main-action");
  await page.pay();
  await page.has("show-code", 60_000);
  await keep("rent");
  await page.press("convert");
  await page.pay();
  for (const product of OWNED) Computer.here().ask(["buy", product]);
  Computer.here().ask(["rent", "galculator.desktop", "--offer", "week"]);
  await inWallet("overview");
  await page.has("history");
  await keep("wallet");
  await page.go("library");
  await page.has("license-galculator.desktop");
  await keep("library");

  await page.go("browse");
  await page.fill("search", "image");
  await page.has(`product-card-${present.id}`);
  await keep("window");

  await page.go("offline");
  await page.has("ask-product");
  await page.press("ask-make");
  await page.press("request-qr");
  await page.has("qr");
  await keep("offline");
} finally {
  await driver?.quit();
  await tauri.stop();
  await server.stop();
  await around.close();
}
