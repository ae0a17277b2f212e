// Tokens in the real window, by clicking: every way to get, hold, send and give them back, with a real server, real mail, and
// practice payments in the place of a card.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { CODE, payOn, Surroundings } from "./beside.mjs";
import { play } from "./stage.mjs";
import { administer, Computer, PASSWORD, setting, until } from "./world.mjs";

const EMAIL = "ada@example.org";
const FRIEND = { email: "grace@example.org", name: "Grace Hopper" };
const GRANTED = 100;
/** What every product costs here (`prices.toml`). */
const PRICE = 60;
const { present } = setting;
const around = new Surroundings();

/** What another person asks of the server, from elsewhere. */
async function post(path, body) {
  const answer = await fetch(setting.server + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
}

/** What a PDF file says in print. */
function textOf(file) {
  const run = spawnSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0, `pdftotext ${file}: ${run.stderr ?? run.error}`);
  return run.stdout;
}

play("tokens in the window", (step) => {
  let balance = GRANTED;
  /** A product that is neither here nor published: it is only paid for. */
  let other;

  const holds = (page) => page.attribute("balance", "data-balance", balance);
  const part = async (page, name) => {
    await page.go("wallet");
    await page.press(`wallet-${name}`);
  };
  const openOther = async (page) => {
    await page.run("location.hash = `#/product/${arguments[0]}`", encodeURIComponent(other));
    await page.attribute("product-page", "data-product", other);
    await page.has("this-computer");
  };
  const quiet = (page) => page.gone("toast", 30_000);

  step("the vendor sells tokens", () => {
    administer("tokens", "price", "set", "--currency", "EUR", "--price", "0.10", "--pack", "starter 100 9.00", "--pack", "large 1000 80.00", "--tax", "19", "--tax-name", "VAT 19 %", "--reason", "first prices");
    administer("invoice", "set", "seller=The Shop", "address=1 Example Street", "credit_limit_minor=50000");
  });

  step("registers, and verifies the address by the code of the mail", async (page) => {
    await until("the catalog has arrived", async () => (await page.number("result-count", "data-total")) > 5, 60_000);
    await page.askToRegister(EMAIL);
    await page.fill("sign-in-name", "Ada Lovelace");
    await page.pictures("register");
    await page.press("sign-in-submit");
    await page.attribute("sign-in", "data-way", "verify");
    await page.pictures("verify");
    await page.fill("account-code", await around.code(EMAIL, CODE));
    await page.press("account-verify");
    await page.has("result-count");
    await holds(page);
    other = Computer.here().ask(["search", "editor"]).items.map(({ id }) => id).find((id) => id !== present.id && id !== setting.absent.id);
    assert.ok(other, "the catalog has another program");
  });

  step("lacks tokens at the checkout, buys exactly these, and pays the same cart at the same price", async (page) => {
    await page.open(present.id, present.words);
    await page.press("add-to-cart");
    await openOther(page);
    await page.press("add-to-cart");
    await page.go("cart");
    await page.attribute("cart-total", "data-total", 2 * PRICE);
    await page.press("checkout");
    await page.text("short-exact", /20 tokens[\s\S]*€2\.38/);
    await page.pictures("shortfall");
    await page.press("buy-missing");
    await page.has("purchase-wait");
    await page.pictures("shortfall-waiting");
    await payOn(await around.browsed());
    await page.has("price-kept", 60_000);
    await page.attribute("confirm-total", "data-total", 2 * PRICE);
    await page.pictures("shortfall-paid");
    assert.equal(await page.pay(), 2 * PRICE);
    balance += 20 - 2 * PRICE;
    await holds(page);
    await page.go("library");
    await page.has(`code-${present.id}`, 60_000);
  });

  step("buys a pack by card in the browser", async (page) => {
    const known = around.pages();
    await part(page, "buy");
    await page.press("pack-starter");
    await page.text("bill-total", /€10\.71/);
    await quiet(page);
    await page.pictures("buy-tokens");
    await page.press("buy-pay");
    await page.has("purchase-wait");
    await payOn(await around.browsed(known));
    await page.has("arrived", 60_000);
    balance += 100;
    await holds(page);
    await quiet(page);
    await page.pictures("buy-arrived");
  });

  step("redeems a printed voucher, once", async (page) => {
    const sheet = join(dirname(setting.data), "vouchers.pdf");
    administer("voucher", "make", "--tokens", "50", "--count", "1", "--label", "Welcome", "--output", sheet);
    const printed = textOf(sheet);
    const [code] = printed.match(CODE) ?? [];
    assert.ok(code, `the sheet shows a code: ${printed}`);
    await part(page, "overview");
    await page.press("redeem-open");
    await page.fill("redeem-code", code.toLowerCase());
    await page.press("redeem-confirm");
    await page.attribute("redeemed", "data-tokens", 50);
    balance += 50;
    await page.pictures("redeemed");
    await page.press("redeem-another");
    await page.fill("redeem-code", code);
    await page.press("redeem-confirm");
    await page.attribute("failure", "data-code", "voucher.redeemed");
    await page.press("dialog-close");
    await holds(page);
  });

  step("orders by purchase order with its document, and has the tokens when the vendor approves", async (page) => {
    const document = join(dirname(setting.data), "order.pdf");
    writeFileSync(document, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    await part(page, "buy");
    await page.press("pack-starter");
    await page.press("way-purchase_order");
    await page.press("buy-pay");
    await page.fill("paper-number", "PO-2026-17");
    await page.choose("document-chooser", document);
    await page.text("document-choose", /order\.pdf/);
    await page.pictures("paper-order");
    await page.press("paper-send");
    await page.attribute("paper-placed", "data-status", "submitted");
    await page.pictures("paper-placed");
    await page.press("paper-show");
    await page.attribute("token-order", "data-status", "submitted");
    await page.text("token-order", /order\.pdf/);
    const [order] = administer("invoice", "orders").split(/\s/);
    administer("invoice", "approve", order, "--reason", "it is signed");
    balance += 100;
    await page.go("notices");
    await part(page, "bills");
    await page.attribute("token-order", "data-purchase", "issued");
    await holds(page);
  });

  step("orders on a bill, which is paid later", async (page) => {
    await part(page, "buy");
    await page.press("pack-starter");
    await page.press("way-invoice");
    await page.press("buy-pay");
    await page.press("paper-send");
    await page.has("paper-placed");
    await page.press("paper-show");
    await page.attribute("bill-row", "data-open", 1071);
    await quiet(page);
    await page.pictures("bills");
    const bill = await page.save("bill-pdf");
    assert.match(readFileSync(bill, "latin1"), /^%PDF-/);
    const number = bill.match(/([A-Z]+-\d+-\d+)/)[1];
    administer("invoice", "pay", number, "--amount", "10.71 EUR", "--method", "bank_transfer", "--reason", "statement 7");
    balance += 100;
    await page.go("notices");
    await part(page, "bills");
    await page.attribute("bill-row", "data-open", 0);
    await page.attribute("token-order", "data-purchase", "issued");
    await holds(page);
    await page.pictures("bills-paid");
  });

  step("sends tokens after seeing the name, and gives a program", async (page) => {
    await post("/v1/accounts", { ...FRIEND, password: PASSWORD });
    // Only a verified address is sent anything.
    await post("/v1/verifications", { code: await around.code(FRIEND.email, CODE) });
    await part(page, "send");
    await page.fill("send-to", FRIEND.email);
    await page.fill("send-tokens", "25");
    await page.press("send-look");
    await page.text("recipient-name", new RegExp(FRIEND.name));
    await page.pictures("send");
    await page.press("send-now");
    await page.attribute("transfer", "data-state", "waiting");
    balance -= 25;
    await holds(page);
    await page.pictures("sent");
    await openOther(page);
    await page.press("gift-open");
    await page.fill("gift-to", FRIEND.email);
    await page.press("gift-look");
    await page.text("recipient-name", new RegExp(FRIEND.name));
    await page.pictures("gift");
    await page.press("gift-now");
    await page.gone("gift-now");
    balance -= PRICE;
    await part(page, "gifts");
    await page.has("gift-withdraw");
    await quiet(page);
    await page.pictures("gifts");
    await holds(page);
  });

  step("shares a team's wallet", async (page) => {
    await part(page, "teams");
    await page.press("team-open");
    await page.fill("team-name", "The Lovelaces");
    await page.press("team-create");
    await page.press("team-put");
    await page.fill("team-amount", "40");
    await page.press("team-move");
    balance -= 40;
    await holds(page);
    await page.press("team-more");
    await page.fill("invite-email", FRIEND.email);
    await page.press("invite-send");
    await page.text("team", new RegExp(FRIEND.name));
    await quiet(page);
    await page.pictures("team");
  });

  step("takes back what was bought: also what this computer has a code of", async (page) => {
    await part(page, "purchases");
    await page.press(`take-back-${present.id}`);
    await page.attribute("take-back-tokens", "data-tokens", PRICE);
    await page.pictures("take-back");
    await page.press("take-back-confirm");
    await page.attribute(`past-${present.id}`, "data-back", PRICE);
    balance += PRICE;
    await holds(page);
    await quiet(page);
    await page.pictures("purchases");
    assert.notEqual(Computer.here().run(["code", "show", present.id]).status, 0, "the code is gone");
  });

  step("is told when the wallet runs low", async (page) => {
    await part(page, "overview");
    await page.press("alert-open");
    await page.fill("alert-below", String(balance + 1));
    await page.pictures("alert");
    await page.press("alert-save");
    await page.has("runs-low");
    await around.mail(EMAIL, /below which you wanted to be/);
    await page.go("notices");
    await until("the notice is there", async () => {
      await page.go("wallet");
      await page.go("notices");
      return (await page.find("notices")) && (await page.run(`return document.querySelector('[data-kind="wallet.low"]') !== null`));
    });
    await quiet(page);
    await page.pictures("notices-low");
  });

  step("accounts for every token: history, table, and a statement that verifies", async (page) => {
    await part(page, "overview");
    await page.has("history");
    await page.pictures("wallet");
    const table = readFileSync(await page.save("history-csv"), "utf8");
    assert.match(table, /voucher/);
    await page.press("statement-open");
    await page.pictures("statement");
    const statement = await page.save("statement-json");
    assert.equal(Computer.here().ask(["statement", "verify", statement]).closing, balance);
    await page.press("statement-open");
    const printed = await page.save("statement-pdf");
    assert.match(textOf(printed), new RegExp(`^.*\\b${balance}\\b.*$`, "m"));
    assert.equal(Computer.here().ask(["statement", "verify", printed]).closing, balance);
  });

  step("keeps a copy of everything, and gets back in without the password", async (page) => {
    await page.press("nav-account");
    const everything = JSON.parse(readFileSync(await page.save("account-export"), "utf8"));
    assert.ok(JSON.stringify(everything).includes(EMAIL));
    await quiet(page);
    await page.pictures("account");
    await page.press("sign-out");
    await page.press("nav-sign-in");
    await page.press("recover-open");
    await page.fill("recover-email", EMAIL);
    await page.press("recover-ask");
    await page.has("recover-mailed");
    await page.pictures("recover");
    await page.fill("code-typed", await around.code(EMAIL, /account\/recover/));
    await page.fill("new-password", "a better battery staple");
    await page.press("new-password-save");
    await page.fill("sign-in-email", EMAIL);
    await page.fill("sign-in-password", "a better battery staple");
    await page.press("sign-in-submit");
    await holds(page);
  });

  step("claims an account that was opened by phone, and erases it", async (page) => {
    const told = administer("user", "open", "--email", "mary@example.org", "--name", "Mary Somerville", "--reason", "by phone");
    await quiet(page);
    await page.press("sign-out");
    await page.press("nav-sign-in");
    await page.press("claim-open");
    await page.pictures("claim");
    await page.fill("code-typed", told.match(CODE)[0]);
    await page.fill("new-password", PASSWORD);
    await page.press("new-password-save");
    await page.text("account-email", /mary@example\.org/);
    await page.press("nav-account");
    await page.press("account-erase");
    await page.fill("erase-password", PASSWORD);
    await page.press("erase-sure");
    await page.pictures("erase");
    await page.press("erase-confirm");
    await page.has("nav-sign-in");
  });

  step("and the books balance", () => {
    administer("audit");
  });
}, () => around.close(), () => around.open());
