// Tokens on paper, as an invented vendor sells them: orders wait for an operator, bills are paid later.

import type { InvoiceView, Money, TokenOrderPlaceArgs, TokenOrderView } from "..";
import type { FakeHost, Table } from "./fake";
import { EMPTY_PDF, refuse } from "./rules";

export type BillCommand = "token_order.place" | "token_order.document" | "token_order.cancel" | "token_orders.view" | "invoices.view" | "invoice.pdf";

const DAY_MS = 86_400_000;

export class Bills {
  orders: TokenOrderView[] = [];
  bills: InvoiceView[] = [];
  readonly #host: FakeHost;
  readonly #done = new Map<string, TokenOrderView>();
  #number = 40;

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, BillCommand> {
    return {
      "token_order.place": (args) => {
        this.#host.needServer();
        this.#host.needAccount();
        const known = this.#done.get(args.command);
        if (known) return known;
        const placed = this.#place(args);
        this.#done.set(args.command, placed);
        return placed;
      },
      "token_order.document": ({ order, name }) => Object.assign(this.#waiting(order), { document: name }),
      "token_order.cancel": ({ order }) => Object.assign(this.#waiting(order), { status: "canceled", purchase_status: "canceled" }),
      "token_orders.view": () => ({ items: this.orders, next_cursor: null }),
      "invoices.view": () => ({ items: this.bills, next_cursor: null }),
      "invoice.pdf": ({ invoice }) => (this.bills.some(({ id }) => id === invoice) ? { pdf: EMPTY_PDF } : refuse("invoice.not_found", "there is no such bill")),
    };
  }

  /** The vendor says yes: the order is billed. */
  approve(order: TokenOrderView): void {
    Object.assign(order, { status: "approved", invoice: this.#bill(order, 0).id });
  }

  /** The vendor gets the money of a bill. */
  pay(bill: InvoiceView): void {
    Object.assign(bill, { paid: bill.gross, open: { ...bill.open, minor: 0 }, status: "paid" });
    const order = this.orders.find(({ invoice }) => invoice === bill.id);
    if (order) order.purchase_status = "issued";
  }

  /** A person whose company pays on paper. */
  liveAWhile(): void {
    const past = (days: number, change: Partial<TokenOrderPlaceArgs>): TokenOrderView => {
      const order = this.#place({ currency: "EUR", tokens: null, pack: "large", method: "purchase_order", expected_total: null, number: "", note: "", bill_to: { name: "Analytical Engine Co.", address: "12 St James's Square", tax_number: "" }, command: "", ...change });
      order.created_at = this.#at(-days * DAY_MS);
      return order;
    };
    const paid = past(35, { method: "bank_transfer" });
    const bill = this.#bill(paid, -35);
    this.pay(Object.assign(bill, {}));
    Object.assign(paid, { status: "approved", invoice: bill.id, purchase_status: "issued" });
    const late = past(44, { method: "invoice", pack: "medium" });
    Object.assign(late, { status: "approved", invoice: this.#bill(late, -44).id });
    const refused = past(12, { number: "PO-2026-0417", pack: "studio" });
    Object.assign(refused, { status: "rejected", why: "We need a purchase order that is signed.", purchase_status: "canceled" });
    past(1, { number: "PO-2026-0431" }).document = "purchase-order-0431.pdf";
  }

  #place({ currency, tokens, pack, method, expected_total, number }: TokenOrderPlaceArgs): TokenOrderView {
    const quote = this.#host.sales.quote({ currency, tokens, pack });
    if (expected_total && expected_total.minor !== quote.total.minor) refuse("price.changed", "the price of tokens changed", ["Look at the new price and confirm again; nothing was ordered."]);
    const order: TokenOrderView = { id: crypto.randomUUID(), quote, method, status: "submitted", purchase_status: "open", number, document: null, why: "", invoice: null, created_at: this.#at(0) };
    this.orders.unshift(order);
    if (method === "bank_transfer" || method === "invoice") this.approve(order);
    return order;
  }

  #bill({ id, quote, number }: TokenOrderView, days: number): InvoiceView {
    const none: Money = { ...quote.total, minor: 0 };
    const seq = String((this.#number += 1)).padStart(5, "0");
    const line = { text: `${quote.tokens} tokens${number === "" ? "" : `, ${number}`}`, net: quote.net, tax_permille: quote.tax_permille, tax_name: quote.tax_name, tax: quote.tax };
    const bill: InvoiceView = { id: crypto.randomUUID(), kind: "invoice", number: `INV-2026-${seq}`, reference: `RF18INV2026${seq}`, purchase: id, lines: [line], gross: quote.total, paid: none, credited: none, open: quote.total, status: "open", issued_at: this.#at(days * DAY_MS), due_at: this.#at((days + 30) * DAY_MS) };
    this.bills = [bill, ...this.bills.filter(({ purchase }) => purchase !== id)];
    return bill;
  }

  #waiting(id: string): TokenOrderView {
    const found = this.orders.find((one) => one.id === id) ?? refuse("purchase_order.not_found", "there is no such order");
    if (found.status !== "submitted") refuse("billing.state_wrong", "the order waits no more");
    return found;
  }

  #at(later: number): string {
    return new Date(this.#host.options.now() + later).toISOString();
  }
}
