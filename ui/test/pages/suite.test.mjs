// The account pages and the console in a real browser, from a real server: accessibility of every page in both themes, narrow
// and wide, without script and by keyboard.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { crawl, open, PASSWORD, PICTURES, signIn, violations } from "./world.mjs";

const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };
/** Pages that must be among those that links lead to. */
const EXPECTED = {
  "/account": ["/account", "/account/offline"],
  "/console": [
    "/console", "/console/approvals", "/console/orders", "/console/licenses", "/console/devices", "/console/books", "/console/catalog",
    "/console/settings", "/console/keys", "/console/operators", "/console/second-factor", "/console/log",
  ],
};

let world;
before(async () => (world = await open()), { timeout: 120_000 });
after(() => world?.close());

/** Looks at pages in one size and theme, and says what is wrong with them. */
async function look(pages, cookies, size, theme) {
  const context = await world.browser.newContext({ storageState: cookies, viewport: SIZES[size], colorScheme: theme });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
  for (const { path, name } of pages) {
    await page.goto(world.address + path);
    for (const found of await violations(page)) wrong.push(`${path}: ${found}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wrong.push(`${path} is ${over} pixels too wide`);
    await page.screenshot({ path: join(PICTURES, `${name}-${size}-${theme}.png`), fullPage: true });
  }
  await context.close();
  return wrong;
}

/** Looks at the page as it is open, in every size and theme, and fails on what is wrong with it. */
async function lookAtOpen(page, name) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const theme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme });
      assert.deepEqual(await violations(page), [], name);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${name} is too wide, ${size}`);
      await page.screenshot({ path: join(PICTURES, `${name}-${size}-${theme}.png`), fullPage: true });
    }
  }
}

/** What an authenticator app shows now (RFC 6238) for a secret in base 32. */
function shownCode(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/\s/g, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(step).digest();
  return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

for (const [realm, email] of [["/account", "ada@example.com"], ["/console", "owner@vendor.example"]]) {
  describe(`pages under ${realm}`, () => {
    let pages, cookies;
    before(async () => {
      cookies = await signIn(world, realm, email);
      pages = await crawl(world, realm, cookies);
    }, { timeout: 120_000 });

    it("are all reached by links", () => {
      const paths = pages.map(({ path }) => path.replace(/\?.*/, ""));
      assert.deepEqual(EXPECTED[realm].filter((path) => !paths.includes(path)), []);
    });
    for (const size of Object.keys(SIZES)) {
      for (const theme of ["light", "dark"]) {
        it(`can be read, ${size} and ${theme}`, { timeout: 300_000 }, async () => {
          const open = [{ path: `${realm}/sign-in`, name: `${realm.slice(1)}-sign-in` }, { path: `${realm}/no-such-page`, name: `${realm.slice(1)}-absent` }];
          const wrong = await look(pages, cookies, size, theme);
          wrong.push(...(await look(open, undefined, size, theme)).filter((line) => !/status of 404/.test(line)));
          assert.deepEqual(wrong, []);
        });
      }
    }
  });
}

describe("an authenticator app", () => {
  for (const [realm, path, email] of [
    ["/console", "/console/second-factor", "support@vendor.example"],
    ["/account", "/account/security", "bob@example.com"],
  ]) {
    it(`is set up, asked for and taken off under ${realm}`, { timeout: 120_000 }, async () => {
      const context = await world.browser.newContext({ storageState: await signIn(world, realm, email) });
      const page = await context.newPage();
      const main = page.getByRole("main");
      const keep = (name) => lookAtOpen(page, `${realm.slice(1)}-factor-${name}`);
      const factor = page.locator("form", { has: page.getByRole("button", { name: "Set one up" }) });
      await page.goto(world.address + path);
      await factor.getByLabel("Password").fill(PASSWORD);
      await factor.getByRole("button").click();
      await page.getByRole("img", { name: "QR picture of the secret" }).waitFor();
      await keep("begun");
      const secret = await main.locator("p", { hasText: "Secret:" }).locator("code").innerText();
      await page.getByLabel("Code").fill("12345");
      await page.getByRole("button", { name: "Confirm" }).click();
      await page.getByRole("alert").waitFor();
      await keep("wrong");
      await page.getByLabel("Code").fill(shownCode(secret));
      await page.getByRole("button", { name: "Confirm" }).click();
      await page.getByRole("heading", { level: 1, name: "Spare codes" }).waitFor();
      await keep("spares");
      const spares = await main.locator("ul code").allInnerTexts();
      assert.equal(spares.length, 10);
      await page.goto(world.address + path);
      await main.getByText("10 spare codes are left").waitFor();
      await keep("on");

      await context.clearCookies();
      await page.goto(`${world.address}${realm}/sign-in`);
      await page.getByLabel("E-mail address").fill(email);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByLabel("Code").waitFor();
      await keep("asked");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByLabel("Code").fill(spares[0]);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.waitForURL(world.address + realm);
      await page.goto(world.address + path);
      await main.getByText("9 spare codes are left").waitFor();
      await main.getByText("Take it off", { exact: true }).first().click();
      await page.locator("#proof-remove").fill(PASSWORD);
      await keep("off");
      await page.getByRole("button", { name: "Take it off" }).click();
      await factor.waitFor();
      await context.close();
    });
  }
});

describe("without script", () => {
  it("an operator signs in by keyboard alone, uses a form, and reads what came of it", { timeout: 60_000 }, async () => {
    const context = await world.browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${world.address}/console/sign-in`);
    await page.keyboard.press("Tab");
    await page.locator("a.skip:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.getByLabel("E-mail address").focus();
    await page.keyboard.type("owner@vendor.example");
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Operators" }).click();
    await page.getByLabel("E-mail address").fill("new@vendor.example");
    await page.getByLabel("First password").fill("battery staple horse");
    await page.locator("#why-admit").fill("joins the team");
    await page.getByRole("button", { name: "Admit" }).click();
    await page.getByRole("status").getByText("new@vendor.example can sign in now").waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("row", { name: /operator\.admitted/ }).first().waitFor();
    await context.close();
  });

  it("a phone has the menu, and a table says what its numbers mean", { timeout: 60_000 }, async () => {
    const cookies = await signIn(world, "/console", "support@vendor.example");
    const context = await world.browser.newContext({ javaScriptEnabled: false, storageState: cookies, viewport: SIZES.narrow });
    const page = await context.newPage();
    await page.goto(`${world.address}/console`);
    await page.getByText("Menu", { exact: true }).click();
    const menu = page.getByRole("navigation", { name: "Menu" });
    assert.equal(await menu.getByRole("link", { name: "Keys" }).count(), 0, "what a role may not do is not offered");
    await menu.getByRole("link", { name: "Licenses" }).click();
    await page.getByRole("cell", { name: "rented" }).first().waitFor();
    await page.getByLabel("Account").fill("ada@example.com");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/email=ada%40example.com/);
    assert.equal(await page.getByRole("rowheader").count(), 3);
    const refused = await page.goto(`${world.address}/console/keys`);
    assert.equal(refused.status(), 403);
    await context.close();
  });
});
