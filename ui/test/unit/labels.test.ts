// Sentences that came from elsewhere, as a person reads them.
import { describe, expect, it } from "vitest";

import { dateTime } from "../../src/lib/format";
import { FakeHost } from "../../src/lib/host/fake/fake";
import { Labels } from "../../src/lib/state/labels.svelte";

describe("a sentence of the vendor", () => {
  const labels = new Labels(new FakeHost());
  labels.learn("vim.desktop", { name: "Vim", icon: null });

  it("names programs and tells the time as the page does", () => {
    const at = "2026-11-22T17:41:33Z";
    expect(labels.told(`The seat of lamp for vim.desktop was freed at ${at}.`)).toBe(`The seat of lamp for Vim was freed at ${dateTime(at)}.`);
    expect(labels.told("A code of (vim.desktop) until 2026-11-22T17:41:33.250Z")).toBe(`A code of (Vim) until ${dateTime(at)}`);
  });

  it("leaves everything else as it is", () => {
    for (const sentence of ["gvim.desktop and vim.desktop.old cost 1.5 vims.", "It ends on 2026-11-22.", ""]) expect(labels.told(sentence)).toBe(sentence);
  });
});
