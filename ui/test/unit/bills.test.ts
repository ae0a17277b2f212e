import { fireEvent, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import type { FakeHost } from "../../src/lib/host/fake/fake";
import { asked, hook, maybe, open } from "./world";

async function click(id: string): Promise<void> {
  const control = await hook(id);
  await waitFor(() => expect(control).not.toHaveProperty("disabled", true));
  await fireEvent.click(control);
}
const write = async (id: string, value: string): Promise<boolean> => fireEvent.input(await hook(id), { target: { value } });
const alive = (host: FakeHost): void => host.liveAWhile();
const GIMP = "org.gimp.GIMP";

describe("tokens on paper", () => {
  it("are ordered by a purchase order with its document, once, and wait for the vendor", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await click("pack-medium");
    await fireEvent.click(await hook("way-purchase_order"));
    await click("buy-pay");
    expect(asked(host, "tokens.buy")).toEqual([]);
    await waitFor(async () => expect(await hook("paper-name")).toHaveProperty("value", "Ada Lovelace"));
    expect(await hook("paper-send")).toHaveProperty("disabled", true);
    await write("paper-number", "PO-7");
    const file = new File(["%PDF-1.7"], "order.pdf", { type: "application/pdf" });
    await fireEvent.change(await hook("document-chooser"), { target: { files: [file] } });
    await waitFor(async () => expect((await hook("document-choose")).textContent).toContain("order.pdf"));
    host.fail("token_order.place", { code: "server.unreachable" });
    await click("paper-send");
    await hook("failure");
    await click("paper-send");
    expect((await hook("paper-placed")).dataset["status"]).toBe("submitted");
    const [first, second] = asked(host, "token_order.place") as { command: string }[];
    expect(second).toEqual(first);
    expect(second).toMatchObject({ pack: "medium", tokens: null, method: "purchase_order", number: "PO-7", expected_total: { minor: 3213, currency: "EUR" }, bill_to: { name: "Ada Lovelace" } });
    expect(host.bills.orders).toMatchObject([{ document: "order.pdf" }]);
    await click("paper-show");
    expect((await hook("token-order")).dataset["status"]).toBe("submitted");
  });

  it("stand though the document did not arrive, which is handed in from the list", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await fireEvent.click(await hook("way-purchase_order"));
    await click("buy-pay");
    await write("paper-number", "PO-8");
    await fireEvent.change(await hook("document-chooser"), { target: { files: [new File(["x"], "notes.txt", { type: "text/plain" })] } });
    await waitFor(async () => expect((await hook("failure")).textContent).toContain("neither PDF"));
    const document = new File(["%PDF"], "order.pdf", { type: "application/pdf" });
    await fireEvent.change(await hook("document-chooser"), { target: { files: [document] } });
    await waitFor(async () => expect((await hook("document-choose")).textContent).toContain("order.pdf"));
    host.fail("token_order.document", { code: "server.unreachable" });
    await click("paper-send");
    expect((await hook("paper-placed")).textContent).toContain("did not arrive");
    await click("paper-show");
    await click("order-document");
    await fireEvent.change(await hook("document-chooser"), { target: { files: [document] } });
    await waitFor(() => expect(host.bills.orders[0]?.document).toBe("order.pdf"));
    await click("order-cancel");
    await waitFor(async () => expect((await hook("token-order")).dataset["status"]).toBe("canceled"));
  });

  it("are billed, and the bill is saved and seen to be paid", async () => {
    const { host } = await open({}, "#/wallet/buy");
    await fireEvent.click(await hook("way-invoice"));
    await click("buy-pay");
    await write("paper-name", "Analytical Engine Co.");
    await click("paper-send");
    await hook("paper-placed");
    await click("paper-show");
    expect((await hook("bill-row")).dataset["open"]).toBe("3213");
    await click("bill-pdf");
    await waitFor(() => expect(host.saved.map(({ name }) => name)).toEqual(["INV-2026-00041.pdf"]));
    host.bills.pay(host.bills.bills[0]!);
    await fireEvent.focus(window);
    await waitFor(async () => expect((await hook("bill-row")).dataset["status"]).toBe("paid"));
  });

  it("are the only way where the vendor takes no cards", async () => {
    await open({ balance: 20 }, `#/product/${GIMP}`, (host) => void (host.sales.methods = ["invoice"]));
    await click("main-action");
    expect((await hook("short-unsold")).textContent).toContain("takes no cards");
    await fireEvent.click((await hook("short-unsold")).querySelector("a")!);
    await waitFor(async () => expect((await hook("buy-pay")).textContent).toContain("Order for"));
  });

  it("say when a bill is overdue, and why an order was refused", async () => {
    await open({}, "#/wallet/bills", alive);
    await waitFor(async () => expect((await hook("bills")).textContent).toContain("Overdue"));
    expect((await hook("token-orders")).textContent).toContain("We need a purchase order that is signed.");
  });
});

describe("what was bought", () => {
  it("is taken back for what was shown, and leaves the library", async () => {
    const { host } = await open({}, `#/product/${GIMP}`);
    await click("main-action");
    await click("confirm-pay");
    await waitFor(() => expect(host.licenses.has(GIMP)).toBe(true));
    await fireEvent.click(await hook("nav-wallet"));
    await fireEvent.click(await hook("wallet-purchases"));
    await click(`take-back-${GIMP}`);
    await waitFor(async () => expect((await hook("take-back-tokens")).dataset["tokens"]).toBe("110"));
    await click("take-back-confirm");
    await waitFor(async () => expect((await hook(`past-${GIMP}`)).dataset["back"]).toBe("110"));
    expect(asked(host, "orders.refund")).toMatchObject([{ product: GIMP, at_least: 110 }]);
    await waitFor(async () => expect((await hook("balance")).dataset["balance"]).toBe("500"));
    expect(maybe(`take-back-${GIMP}`)).toBeNull();
  });

  it("stays where the rules say so, and tells why", async () => {
    await open({}, "#/wallet/purchases", alive);
    await click("take-back-org.inkscape.Inkscape");
    await waitFor(async () => expect((await hook("failure")).textContent).toContain("too long ago"));
    expect(maybe("take-back-confirm")).toBeNull();
  });
});

describe("a wallet that runs low", () => {
  it("is told below what the person chose, until that is hidden or changed", async () => {
    const { host } = await open({ balance: 40 }, "#/wallet");
    expect(maybe("runs-low")).toBeNull();
    await click("alert-open");
    await write("alert-below", "60");
    await click("alert-save");
    await hook("runs-low");
    expect(host.sharing.alert).toBe(60);
    await click("low-hide");
    expect(maybe("runs-low")).toBeNull();
    await click("alert-open");
    await click("alert-stop");
    await waitFor(() => expect(host.sharing.alert).toBeNull());
  });

  it("says which tokens run out within a week", async () => {
    await open({}, "#/browse", alive);
    expect((await hook("runs-out-soon")).textContent).toContain("80 tokens run out");
  });
});
