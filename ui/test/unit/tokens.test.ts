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
const write = async (id: string, value: string): Promise<boolean> => fireEvent.input(await hook(id), { target: { value } });

describe("a payment that lacks tokens", () => {
  it("offers exactly these, waits for them, and comes back to the same question at the same price", async () => {
    const { host } = await open({ balance: 70 }, PAGE);
    await click("main-action");
    expect((await hook("short-exact")).textContent).toContain("40 tokens");
    expect((await hook("short-pack")).textContent).toContain("100 tokens");
    expect((await hook("buy-missing")).textContent).toContain("Buy 40 tokens for €5.71");
    await click("buy-missing");
    await hook("purchase-wait");
    expect(host.opened).toEqual(["https://pay.example.org/checkout"]);
    expect(asked(host, "tokens.buy")).toMatchObject([{ tokens: 40, currency: "EUR", cart: { items: [{ product: PRODUCT }], expected_total: 110 } }]);
    host.changePrice(PRODUCT, 130);
    const [purchase] = host.sales.purchases;
    host.sales.pay(purchase!.id);
    await hook("price-kept");
    expect((await hook("confirm-total")).dataset["total"]).toBe("110");
    await click("confirm-pay");
    await waitFor(() => expect(host.licenses.size).toBe(1));
    expect(asked(host, "checkout.pay")).toMatchObject([{ expected_total: 110, purchase: purchase!.id }]);
    expect((await hook("balance")).dataset["balance"]).toBe("0");
  });

  it("comes back when the question was closed meanwhile", async () => {
    const { host } = await open({ balance: 70 }, PAGE);
    await click("main-action");
    await click("short-pack");
    await fireEvent.click((await hook("short-pack")).querySelector("input")!);
    await click("buy-missing");
    await hook("purchase-wait");
    await click("confirm-cancel");
    expect(maybe("confirm")).toBeNull();
    await hook("tokens-coming");
    host.sales.pay(host.sales.purchases[0]!.id);
    await hook("price-kept");
    expect((await hook("confirm-after")).textContent).toContain("60");
  });

  it("says so where tokens are not sold", async () => {
    await open({ balance: 70 }, PAGE, (host) => (host.sales.sold = false));
    await click("main-action");
    expect((await hook("short-unsold")).textContent).toContain("40 tokens");
    expect(await hook("confirm-pay")).toHaveProperty("disabled", true);
  });
});

describe("buying tokens", () => {
  it("shows the tax as a line, and one purchase for one wish", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await waitFor(async () => expect((await hook("bill")).dataset["total"]).toBe("3213"));
    expect((await hook("bill-tax")).textContent).toContain("VAT 19 %");
    host.fail("tokens.buy", { code: "server.unreachable" });
    await click("buy-pay");
    await hook("failure");
    await click("buy-pay");
    await hook("purchase-wait");
    const [first, second] = asked(host, "tokens.buy") as { command: string }[];
    expect(second?.command).toBe(first?.command);
    host.sales.pay(host.sales.purchases[0]!.id);
    await hook("arrived");
    expect((await hook("balance")).dataset["balance"]).toBe("750");
    window.location.hash = "#/wallet";
    await waitFor(() => expect(maybe("arrived")).toBeNull());
    window.location.hash = "#/wallet/buy";
    await hook("buy-tokens");
  });

  it("takes an exact number, within what is sold", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await write("buy-number", "5");
    expect(await hook("buy-pay")).toHaveProperty("disabled", true);
    await write("buy-number", "600");
    await waitFor(async () => expect((await hook("bill-discount")).textContent).toContain("€3.60"));
    await click("buy-pay");
    await waitFor(() => expect(asked(host, "tokens.buy")).toMatchObject([{ tokens: 600 }]));
  });

  it("tells of a card that was declined, and lets give up", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await click("buy-pay");
    await hook("purchase-wait");
    host.sales.decline(host.sales.purchases[0]!.id, "The card was declined.");
    expect((await hook("wait-declined")).textContent).toContain("The card was declined.");
    await click("wait-cancel");
    await hook("buy-tokens");
    await waitFor(async () => expect((await hook("purchases")).textContent).toContain("Given up"));
  });
});

describe("a voucher", () => {
  it("is worth its tokens once, also where its code is typed again at once", async () => {
    const { host } = await open({}, "#/wallet");
    await click("redeem-open");
    await write("redeem-code", "1aaaabbbbbcccccddddd");
    await click("redeem-confirm");
    expect((await hook("redeemed")).dataset["tokens"]).toBe("100");
    await waitFor(async () => expect((await hook("balance")).dataset["balance"]).toBe("600"));
    await click("redeem-another");
    await write("redeem-code", "1AAAA-BBBBB-CCCCC-DDDDD");
    await click("redeem-confirm");
    expect((await hook("failure")).dataset["code"]).toBe("voucher.redeemed");
    const commands = asked(host, "voucher.redeem").map((args) => (args as { command: string }).command);
    expect(new Set(commands).size).toBe(2);
  });
});
