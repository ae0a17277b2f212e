import { describe, expect, it } from "vitest";

import { ago, allowance, armored, bytes, initials, left, span, stateAt, tokens } from "../../src/lib/format";
import type { LicenseView } from "../../src/lib/host";

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function rental(remaining: LicenseView["remaining"], uses = 30): LicenseView {
  return {
    id: "l", product: "p", kind: "rental", state: "active", remaining, equity: 30, price_to_own: 70, last_offer: "some",
    terms: { frozen_at: "2026-11-01T00:00:00Z", offers: [{ kind: "purchase", id: "purchase", price: 100 }, { kind: "rental", id: "some", price: 10, allowance: { kind: "uses", count: uses }, credit_permille: 500 }], policy: { seats: 3, floating_seats: 0, transferable: false } },
    used: { uses: 0, processings: 0 }, paid: 30, paused_at: null, pauses: 0, trial: false, renewal: null, hold: null,
    started_at: "2026-11-01T00:00:00Z", revision: 1,
  };
}

const instant = (ms: number): string => new Date(ms).toISOString();

describe("amounts", () => {
  it("says tokens in the singular and the plural, with separators", () => {
    expect(tokens(0)).toBe("0 tokens");
    expect(tokens(1)).toBe("1 token");
    expect(tokens(1_234_567)).toBe("1,234,567 tokens");
  });

  it.each([
    [0, "0 B"], [999, "999 B"], [53_248, "53 kB"], [999_499, "999 kB"], [999_500, "1 MB"], [1_234_567, "1.2 MB"], [9_950_000, "10 MB"], [93_000_000, "93 MB"], [4_200_000_000, "4.2 GB"],
  ])("writes %d bytes as %s", (size, words) => expect(bytes(size)).toBe(words));

  it("writes allowances in the largest whole unit", () => {
    expect(allowance({ kind: "duration", seconds: 604_800 })).toBe("7 days");
    expect(allowance({ kind: "duration", seconds: 5_400 })).toBe("90 minutes");
    expect(allowance({ kind: "duration", seconds: 31_536_000 })).toBe("1 year");
    expect(allowance({ kind: "uses", count: 1 })).toBe("1 use");
    expect(allowance({ kind: "processings", count: 5_000 })).toBe("5,000 processings");
  });
});

describe("what is left", () => {
  it.each([
    [6 * DAY + 3 * HOUR + 59 * MINUTE, "6 days 3 h"], [DAY, "1 day"], [2 * HOUR + 5 * MINUTE, "2 h 5 min"], [45_000, "45 s"], [61_000, "1 min 1 s"], [0, "0 s"], [-5, "0 s"],
  ])("writes a span of %d ms as %s", (ms, words) => expect(span(ms)).toBe(words));

  it("counts time, uses and processings down", () => {
    expect(left(rental({ ends_at: instant(NOW + 6 * DAY + 3 * HOUR) }), NOW)).toBe("6 days 3 h left");
    expect(left(rental({ uses: 9 }), NOW)).toBe("9 of 30 uses left");
    expect(left(rental({ uses: 41 }), NOW)).toBe("41 uses left");
    expect(left(rental({ processings: 1 }, 0), NOW)).toBe("1 processing left");
    expect(left(rental({ ends_at: instant(NOW - 2 * HOUR) }), NOW)).toBe("ended 2 h ago");
    expect(left({ ...rental({}), kind: "perpetual" }, NOW)).toBe("Yours for good");
  });

  it("judges a rental by the clock of now, not by the answer's", () => {
    const license = rental({ ends_at: instant(NOW) });
    expect(stateAt(license, NOW - 1)).toBe("active");
    expect(stateAt(license, NOW)).toBe("expired");
    expect(stateAt(rental({ uses: 0 }), NOW)).toBe("exhausted");
    expect(stateAt({ ...license, kind: "perpetual" }, NOW)).toBe("owned");
  });
});

describe("other words", () => {
  it("says how long ago something was", () => {
    expect(ago(instant(NOW - 10_000), NOW)).toBe("just now");
    expect(ago(instant(NOW - 5 * MINUTE), NOW)).toBe("5 min ago");
    expect(ago(instant(NOW - 3 * DAY), NOW)).toBe("3 d ago");
    expect(ago(instant(NOW + DAY), NOW)).toBe("just now");
  });

  it("finds initials in any name", () => {
    expect(initials("Battle for Wesnoth")).toBe("BF");
    expect(initials("krita")).toBe("KR");
    expect(initials("Élan")).toBe("ÉL");
    expect(initials("—")).toBe("?");
  });

  it("armors a code as its file does: 64 characters a line", () => {
    const text = armored("a".repeat(130));
    expect(text.split("\n")).toEqual(["-----BEGIN SCRIP AUTHORIZATION-----", "a".repeat(64), "a".repeat(64), "aa", "-----END SCRIP AUTHORIZATION-----", ""]);
  });
});
