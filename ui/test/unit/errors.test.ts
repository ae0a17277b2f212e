import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import en from "../../src/i18n/en.json";
import { explain, isTranslated } from "../../src/lib/errors";
import { failureOf, Refusal } from "../../src/lib/host";

const SNAPSHOT = "../crates/domain/src/snapshots/scrip_domain__error__tests__error_codes.snap";
const codes = readFileSync(SNAPSHOT, "utf8").split("---\n")[2]?.trim().split("\n") ?? [];

describe("error codes", () => {
  it("are read from the list of the rules", () => expect(codes.length).toBeGreaterThan(80));

  it("are all translated", () => expect(codes.filter((code) => !isTranslated(code))).toEqual([]));

  it("have no translation that nothing says", () => {
    expect(Object.keys(en.errors).filter((code) => !codes.includes(code))).toEqual([]);
    expect(Object.keys(en.next).filter((code) => !codes.includes(code))).toEqual([]);
  });

  it("are whole sentences", () => {
    for (const sentence of [...Object.values(en.errors), ...Object.values(en.next)]) expect(sentence).toMatch(/^[A-Z].*[.]$/);
  });
});

describe("an explanation", () => {
  it("says what happened, why, and what to do next", () => {
    const failure = { code: "wallet.insufficient", message: "260 tokens are needed and the wallet holds 100 tokens", hints: ["Add 160 tokens."] };
    expect(explain(failure)).toEqual({
      what: "You do not have enough tokens.",
      why: "260 tokens are needed and the wallet holds 100 tokens.",
      next: ["Add 160 tokens."],
      code: "wallet.insufficient",
    });
  });

  it("offers a way on where the app gave none", () => expect(explain({ code: "server.unreachable", message: "", hints: [] }).next).toHaveLength(1));

  it("shows the app's message for a code that it does not know", () => {
    expect(explain({ code: "later.invention", message: "the sky fell", hints: [] }).what).toBe("The sky fell.");
    expect(explain({ code: "toString", message: "x@y.z is odd", hints: [] }).what).toBe("x@y.z is odd.");
  });

  it("is made of whatever was thrown", () => {
    expect(failureOf(new Error("boom"))).toEqual({ code: "internal.error", message: "boom", hints: [] });
    expect(failureOf(new Refusal({ code: "store.busy", message: "", hints: [] })).code).toBe("store.busy");
    expect(failureOf("no").message).toBe("no");
  });
});
