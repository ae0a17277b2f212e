import { beforeEach, describe, expect, it } from "vitest";

import { choicesOf, firstChoice, mainAction } from "../../src/lib/offers";
import type { ProductView } from "../../src/lib/host";
import { FakeHost } from "../../src/lib/host/fake/fake";

const NOW = Date.UTC(2026, 10, 22, 12);
const INSTALLED = "com.rawtherapee.RawTherapee";
const ABSENT = "org.gimp.GIMP";
const NO_FILE = "org.stellarium.Stellarium";

describe("the main button", () => {
  let host: FakeHost;
  beforeEach(() => (host = new FakeHost({ products: 60, now: () => NOW })));

  const view = (product: string): Promise<ProductView> => host.call("product.view", { product });
  async function main(product: string, offer?: string): Promise<[string, string, string]> {
    const shown = await view(product);
    const choices = choicesOf(product, shown.product.offers, shown.license, NOW);
    const choice = choices.find(({ id }) => id === offer) ?? firstChoice(choices, shown.license, NOW);
    const { label, detail, act } = mainAction(shown, choice, true, NOW);
    return [label, detail, act.kind];
  }
  async function pay(product: string, intent: "buy" | "rent", offer?: string): Promise<void> {
    const item = { product, intent, offer: offer ?? null };
    const { total } = await host.call("checkout.quote", { items: [item] });
    await host.call("checkout.pay", { items: [item], expected_total: total, command: crypto.randomUUID(), from_cart: false });
  }

  it("says that only the code is fetched where the program is here", async () => {
    Object.assign(host.stocked(INSTALLED).detection, { status: "installed", version: "5.9" });
    expect(await main(INSTALLED)).toEqual(["Buy for 80 tokens", "already installed, only the code is fetched", "pay"]);
  });

  it("says that an older version only gets its code", async () => {
    Object.assign(host.stocked(INSTALLED).detection, { status: "outdated", version: "5.2" });
    expect((await main(INSTALLED))[1]).toBe("version 5.2 is installed, only the code is fetched");
  });

  it("says how much is downloaded", async () => {
    host.stocked(ABSENT).product.artifacts[0]!.size = 53_248;
    expect(await main(ABSENT, "week")).toEqual(["Rent 7 days for 11 tokens", "download 53 kB and install", "pay"]);
  });

  it("says when there is no file", async () => {
    host.stocked(NO_FILE).product.artifacts = [];
    Object.assign(host.stocked(NO_FILE).detection, { status: "absent" });
    expect((await main(NO_FILE))[1]).toBe("no file for this computer: install it by other means");
  });

  it("installs, then authorizes, then launches what is paid", async () => {
    await pay(ABSENT, "buy");
    expect((await main(ABSENT)).at(0)).toBe("Install");
    Object.assign(host.stocked(ABSENT).detection, { status: "installed" });
    expect((await main(ABSENT)).at(0)).toBe("Authorize");
    host.authorized.add(ABSENT);
    expect((await main(ABSENT)).slice(0, 1)).toEqual(["Launch"]);
  });

  it("offers to renew or to own what has ended", async () => {
    await pay(ABSENT, "rent", "week");
    host.licenses.get(ABSENT)!.remaining = { ends_at: new Date(NOW - 4 * 86_400_000).toISOString() };
    expect(await main(ABSENT)).toEqual(["Rent 7 days for 11 tokens", expect.stringContaining("download"), "pay"]);
    expect((await main(ABSENT, "own")).at(0)).toBe("Own it for 105 tokens");
  });

  it("says so where nothing is for sale", async () => {
    host.stocked(ABSENT).product.offers = [];
    expect(await main(ABSENT)).toEqual(["Not for sale", "the vendor makes no offer for it", "none"]);
  });
});

describe("choices", () => {
  const host = new FakeHost({ products: 60, now: () => NOW });

  async function rented(equity: number): Promise<ReturnType<typeof choicesOf>> {
    if (!host.licenses.has(ABSENT)) {
      await host.call("checkout.pay", { items: [{ product: ABSENT, intent: "rent", offer: "week" }], expected_total: 11, command: "c", from_cart: false });
    }
    const license = host.license(ABSENT)!;
    return choicesOf(ABSENT, [], { ...license, equity, price_to_own: 110 - equity }, NOW);
  }

  it("extend a rental only by what it runs on", async () => {
    expect((await rented(5)).map(({ id }) => id)).toEqual(["week", "own"]);
  });

  it("cap the payment that reaches ownership", async () => {
    const [week] = await rented(104);
    expect(week).toMatchObject({ price: 6, label: "Own it for 6 tokens", detail: "it is yours for good, at once" });
  });

  it("count nothing toward owning what cannot be bought", () => {
    const offers = host.stocked(ABSENT).product.offers.filter(({ kind }) => kind === "rental");
    expect(choicesOf(ABSENT, offers, null, NOW)[0]?.detail).toBe("Does not count toward owning");
  });

  it("are none for what is owned", () => {
    expect(choicesOf(ABSENT, [], { ...host.license(ABSENT)!, kind: "perpetual" }, NOW)).toEqual([]);
  });
});
