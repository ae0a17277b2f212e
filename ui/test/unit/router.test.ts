import { afterEach, describe, expect, it } from "vitest";

import { address, parse, Router, type Route } from "../../src/lib/state/router.svelte";

describe("addresses", () => {
  it.each<Route>([{ page: "browse" }, { page: "library" }, { page: "product", id: "org.kde.krita" }, { page: "product", id: "a/b ~é@1:2" }])("of %o read back", (route) => {
    expect(parse(address(route))).toEqual(route);
  });

  it("that mean nothing are a page of their own", () => {
    expect(parse("")).toEqual({ page: "browse" });
    expect(parse("#/nowhere")).toEqual({ page: "unknown" });
    expect(parse("#/product/")).toEqual({ page: "unknown" });
    expect(parse("#/product/%E0%A4%A")).toEqual({ page: "product", id: "%E0%A4%A" });
  });
});

describe("the router", () => {
  let router: Router;
  afterEach(() => router.close());

  it("returns after signing in to where one was", () => {
    router = new Router();
    router.go({ page: "product", id: "p" });
    router.askToSignIn();
    router.askToSignIn();
    expect(router.route).toEqual({ page: "sign-in" });
    router.signedIn();
    expect(router.route).toEqual({ page: "product", id: "p" });
  });

  it("counts no page twice", () => {
    router = new Router();
    router.go({ page: "library" });
    router.go({ page: "library" });
    expect(router.depth).toBe(1);
  });

  it("goes back to the catalog where nothing lies behind", () => {
    window.location.hash = "#/wallet";
    router = new Router();
    router.back();
    expect(router.route).toEqual({ page: "browse" });
  });
});
