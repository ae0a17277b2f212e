import { describe, expect, it } from "vitest";

import { columnsFor, moved, rowsInView } from "../../src/lib/grid";

describe("columns", () => {
  it("are as many as fit, and at least one", () => {
    expect(columnsFor(896, 252, 12)).toBe(3);
    expect(columnsFor(516, 252, 12)).toBe(2);
    expect(columnsFor(515, 252, 12)).toBe(1);
    expect(columnsFor(0, 252, 12)).toBe(1);
  });
});

describe("rows in view", () => {
  it("are few however long the list is", () => {
    const { first, last } = rowsInView(50_000, 700, 160, 1_000);
    expect(first).toBe(310);
    expect(last).toBe(319);
  });

  it("stay inside the list", () => {
    expect(rowsInView(0, 700, 160, 2)).toEqual({ first: 0, last: 2 });
    expect(rowsInView(9_999, 700, 160, 2)).toEqual({ first: 1, last: 2 });
    expect(rowsInView(0, 700, 160, 0)).toEqual({ first: 0, last: 0 });
  });
});

describe("arrow keys", () => {
  // Ten cards in rows of four: the last row has two.
  const go = (key: string, index: number): number | null => moved(key, index, 10, 4, 2);

  it.each([
    ["ArrowRight", 0, 1], ["ArrowLeft", 0, 0], ["ArrowDown", 0, 4], ["ArrowUp", 4, 0], ["ArrowUp", 3, 3], ["ArrowDown", 7, 9], ["ArrowDown", 9, 9],
    ["ArrowRight", 9, 9], ["End", 0, 9], ["Home", 9, 0], ["PageDown", 0, 8], ["PageUp", 9, 1],
  ])("%s from %d leads to %d", (key, from, to) => expect(go(key, from)).toBe(to));

  it("leaves other keys alone", () => {
    expect(go("Enter", 0)).toBeNull();
    expect(go("toString", 0)).toBeNull();
    expect(moved("ArrowDown", 0, 0, 4, 2)).toBeNull();
  });
});
