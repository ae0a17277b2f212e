// The life of a rental in the real window, by clicking: by time with pauses, renewals and an early end; by uses that are
// counted; on a second computer; and with requests and answers that travel as files.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { play } from "./stage.mjs";
import { administer, Computer, PASSWORD, setting, until } from "./world.mjs";

const { present } = setting;
const { id } = present;
const EMAIL = "grace@example.org";
const GRANTED = 100;
const WEEK = 25;
const TEN_USES = 10;
/** What `prices.toml` promises of the unused part, in thousandths. */
const REFUND_PERMILLE = 900;

play("rentals in the window", (step, stage) => {
  const lamp = Computer.apart("lamp");
  let balance = GRANTED;

  const openLicense = async (page) => {
    await page.go("library");
    await page.press(`manage-${id}`);
    await page.attribute("license-page", "data-product", id);
  };

  /** Starts the program once. With no display it ends at once, by whatever status. */
  const start = () => {
    const run = Computer.here().run(["run", id]);
    assert.match(run.stderr, /one use of \S+ is counted/);
  };

  step("opens an account", async (page) => {
    await until("the catalog has arrived", async () => (await page.number("result-count", "data-total")) > 5, 60_000);
    await page.askToRegister(EMAIL);
    await page.press("sign-in-submit");
    await page.attribute("balance", "data-balance", balance);
    await page.go("notices");
    await page.pictures("notices-none");
  });

  step("rents by time, and reads the rules first", async (page) => {
    await page.open(id, present.words);
    await page.press("offer-week");
    await page.text("small-print", /90 %[\s\S]*paused 2 times/);
    await page.pictures("rental-offers");
    await page.press("main-action");
    assert.equal(await page.pay(), WEEK);
    balance -= WEEK;
    await page.attribute("balance", "data-balance", balance);
    await page.has("show-code", 60_000);
    await openLicense(page);
    await page.text(`left-${id}`, /6 days 23 h/);
    await page.text(`equity-${id}`, /25\D+60/);
    await page.text("seats-taken", /1 of 2/);
    await page.gone("toast", 30_000);
    await page.pictures("license-time");
  });

  step("stands still, and goes on", async (page) => {
    await page.press("pause");
    await page.has("pause-dialog");
    await page.pictures("pause");
    await page.press("pause-confirm");
    await page.has("paused");
    assert.equal(Computer.here().refusal(["code", "show", id]), "license.paused");
    await page.gone("toast", 30_000);
    await page.pictures("license-paused");
    await page.press("resume");
    await page.gone("paused");
    await page.text("small-print", /1 pause/);
    await page.has("show-code", 60_000);
    await page.gone("tray", 60_000);
  });

  step("renews itself up to a sum, and no more when that is switched off", async (page) => {
    await page.press("renewal-on");
    await page.fill("renewal-cap", "50");
    await page.pictures("renewal");
    await page.press("renewal-save");
    await page.attribute("renewal", "data-on", true);
    await page.text("renewal", /0 of 50 tokens spent/);
    await page.gone("toast", 30_000);
    await page.pictures("license-renewing");
    await page.press("renewal-off");
    await page.attribute("renewal", "data-on", false);
  });

  step("shows the other computer, and frees the seat of it", async (page) => {
    lamp.ask(["login", "--email", EMAIL, "--password-stdin"], PASSWORD);
    lamp.ask(["code", "show", id]);
    await openLicense(page);
    await page.text("seats-taken", /2 of 2/);
    await page.pictures("license-seats");
    const other = await page.run(`return document.querySelector('[data-testid^="seat-"][data-here="false"]').dataset.testid.slice("seat-".length)`);
    await page.press(`release-${other}`);
    await page.pictures("seat-release");
    await page.press("release-confirm");
    await page.text("seats-taken", /1 of 2/);
    lamp.ask(["sync"]);
    assert.equal(lamp.refusal(["run", id]), "code.revoked");
  });

  step("tells of it", async (page) => {
    await page.go("notices");
    await page.attribute("notice", "data-kind", "seat.released");
    await page.text("notice", /lamp/);
    await page.gone("toast", 30_000);
    await page.pictures("notices");
    await page.press("notice-license");
    await page.attribute("license-page", "data-product", id);
  });

  step("knows both computers, and helps the other one's clock", async (page) => {
    await page.go("computers");
    await page.attribute("clock", "data-right", true);
    const here = await until("both computers", () =>
      page.run(`
        const all = [...document.querySelectorAll('[data-testid^="device-"]')];
        return all.length === 2 && all.map((one) => one.dataset.here).join()`));
    assert.equal(here, "true,false");
    await page.pictures("computers");
    const recovery = await page.run(`return document.querySelector('[data-testid^="recovery-"]').dataset.testid`);
    const file = await page.save(recovery);
    assert.match(readFileSync(file, "utf8"), /^-----BEGIN SCRIP RECOVERY-----/);
    await page.press("clock-import");
    await page.choose("recover-chooser", file);
    await page.attribute("recover-says", "data-kind", "recovery");
    await page.attribute("recover-says", "data-holds", false);
    await page.text("recover-says", /another computer/);
    assert.equal(await (await page.find("recover-confirm")).isEnabled(), false, "it is for the other computer");
    await page.pictures("clock-recovery");
    await page.press("dialog-close");
    await page.gone("recover");
    assert.equal(lamp.ask(["clock", "recover", file]).right, true);
  });

  step("ends early, and gives back what was promised", async (page) => {
    await openLicense(page);
    await page.press("end-early");
    const back = await page.number("end-back", "data-tokens");
    const all = (WEEK * REFUND_PERMILLE) / 1000;
    assert.ok(back <= all && back >= Math.floor(all * 0.99) - 1, `${back} of ${all} tokens come back after some minutes of a week`);
    await page.pictures("end");
    await page.press("end-confirm");
    balance += back;
    await page.attribute("balance", "data-balance", balance);
    await page.gone("end-early");
    await page.gone("toast", 30_000);
    await page.pictures("license-ended");
    assert.notEqual(Computer.here().run(["run", id]).status, 0);
    await page.go("library");
    await page.attribute(`license-${id}`, "data-state", "expired");
  });

  step("rents by uses, which count down as the program starts", async (page) => {
    await page.open(id, present.words);
    await page.press("offer-uses-10");
    await page.press("main-action");
    assert.equal(await page.pay(), TEN_USES);
    balance -= TEN_USES;
    await page.has("show-code", 60_000);
    for (let started = 0; started < 3; started += 1) start();
    await openLicense(page);
    await page.text(`left-${id}`, /7 of 10 uses/);
    await page.gone("toast", 30_000);
    await page.pictures("license-uses");
    await page.press("all-usage");
    await page.text(`usage-of-${id}`, /3 uses/);
    await page.press(`usage-rows-${id}`);
    await page.pictures("usage");
    await page.go("library");
    await page.pictures("library-uses");
  });

  step("asks for a code in a file, hands it in and takes the answer from a file", async (page) => {
    await page.go("offline");
    await page.attribute("ask-price", "data-price", 0);
    await page.pictures("offline-ask");
    await page.press("ask-make");
    await page.has("request-made");
    const request = await page.save("request-save");
    await page.press("request-qr");
    await page.has("qr");
    await page.gone("toast", 30_000);
    await page.pictures("offline-request");
    const answer = await handIn(page, request);
    await page.press("step-bring");
    await page.choose("bring-chooser", answer);
    await page.attribute("bring-says", "data-holds", true);
    await page.pictures("offline-bring");
    await page.press("bring-import");
    await page.has("imported");
    await page.gone("waiting");
    await page.gone("toast", 30_000);
    await page.pictures("offline-imported");
    await page.press("bring-library");
    await page.text(`left-${id}`, /7 of 10 uses/);
    start();
  });

  const handIn = async (page, request) => {
    await page.press("step-hand-in");
    await page.choose("hand-in-chooser", request);
    await page.attribute("hand-in-says", "data-kind", "request");
    await page.pictures("offline-hand-in");
    await page.press("hand-in-submit");
    await page.has("answer-made", 60_000);
    const answer = await page.save("answer-save");
    await page.gone("toast", 30_000);
    await page.pictures("offline-answer");
    return answer;
  };

  step("extends with no server at all, by an operator's answer", async (page) => {
    await stage.stopServer();
    await page.go("library");
    await page.go("offline");
    await page.press("ask-what");
    await page.run(`
      const select = document.querySelector('[data-testid="ask-what"]');
      select.value = "uses-10";
      select.dispatchEvent(new Event("change", { bubbles: true }))`);
    await page.attribute("ask-price", "data-price", TEN_USES);
    await page.press("ask-make");
    await page.attribute("request-made", "data-total", TEN_USES);
    const request = await page.save("request-save");
    await page.gone("toast", 30_000);
    await page.pictures("offline-request-paid");
    const answer = join(dirname(request), "answer-by-hand.scrip");
    administer("offline", "answer", request, "--output", answer);
    balance -= TEN_USES;
    await page.press("step-bring");
    await page.has("waiting");
    await page.choose("bring-chooser", answer);
    await page.press("bring-import");
    await page.text("imported", /10 tokens/);
    await page.gone("toast", 30_000);
    await page.pictures("offline-imported-paid");
    await openLicense(page);
    await page.text(`left-${id}`, /16 uses/);
    await page.pictures("license-offline");
    start();
  });

  step("finds the server again, whose books balance", async (page) => {
    await stage.startServer();
    await until("the window is online", async () => {
      await (await page.find("offline-retry"))?.click();
      return (await page.find("offline")) === null;
    });
    await page.attribute("balance", "data-balance", balance);
    assert.match(administer("audit"), /balance/);
    lamp.remove();
  });
});
