// One person's way through the real window, by clicking: what is on the computer already gets only its code, what is not is
// downloaded and installed; rented, extended, owned; and everything is still there with the server gone.

import assert from "node:assert/strict";

import { play } from "./stage.mjs";
import { administer, installerBytesSent, isInstalled, remove, secretsKept, setting, until } from "./world.mjs";

const { present, absent } = setting;
const EMAIL = "ada@example.org";
const GRANTED = 100;
const PRICE = 60;
const WEEK = 25;
/** A package takes its time to be installed. */
const INSTALL_MAX = 180_000;

play("the window", (step, stage) => {
  const paid = { rent: 0, extend: 0, convert: 0 };

  step("shows the catalog to anyone", async (page) => {
    await until("the catalog has arrived", async () => (await page.number("result-count", "data-total")) > 5, 60_000);
    await page.has("nav-sign-in");
    await page.pictures("browse");
  });

  step("registers, and keeps the session in the Secret Service", async (page) => {
    await page.askToRegister(EMAIL);
    assert.equal(await page.find("keystore-warning"), null, "secrets are not kept in a file");
    await page.pictures("register");
    await page.press("sign-in-submit");
    await page.text("account-email", new RegExp(EMAIL));
    await page.attribute("balance", "data-balance", GRANTED);
    assert.ok(secretsKept() > 0, "the Secret Service holds a secret of Scrip");
  });

  step("searches while one types", async (page) => {
    await page.go("browse");
    const all = await page.number("result-count", "data-total");
    await page.fill("search", "zzzzzzzz");
    await page.attribute("result-count", "data-total", 0);
    await page.press("clear-search");
    await page.attribute("result-count", "data-total", all);
    await page.fill("search", absent.words);
    await page.has(`product-card-${absent.id}`);
    await page.pictures("search");
    await page.press("search-clear");
    await page.attribute("result-count", "data-total", all);
  });

  step("knows the program that is installed already, and buys its code alone", async (page) => {
    await page.open(present.id, present.words);
    await page.attribute("this-computer", "data-status", "installed");
    await page.attribute("main-action", "data-act", "pay");
    await page.pictures("product-installed");
    await page.press("main-action");
    await page.attribute("confirm-total", "data-total", PRICE);
    await page.pictures("confirm");
    assert.equal(await page.pay(), PRICE);
    await page.attribute("balance", "data-balance", GRANTED - PRICE);
    await page.go("library");
    await page.attribute(`license-${present.id}`, "data-state", "owned");
    await page.press(`code-${present.id}`, 60_000);
    await page.text("code-text", /^-----BEGIN SCRIP AUTHORIZATION-----\s[\s\S]+-----END SCRIP AUTHORIZATION-----\s*$/);
    await page.pictures("code");
    await page.press("dialog-close");
    await page.gone("code-text");
    assert.equal(await installerBytesSent(), 0, "no byte of an installer was sent");
  });

  step("rents a program that is not here: downloaded, installed, authorised", async (page) => {
    assert.equal(isInstalled(absent.package), false);
    await page.open(absent.id, absent.words);
    await page.attribute("this-computer", "data-status", "absent");
    await page.press("offer-week");
    await page.pictures("product");
    await page.press("main-action");
    paid.rent = await page.pay();
    assert.equal(paid.rent, WEEK);
    await page.attribute("this-computer", "data-status", "installed", INSTALL_MAX);
    await page.attribute("balance", "data-balance", GRANTED - PRICE - WEEK);
    assert.equal(isInstalled(absent.package), true);
    assert.equal(await installerBytesSent(), absent.bytes, "exactly the package was sent");
    await page.has("extend");
    await page.gone("tray", INSTALL_MAX);
    await page.pictures("product-rented");
  });

  step("says how many tokens are missing", async (page) => {
    await page.press("extend");
    await page.attribute("confirm-total", "data-total", WEEK);
    await page.text("confirm-missing", new RegExp(String(WEEK - (GRANTED - PRICE - WEEK))));
    await page.pictures("insufficient");
    await page.press("confirm-cancel");
    await page.gone("confirm-pay");
    administer("grant", "--user", EMAIL, "--tokens", "100", "--reason", "a gift");
    await page.go("wallet");
    await page.attribute("wallet-balance", "data-balance", 2 * GRANTED - PRICE - WEEK);
  });

  step("extends the rental", async (page) => {
    await page.go("library");
    await page.press(`extend-${absent.id}`);
    paid.extend = await page.pay();
    assert.equal(paid.extend, WEEK);
    await page.attribute("balance", "data-balance", 2 * GRANTED - PRICE - 2 * WEEK);
    await page.has(`convert-${absent.id}`);
    await page.pictures("library-rented");
  });

  step("turns the rental into ownership for exactly what is missing", async (page) => {
    await page.press(`convert-${absent.id}`);
    paid.convert = await page.pay();
    await page.attribute(`license-${absent.id}`, "data-state", "owned");
    assert.equal(paid.rent + paid.extend + paid.convert, PRICE, "what was paid and the conversion are the price");
    await page.gone("tray", 60_000);
    await page.pictures("library");
  });

  step("collects in the cart what is not paid for yet", async (page) => {
    await page.go("browse");
    const other = await page.run(`
      const ids = [...document.querySelectorAll('[data-testid^="product-card-"]')].map((card) => card.dataset.testid.slice("product-card-".length));
      return ids.find((id) => !arguments[0].includes(id))`, [absent.id, present.id]);
    await page.press(`product-card-${other}`);
    await page.press("add-to-cart");
    await page.press("in-cart");
    await page.attribute("cart-total", "data-total", PRICE);
    await page.pictures("cart");
    await page.press(`cart-remove-${other}`);
    await page.gone("cart-total");
  });

  step("accounts for every token", async (page) => {
    await page.go("wallet");
    const balance = await page.number("wallet-balance", "data-balance");
    assert.equal(balance, 2 * GRANTED - 2 * PRICE);
    const history = await until("the history", () =>
      page.run(`
        const number = (cell) => Number(cell.textContent.replace("−", "-").replace(/[^0-9-]/g, ""));
        const rows = [...document.querySelectorAll('[data-testid="history"] tbody tr')];
        return rows.length >= 6 && rows.map((row) => ({ amount: number(row.querySelector(".amount [aria-hidden]")), after: number(row.lastElementChild) }))`));
    let expected = balance;
    for (const { amount, after } of history) {
      assert.equal(after, expected, `the history leads from 0 to the balance: ${JSON.stringify(history)}`);
      expected -= amount;
    }
    assert.equal(expected, 0, "every token came from somewhere");
    await page.pictures("wallet");
    assert.equal(await installerBytesSent(), absent.bytes, "nothing was downloaded twice");
  });

  step("keeps library, search and codes with the server gone and the window reopened", async (page) => {
    await stage.closeWindow();
    await stage.stopServer();
    await stage.showWindow();
    page = stage.page;
    await page.go("library");
    await page.attribute(`license-${absent.id}`, "data-state", "owned");
    await page.attribute(`license-${present.id}`, "data-state", "owned");
    await page.has("offline");
    await page.pictures("library-offline");
    await page.press(`code-${absent.id}`);
    await page.text("code-text", /BEGIN SCRIP AUTHORIZATION/);
    await page.press("dialog-close");
    await page.open(absent.id, absent.words);
    await page.attribute("this-computer", "data-status", "installed");
    await page.pictures("product-offline");
  });

  step("removes what it installed, and nothing else", async (page) => {
    await page.go("library");
    assert.equal(await page.find(`uninstall-${present.id}`), null, "what others installed is not ours to remove");
    await page.press(`uninstall-${absent.id}`);
    await page.press("confirm-uninstall");
    await until("the package is removed", () => !isInstalled(absent.package), INSTALL_MAX);
    await page.has(`install-${absent.id}`, INSTALL_MAX);
    await page.attribute(`license-${absent.id}`, "data-state", "owned");
  });

  step("finds the server again, whose books balance", async (page) => {
    await stage.startServer();
    // The window may find it by itself first.
    await until("the window is online", async () => {
      await (await page.find("offline-retry"))?.click();
      return (await page.find("offline")) === null;
    });
    assert.match(administer("audit"), /balance/);
  });
}, () => remove(absent.package));
