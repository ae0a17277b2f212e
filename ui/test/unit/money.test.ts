import { describe, expect, it } from "vitest";

import type { TokenPriceTerms } from "../../src/lib/host";
import { money, priceOfOne, savingOf, typedTokens } from "../../src/lib/money";
import { Once } from "../../src/lib/state/once";

const TERMS: TokenPriceTerms = { price_minor: 12, per_tokens: 1, tokens_min: 10, tokens_max: 1000, tiers: [], packs: [], tax_permille: 0, tax_name: "" };

describe("money", () => {
  it("has the digits of its currency", () => {
    expect(money({ minor: 2975, currency: "EUR" })).toBe("€29.75");
    expect(money({ minor: 3000, currency: "JPY" })).toBe("¥3,000");
    expect(money({ minor: 1500, currency: "BHD" })).toMatch(/^BHD\s1\.500$/);
  });

  it("shows the price of one token, also below the smallest unit", () => {
    expect(priceOfOne(TERMS, "EUR")).toBe("€0.12");
    expect(priceOfOne({ ...TERMS, price_minor: 95, per_tokens: 10 }, "EUR")).toBe("€0.095");
  });

  it("says what a pack saves, never more than it does", () => {
    expect(savingOf({ id: "p", tokens: 100, price_minor: 1080 }, TERMS)).toBe(10);
    expect(savingOf({ id: "p", tokens: 100, price_minor: 1081 }, TERMS)).toBe(9);
    expect(savingOf({ id: "p", tokens: 100, price_minor: 1300 }, TERMS)).toBe(0);
  });
});

describe("what is typed", () => {
  it("is a number of tokens with or without separators, or none", () => {
    for (const text of ["1200", "1,200", "1 200", " 1.200 "]) expect(typedTokens(text)).toBe(1200);
    for (const text of ["", "-5", "ten", "1e3", "9".repeat(13)]) expect(typedTokens(text)).toBeNull();
  });
});

describe("a wish", () => {
  it("keeps its key while it is repeated, and gets another when it changes or came true", () => {
    const once = new Once();
    const first = once.command({ tokens: 5 });
    expect(once.command({ tokens: 5 })).toBe(first);
    expect(once.command({ tokens: 6 })).not.toBe(first);
    const again = once.command({ tokens: 6 });
    once.done();
    expect(once.command({ tokens: 6 })).not.toBe(again);
  });
});
