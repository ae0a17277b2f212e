import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { asked, hook, maybe, open } from "./world";

const PRODUCT = "org.gimp.GIMP";
const PAGE = `#/product/${PRODUCT}`;

async function click(id: string): Promise<void> {
  const control = await hook(id);
  await waitFor(() => expect(control).not.toHaveProperty("disabled", true));
  await fireEvent.click(control);
}

describe("buying", () => {
  it("asks before it charges, charges once, installs, and shows what is left", async () => {
    const { host } = await open({ balance: 500 }, PAGE);
    await click("main-action");
    expect((await hook("confirm-total")).dataset["total"]).toBe("110");
    expect(asked(host, "checkout.pay")).toHaveLength(0);
    await click("confirm-pay");
    await waitFor(async () => expect((await hook("main-action")).textContent).toContain("Launch"));
    expect(asked(host, "checkout.pay")).toHaveLength(1);
    expect(asked(host, "acquire.start")).toEqual([{ product: PRODUCT, update: false }]);
    expect((await hook("balance")).dataset["balance"]).toBe("390");
    expect(maybe("confirm")).toBeNull();
  });

  it("repeats a lost payment with the same command, and is charged once", async () => {
    const { host } = await open({}, PAGE);
    host.fail("checkout.pay", { code: "server.unreachable" });
    await click("main-action");
    await click("confirm-pay");
    expect((await hook("failure")).dataset["code"]).toBe("server.unreachable");
    await click("confirm-pay");
    await waitFor(() => expect(maybe("confirm")).toBeNull());
    const [first, second] = asked(host, "checkout.pay") as { command: string }[];
    expect(second?.command).toBe(first?.command);
  });

  it("shows a changed price and asks again, with a new command", async () => {
    const { host } = await open({}, PAGE);
    await click("main-action");
    await hook("confirm-after");
    host.changePrice(PRODUCT, 130);
    await click("confirm-pay");
    expect((await hook("price-changed")).textContent).toContain("from 110 tokens to 130 tokens");
    expect(host.licenses.size).toBe(0);
    await click("confirm-pay");
    await waitFor(() => expect(host.licenses.size).toBe(1));
    const [first, second] = asked(host, "checkout.pay") as { command: string; expected_total: number }[];
    expect(second).toMatchObject({ expected_total: 130 });
    expect(second?.command).not.toBe(first?.command);
  });

  it("says how many tokens are missing and does not let pay", async () => {
    const { host } = await open({ balance: 70 }, PAGE);
    await click("main-action");
    expect((await hook("insufficient")).textContent).toContain("40 tokens");
    await hook("buy-missing");
    expect(maybe("confirm-pay")).toBeNull();
    expect(asked(host, "checkout.pay")).toHaveLength(0);
  });

  it("leads whoever is signed out to the sign-in page and back", async () => {
    const { app, host } = await open({ signedIn: false }, PAGE);
    await click("main-action");
    await fireEvent.input(await hook("sign-in-email"), { target: { value: "ada@example.org" } });
    await fireEvent.input(await hook("sign-in-password"), { target: { value: "short" } });
    await click("sign-in-submit");
    expect((await hook("failure")).dataset["code"]).toBe("auth.credentials_wrong");
    await fireEvent.input(await hook("sign-in-password"), { target: { value: "long enough" } });
    await click("sign-in-submit");
    await waitFor(() => expect(app.router.route).toEqual({ page: "product", id: PRODUCT }));
    expect(asked(host, "checkout.pay")).toHaveLength(0);
  });

  it("registers and gets tokens to start with", async () => {
    await open({ signedIn: false }, "#/sign-in");
    await click("register-toggle");
    await fireEvent.input(await hook("sign-in-email"), { target: { value: "new@example.org" } });
    await fireEvent.input(await hook("sign-in-password"), { target: { value: "long enough" } });
    await click("sign-in-submit");
    expect((await hook("balance")).dataset["balance"]).toBe("100");
  });
});

describe("renting", () => {
  it("rents, extends, and converts to exactly the price", async () => {
    const { host } = await open({ balance: 500 }, PAGE);
    await click("offer-week");
    await fireEvent.click((await hook("offer-week")).querySelector("input")!);
    expect((await hook("main-action")).textContent).toContain("Rent 7 days for 11 tokens");
    await click("main-action");
    await click("confirm-pay");
    await click("extend");
    await click("confirm-pay");
    await waitFor(() => expect(host.license(PRODUCT)?.equity).toBe(10));
    await waitFor(() => expect(maybe("confirm")).toBeNull());
    await waitFor(async () => expect((await hook("convert")).textContent).toContain("Own it for 100 tokens"));
    await click("convert");
    await click("confirm-pay");
    await waitFor(() => expect(host.license(PRODUCT)?.state).toBe("owned"));
    expect(host.session.account?.balance).toBe(500 - 11 - 11 - 100);
  });

  it("shows the library with what is left and what is owned of it", async () => {
    await open({}, "#/library", (host) => host.liveAWhile());
    expect((await hook("left-org.hydrogenmusic.Hydrogen")).textContent).toBe("9 of 30 uses left");
    expect((await hook("left-org.freecad.FreeCAD")).textContent).toContain("ended");
    const bar = (await hook("equity-org.kde.krita")).querySelector('[role="progressbar"]');
    expect(bar?.getAttribute("aria-valuemax")).toBe("120");
  });
});

describe("the cart", () => {
  it("is paid for as a whole and is empty afterwards", async () => {
    const { app, host } = await open({ balance: 500 }, PAGE);
    await click("add-to-cart");
    await hook("in-cart");
    app.router.go({ page: "product", id: "org.musescore.MuseScore" });
    await waitFor(() => expect(app.product.view?.product.id).toBe("org.musescore.MuseScore"));
    await click("add-to-cart");
    await hook("in-cart");
    await click("nav-cart");
    await waitFor(async () => expect((await hook("cart-total")).dataset["total"]).toBe("240"));
    await click("checkout");
    await click("confirm-pay");
    await waitFor(() => expect(host.licenses.size).toBe(2));
    expect(host.cart).toEqual([]);
    await waitFor(() => expect(app.activity.tasks).toEqual([]));
    expect(asked(host, "acquire.start")).toHaveLength(2);
  });

  it("says beforehand what has no file for this computer", async () => {
    const { app } = await open({ balance: 1_000 }, "#/product/org.darktable.Darktable");
    const added = async (product: string): Promise<void> => {
      app.router.go({ page: "product", id: product });
      await waitFor(() => expect(app.product.view?.product.id).toBe(product));
      await click("add-to-cart");
      await hook("in-cart");
    };
    await added("org.darktable.Darktable");
    await click("nav-cart");
    await click("checkout");
    await waitFor(async () => expect((await hook("confirm")).textContent).toContain("no file for this computer: darktable must be"));
    await click("dialog-close");
    await added(PRODUCT);
    await click("nav-cart");
    await click("checkout");
    await waitFor(async () => expect((await hook("confirm")).textContent).toContain("one after the other; darktable must be"));
  });
});

describe("an acquisition", () => {
  it("shows its stage and can be cancelled", async () => {
    const { app, host } = await open({ stepMs: 20 }, PAGE);
    await click("main-action");
    await click("confirm-pay");
    await waitFor(async () => expect((await hook(`progress-${PRODUCT}`)).dataset["stage"]).toBe("downloading"));
    await click(`cancel-${PRODUCT}`);
    await waitFor(() => expect(app.activity.tasks).toEqual([]));
    expect(host.authorized.has(PRODUCT)).toBe(false);
    await waitFor(async () => expect((await hook("main-action")).textContent).toContain("Install"));
  });

  it("that failed says why and can be tried again", async () => {
    const { host } = await open({}, PAGE);
    host.fail("acquire.start", { code: "artifact.digest_mismatch", message: "the file has another digest" });
    await click("main-action");
    await click("confirm-pay");
    await waitFor(async () => expect((await hook(`progress-${PRODUCT}`)).textContent).toContain("not the one that was published"));
    await click(`retry-${PRODUCT}`);
    await waitFor(() => expect(host.authorized.has(PRODUCT)).toBe(true));
  });
});

describe("offline", () => {
  it("says so, and still searches and launches", async () => {
    const { host } = await open({}, "#/library", (fake) => fake.liveAWhile());
    host.setOnline(false);
    await hook("offline");
    await click("launch-org.inkscape.Inkscape");
    expect(asked(host, "library.launch")).toHaveLength(1);
    host.setOnline(true);
    await waitFor(() => expect(maybe("offline")).toBeNull());
  });
});
