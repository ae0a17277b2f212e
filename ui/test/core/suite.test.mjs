// The page in a real browser on top of the real core and a real server: one life of a customer, each page of it accessible in
// light and dark.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { hook, visit } from "../browser/world.mjs";
import { administer } from "../pages/world.mjs";
import { open, PICTURES, PROGRAMS, violations } from "./world.mjs";

const [planner, recorder, writer] = PROGRAMS;
const EMAIL = "ada@example.org";
const PASSWORD = "correct horse battery";

let world, page, context, complaints;
before(async () => {
  world = await open();
  ({ page, context, complaints } = await visit(world, { query: "bridge=/bridge" }));
}, { timeout: 180_000 });
after(async () => {
  await context?.close();
  await world?.close();
});

/** Keeps two pictures of the page as it is, and fails on what the accessibility checker finds in either. */
async function keep(name) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ path: join(PICTURES, `${name}-${theme}.png`) });
    assert.deepEqual(await violations(page), [], `${name}, ${theme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** The control once an attribute of it has the value. */
const having = (id, name, value) => page.locator(`[data-testid="${id}"][data-${name}="${value}"]`).waitFor();

const go = (path) => page.evaluate((hash) => void (window.location.hash = hash), path);

async function pay() {
  await page.locator('[data-testid="confirm-pay"]:enabled').click();
  await hook(page, "confirm-pay").waitFor({ state: "detached" });
}

describe("the page on the real core", { concurrency: 1 }, () => {
  it("shows the catalog of the server, and finds in it while one types", async () => {
    await having("result-count", "total", PROGRAMS.length);
    await keep("browse");
    await hook(page, "search").fill("recrder");
    await having("result-count", "total", 1);
    await hook(page, `product-card-${recorder.id}`).waitFor();
  });

  it("opens an account, and refuses a wrong password with the reason", async () => {
    await hook(page, "nav-sign-in").click();
    await hook(page, "sign-in-email").fill(EMAIL);
    await hook(page, "sign-in-password").fill("not the password");
    await hook(page, "sign-in-submit").click();
    await hook(page, "failure").waitFor();
    await keep("sign-in-refused");
    await hook(page, "register-toggle").click();
    await hook(page, "sign-in-password").fill(PASSWORD);
    await hook(page, "sign-in-submit").click();
    await hook(page, "account-email").getByText(EMAIL).waitFor();
    await having("balance", "balance", 100);
    await page.locator('main[data-page="browse"]').waitFor();
  });

  it("knows what is on the computer, and buys its code alone", async () => {
    await go(`#/product/${recorder.id}`);
    await having("this-computer", "status", "installed");
    await hook(page, "main-action").click();
    await having("confirm-total", "total", 60);
    await keep("confirm");
    await pay();
    await having("balance", "balance", 40);
    await keep("product-owned");
  });

  it("rents what is not there: downloaded, verified, installed, authorised", async () => {
    await go(`#/product/${planner.id}`);
    await having("this-computer", "status", "absent");
    await hook(page, "offer-week").click();
    await hook(page, "main-action").click();
    await pay();
    await having("this-computer", "status", "installed");
    await having("balance", "balance", 15);
    await keep("product-rented");
  });

  it("says how many tokens are missing, and extends once they are there", async () => {
    await hook(page, "extend").click();
    await hook(page, "confirm-missing").getByText("10 tokens").waitFor();
    await keep("insufficient");
    await page.keyboard.press("Escape");
    await hook(page, "confirm-cancel").waitFor({ state: "detached" });
    administer(world.data, "", "grant", "--user", EMAIL, "--tokens", "200", "--reason", "a gift");
    await go("#/wallet");
    await having("wallet-balance", "balance", 215);
    await go("#/library");
    await hook(page, `extend-${planner.id}`).click();
    await pay();
    await having("balance", "balance", 190);
    await keep("library");
  });

  it("converts for exactly what is missing to the price", async () => {
    await hook(page, `convert-${planner.id}`).click();
    await having("confirm-total", "total", 10);
    await pay();
    await having(`license-${planner.id}`, "state", "owned");
    await having("balance", "balance", 180);
  });

  it("keeps in the cart what is not paid for yet, and pays it", async () => {
    await go(`#/product/${writer.id}`);
    await hook(page, "add-to-cart").click();
    await hook(page, "in-cart").click();
    await having("cart-total", "total", 60);
    await keep("cart");
    await hook(page, "checkout").click();
    await pay();
    await having("balance", "balance", 120);
  });

  for (const [name, path, shown] of [
    ["wallet", "#/wallet", "history"],
    ["account", "#/account", "session"],
    ["computers", "#/computers", "clock"],
    ["offline", "#/offline", "ask-product"],
    ["usage", "#/usage", null],
    ["notices", "#/notices", null],
    ["license", `#/license/${planner.id}`, "seats-taken"],
    ["teams", "#/wallet/teams", null],
    ["gifts", "#/wallet/gifts", null],
    ["send", "#/wallet/send", "send-to"],
  ]) {
    it(`shows ${name}`, async () => {
      await go(path);
      await page.locator("main[data-page]").waitFor();
      if (shown) await hook(page, shown).first().waitFor();
      assert.equal(await hook(page, "failure").count(), 0, "nothing failed");
      await keep(name);
    });
  }

  it("shows library and codes with the server gone, and says so", async () => {
    assert.deepEqual(complaints, complaints.filter((one) => one.includes("422")), "the browser complained");
    await world.stopServer();
    await go("#/library");
    await having(`license-${planner.id}`, "state", "owned");
    await hook(page, `code-${planner.id}`).click();
    await hook(page, "code-text").getByText("BEGIN SCRIP AUTHORIZATION").waitFor();
    await keep("code-offline");
    await page.keyboard.press("Escape");
    await go("#/browse");
    await hook(page, "search").fill("plan");
    await hook(page, `product-card-${planner.id}`).waitFor();
  });
});
