import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { allowance, allows, left, limitsOf, smallPrint, stateAt } from "../../src/lib/format";
import type { LicenseView, RentalOffer } from "../../src/lib/host";
import { FakeHost } from "../../src/lib/host/fake/fake";
import { choicesOf, trialOf } from "../../src/lib/offers";
import { byDay } from "../../src/lib/usage";
import { asked, hook, maybe, open } from "./world";

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const ARDOUR = "org.ardour.Ardour";
const live = (host: FakeHost): void => host.liveAWhile();

const OFFER: RentalOffer = { id: "studio", price: 50, allowance: { kind: "combined", seconds: 30 * 86_400, uses: 100 }, credit_permille: 500, grace_seconds: 3 * 86_400, refund_permille: 800, pause: { max_pauses: 2, max_seconds: 30 * 86_400 } };

function rental(changes: Partial<LicenseView> = {}): LicenseView {
  return {
    id: "l", product: "p", kind: "rental", state: "active", remaining: { ends_at: new Date(NOW + 12 * DAY_MS).toISOString(), uses: 40 }, equity: 25, price_to_own: 75, last_offer: "studio",
    used: { uses: 60, processings: 0 }, paid: 50, paused_at: null, pauses: 0, trial: false, renewal: null, hold: null,
    terms: { frozen_at: new Date(NOW - 18 * DAY_MS).toISOString(), offers: [{ kind: "purchase", id: "purchase", price: 100 }, { kind: "rental", ...OFFER }], policy: { seats: 3, floating_seats: 0, transferable: true } },
    started_at: new Date(NOW - 18 * DAY_MS).toISOString(), revision: 1, ...changes,
  };
}

async function click(id: string): Promise<void> {
  const control = await hook(id);
  await waitFor(() => expect(control).not.toHaveProperty("disabled", true));
  await fireEvent.click(control);
}

describe("what is left", () => {
  it("of several limits is told for each", () => {
    expect(allowance(OFFER.allowance)).toBe("30 days or 100 uses");
    expect(left(rental(), NOW)).toBe("12 days or 40 uses left");
    expect(limitsOf(rental(), NOW)).toEqual([
      { kind: "time", amount: "12 days", words: "12 days left", part: 0.4 },
      { kind: "uses", amount: "40 uses", words: "40 of 100 uses left", part: 0.4 },
    ]);
  });

  it("is what this computer counted, where that is newer", () => expect(limitsOf(rental(), NOW, { uses: 37 })[1]?.words).toBe("37 of 100 uses left"));

  it("stands still in a pause", () => {
    const paused = rental({ paused_at: new Date(NOW - 2 * DAY_MS).toISOString() });
    expect(stateAt(paused, NOW)).toBe("paused");
    expect(left(paused, NOW)).toBe("paused, 14 days or 40 uses kept");
    expect(allows(paused, NOW)).toBe(false);
  });

  it("may be a grace, and then nothing", () => {
    const over = rental({ remaining: { ends_at: new Date(NOW - DAY_MS).toISOString(), uses: 40 } });
    expect(left(over, NOW)).toBe("ended, still runs for 2 days");
    expect(allows(over, NOW)).toBe(true);
    expect(stateAt(over, NOW + 2 * DAY_MS)).toBe("expired");
    expect(stateAt({ ...over, state: "expired" }, NOW)).toBe("expired");
  });

  it("is nothing while the vendor holds it, even owned", () => {
    const held = rental({ kind: "perpetual", hold: { kind: "revoked", reason: "Paid back.", since: new Date(NOW).toISOString() } });
    expect([stateAt(held, NOW), allows(held, NOW), choicesOf("p", [], held, NOW)]).toEqual(["revoked", false, []]);
  });

  it("is used up by the first limit that ends", () => expect(stateAt(rental({ remaining: { ends_at: new Date(NOW + DAY_MS).toISOString(), uses: 0 } }), NOW)).toBe("exhausted"));
});

describe("offers", () => {
  it("say their rules in the small print", () => {
    expect(smallPrint(OFFER)).toEqual([
      "Whichever ends first ends the rental.",
      "After the end it still runs for 3 days, with a warning.",
      "Ending early gives back 80 % of what is unused.",
      "Can be paused 2 times, for up to 30 days each.",
    ]);
    expect(smallPrint({ id: "x", price: 1, allowance: { kind: "uses", count: 1 }, credit_permille: 0 })).toEqual(["Ending early gives nothing back."]);
  });

  it("of an upgrade carry what was paid for the earlier version", () => {
    const [first] = choicesOf("p2", [{ kind: "purchase", id: "purchase", price: 140 }], null, NOW, { name: "Inkscape", equity: 90 });
    expect(first).toMatchObject({ item: { product: "p2", intent: "upgrade" }, price: 50, label: "Upgrade for 50 tokens" });
  });

  it("of a trial are for who has no license", () => {
    const offers = [{ kind: "trial" as const, id: "trial", allowance: { kind: "duration" as const, seconds: 604_800 } }];
    expect(trialOf(offers, null)?.id).toBe("trial");
    expect(trialOf(offers, rental())).toBeNull();
  });

  it("let a rental with two limits be extended by its like only", () => {
    const week: LicenseView["terms"]["offers"][number] = { kind: "rental", id: "week", price: 10, allowance: { kind: "duration", seconds: 604_800 }, credit_permille: 0 };
    const license = rental();
    license.terms.offers.push(week);
    expect(choicesOf("p", [], license, NOW).map(({ id }) => id)).toEqual(["studio", "own"]);
  });
});

describe("use by day", () => {
  it("has every day, the oldest first, over all computers", () => {
    const row = { product: "p", device_name: "a", processings: 0 };
    const days = byDay([{ ...row, day: "2026-11-22", uses: 2 }, { ...row, day: "2026-11-22", uses: 1, device_name: "b" }, { ...row, day: "2026-11-21", uses: 9, product: "q" }], "p", 3, NOW);
    expect(days).toEqual([{ day: "2026-11-20", units: 0 }, { day: "2026-11-21", units: 0 }, { day: "2026-11-22", units: 3 }]);
  });
});

describe("a license's page", () => {
  it("pauses after asking, and goes on", async () => {
    const { host } = await open({}, `#/license/${ARDOUR}`, live);
    await click("pause");
    expect(asked(host, "license.pause")).toHaveLength(0);
    await click("pause-confirm");
    await hook("paused");
    await click("resume");
    await waitFor(() => expect(maybe("paused")).toBeNull());
    expect(host.license(ARDOUR)?.pauses).toBe(1);
  });

  it("shows refund and equity before it ends a rental, and ends it once", async () => {
    const { host } = await open({}, `#/license/${ARDOUR}`, live);
    await click("end-early");
    await waitFor(async () => expect((await hook("end-back")).dataset["tokens"]).toBeDefined());
    const back = Number((await hook("end-back")).dataset["tokens"]);
    expect(back).toBeGreaterThan(0);
    const before = host.session.account!.balance;
    host.fail("license.end", { code: "server.unreachable" });
    await click("end-confirm");
    await hook("failure");
    await click("end-confirm");
    await waitFor(() => expect(maybe("end")).toBeNull());
    expect(host.session.account!.balance).toBe(before + back);
    const [first, second] = asked(host, "license.end") as { command: string; at_least: number }[];
    expect(second).toEqual(first);
    expect(first?.at_least).toBe(back);
  });

  it("renews by itself up to a cap, refuses one that is too low, and stops", async () => {
    const { host } = await open({}, "#/license/org.kde.krita", live);
    await click("renewal-on");
    await fireEvent.input(await hook("renewal-cap"), { target: { value: "5" } });
    await fireEvent.submit((await hook("renewal-save")).closest("form")!);
    expect((await hook("failure")).dataset["code"]).toBe("license.renewal_cap");
    await fireEvent.input(await hook("renewal-cap"), { target: { value: "60" } });
    await fireEvent.submit((await hook("renewal-save")).closest("form")!);
    await click("renewal-off");
    await hook("renewal-on");
    expect(host.license("org.kde.krita")?.renewal).toBeNull();
    expect(asked(host, "license.renewal_set")).toHaveLength(2);
  });

  it("frees the seat of a dead computer after a warning, and says when that was too often", async () => {
    const { host } = await open({}, `#/license/${ARDOUR}`, live);
    const [, laptop] = host.licensing.devices;
    await click(`release-${laptop!.id}`);
    host.fail("seats.release", { code: "seat.release_limited" });
    await click("release-confirm");
    expect((await hook("failure")).dataset["code"]).toBe("seat.release_limited");
    await click("release-confirm");
    await waitFor(() => expect(maybe(`seat-${laptop!.id}`)).toBeNull());
  });

  it("gives a license away only to an address, and only when one is sure", async () => {
    const { app, host } = await open({}, "#/license/org.kde.krita", (made) => {
      live(made);
      made.licenses.get("org.kde.krita")!.terms.policy.transferable = true;
    });
    await click("give-away");
    await fireEvent.input(await hook("give-to"), { target: { value: "grace@example.org" } });
    expect(await hook("give-confirm")).toHaveProperty("disabled", true);
    await fireEvent.click(await hook("give-sure"));
    await fireEvent.submit((await hook("give-to")).closest("form")!);
    await waitFor(() => expect(app.router.route).toEqual({ page: "library" }));
    expect(host.licenses.has("org.kde.krita")).toBe(false);
  });

  it("borrows a seat where this computer has none", async () => {
    const { host } = await open({}, `#/license/${ARDOUR}`, (made) => {
      live(made);
      made.licenses.get(ARDOUR)!.terms.policy.floating_seats = 1;
    });
    await click(`release-${host.licensing.devices[0]!.id}`);
    await click("release-confirm");
    await click("borrow");
    await waitFor(() => expect(asked(host, "acquire.start")).toEqual([{ product: ARDOUR, update: false, floating: true }]));
  });

  it("launches without a connection", async () => {
    const { host } = await open({ online: false }, `#/license/${ARDOUR}`, live);
    await click(`launch-${ARDOUR}`);
    await waitFor(() => expect(asked(host, "library.launch")).toEqual([{ product: ARDOUR }]));
  });
});

describe("a free trial", () => {
  it("begins without a payment, and once", async () => {
    const { host } = await open({}, "#/product/org.gimp.GIMP");
    await click("trial");
    await waitFor(() => expect(host.license("org.gimp.GIMP")?.trial).toBe(true));
    await waitFor(() => expect(maybe("trial")).toBeNull());
    expect(asked(host, "checkout.pay")).toHaveLength(0);
  });
});

describe("without a connection", () => {
  it("a request is made, handed in and answered, and the price is told before", async () => {
    const { host } = await open({}, "#/offline", live);
    await fireEvent.change(await hook("ask-product"), { target: { value: "org.kde.krita" } });
    await fireEvent.change(await hook("ask-what"), { target: { value: "week" } });
    expect((await hook("ask-price")).dataset["price"]).toBe("12");
    await fireEvent.submit((await hook("ask-make")).closest("form")!);
    expect((await hook("request-made")).dataset["total"]).toBe("12");
    await click("request-save");
    const request = atob(host.saved[0]!.base64);
    await click("step-hand-in");
    await fireEvent.input(await hook("hand-in-text"), { target: { value: request } });
    expect((await hook("hand-in-says")).textContent).toContain("12 tokens");
    expect(asked(host, "checkout.pay")).toHaveLength(0);
    await click("hand-in-submit");
    await click("answer-save");
    await waitFor(() => expect(host.saved).toHaveLength(2));
    await click("step-bring");
    await fireEvent.input(await hook("bring-text"), { target: { value: request } });
    await hook("bring-says");
    expect(await hook("bring-import")).toHaveProperty("disabled", true);
    await fireEvent.input(await hook("bring-text"), { target: { value: atob(host.saved[1]!.base64) } });
    await click("bring-import");
    await hook("imported");
    expect(host.authorized.has("org.kde.krita")).toBe(true);
    expect(host.papers.waiting).toEqual([]);
  });

  it("says in words what a wrong text is", async () => {
    await open({}, "#/offline", live);
    await click("step-bring");
    await fireEvent.input(await hook("bring-text"), { target: { value: "no statement" } });
    expect((await hook("failure")).dataset["code"]).toBe("statement.malformed");
  });
});

describe("the clock", () => {
  it("shows the ways out, and takes a recovery code", async () => {
    const { host } = await open({}, "#/computers", (made) => void (made.papers.clockWrong = true));
    expect((await hook("ways-out")).children).toHaveLength(3);
    const { text } = await host.call("clock.recovery_code", { device: host.licensing.devices[1]!.id });
    await click("clock-import");
    await fireEvent.input(await hook("recover-text"), { target: { value: text } });
    await click("recover-confirm");
    await waitFor(async () => expect((await hook("clock")).dataset["right"]).toBe("true"));
  });
});

describe("notices", () => {
  it("are counted until they are seen, and a failed renewal leads to the wallet", async () => {
    const { app, host } = await open({}, "#/browse", live);
    await waitFor(async () => expect((await hook("unseen")).textContent).toContain("2"));
    host.licensing.notify("renewal.soon", ARDOUR, "Ardour ends tomorrow.");
    await waitFor(async () => expect((await hook("unseen")).textContent).toContain("3"));
    app.router.go({ page: "notices" });
    await hook("notices");
    await waitFor(() => expect(maybe("unseen")).toBeNull());
    expect(document.querySelectorAll('[data-testid="notice"][data-new="true"]')).toHaveLength(3);
    expect((await hook("notice-wallet")).getAttribute("href")).toBe("#/wallet");
  });
});
