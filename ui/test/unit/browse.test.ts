import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { FakeHost } from "../../src/lib/host/fake/fake";
import { Browse, PAGE } from "../../src/lib/state/browse.svelte";
import { asked, hook, open } from "./world";

describe("the catalog", () => {
  it("keeps only the cards in view on the page", async () => {
    await open({ products: 3000 });
    const grid = await hook("grid");
    await waitFor(() => expect(grid.querySelectorAll("[data-index]").length).toBeGreaterThan(9));
    expect(grid.querySelectorAll("[data-index]").length).toBeLessThan(60);
    expect(grid.getAttribute("aria-rowcount")).toBe("1000");
  });

  it("searches as one types, without waiting", async () => {
    await open({ products: 3000 });
    await fireEvent.input(await hook("search"), { target: { value: "krita" } });
    await waitFor(async () => expect((await hook("result-count")).dataset["total"]).toBe("1"));
    await hook("product-card-org.kde.krita");
  });

  it("filters by category and by what is here, and says when nothing fits", async () => {
    const { app } = await open({ products: 400 });
    await fireEvent.click(await hook("category-Game"));
    await waitFor(() => expect(app.browse.cards.every((card) => card?.categories.includes("Game"))).toBe(true));
    await fireEvent.click(await hook("show-installed"));
    await waitFor(() => expect(app.browse.cards.every((card) => card?.installed)).toBe(true));
    await fireEvent.input(await hook("search"), { target: { value: "zzzz" } });
    await fireEvent.click(await hook("clear-search"));
    await waitFor(async () => expect((await hook("result-count")).dataset["total"]).toBe("400"));
  });

  it("moves by arrow keys, one card at a time, and opens by its link", async () => {
    await open({ products: 400 });
    const search = await hook("search");
    search.focus();
    await fireEvent.keyDown(search, { key: "ArrowDown" });
    await waitFor(() => expect(document.activeElement?.closest("[data-index]")?.getAttribute("data-index")).toBe("0"));
    await fireEvent.keyDown(document.activeElement!, { key: "ArrowRight" });
    await waitFor(() => expect(document.activeElement?.closest("[data-index]")?.getAttribute("data-index")).toBe("1"));
    expect(document.querySelectorAll('[data-index] a[tabindex="0"]')).toHaveLength(1);
  });

  it("goes to the search field on / and Ctrl+K", async () => {
    await open();
    const search = await hook("search");
    await fireEvent.keyDown(document.body, { key: "/" });
    expect(document.activeElement).toBe(search);
    search.blur();
    await fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
    expect(document.activeElement).toBe(search);
  });
});

describe("a search", () => {
  it("asks at most one question at a time, and last the newest", async () => {
    const host = new FakeHost({ products: 300 });
    const browse = new Browse(host);
    for (const words of ["k", "kr", "kri", "krit", "krita"]) browse.search({ words });
    await waitFor(() => expect(browse.total).toBe(1));
    expect(asked(host, "catalog.search").length).toBeLessThanOrEqual(2);
    expect(asked(host, "catalog.search").at(-1)).toMatchObject({ words: "krita", offset: 0 });
  });

  it("fetches what comes into view, each part once", async () => {
    const host = new FakeHost({ products: 600 });
    const browse = new Browse(host);
    await browse.refresh();
    expect(browse.cards[PAGE]).toBeUndefined();
    browse.need(PAGE + 1, PAGE + 20);
    browse.need(PAGE + 5, PAGE + 25);
    await waitFor(() => expect(browse.cards[PAGE]).toBeDefined());
    expect(asked(host, "catalog.search")).toHaveLength(2);
  });

  it("keeps the results of now where an answer fails", async () => {
    const host = new FakeHost({ products: 300 });
    const browse = new Browse(host);
    await browse.refresh();
    host.fail("catalog.search", { code: "state.io" });
    await browse.refresh();
    expect(browse.failure?.code).toBe("state.io");
    expect(browse.total).toBe(300);
    await browse.refresh();
    expect(browse.failure).toBeNull();
  });
});
