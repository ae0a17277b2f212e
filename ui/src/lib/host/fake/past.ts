// What was paid for, and taking it back: within two weeks, the whole of a purchase and half of a rental.

import type { Order, OrderView } from "..";
import type { FakeHost, Table } from "./fake";
import { refuse } from "./rules";

export type PastCommand = "orders.view" | "orders.refund_quote" | "orders.refund";

const WINDOW_MS = 14 * 86_400_000;
const PER_PAGE = 20;

export class Past {
  orders: OrderView[] = [];
  readonly #host: FakeHost;

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, PastCommand> {
    return {
      "orders.view": ({ cursor }) => {
        this.#host.needServer();
        this.#host.needAccount();
        const from = Number(cursor ?? 0);
        const more = from + PER_PAGE < this.orders.length;
        return { items: this.orders.slice(from, from + PER_PAGE), next_cursor: more ? String(from + PER_PAGE) : null };
      },
      "orders.refund_quote": ({ order, product }) => ({ tokens: this.#worth(order, product) }),
      "orders.refund": ({ order, product, at_least }) => {
        const tokens = this.#worth(order, product);
        if (tokens < at_least) refuse("price.changed", `${tokens} tokens come back now`);
        const own = this.orders.find(({ id }) => id === order);
        own?.refunds.push({ product, tokens, at: new Date(this.#host.options.now()).toISOString() });
        this.#host.licenses.delete(product);
        this.#host.authorized.delete(product);
        this.#host.changeBalance(tokens, "refund", this.#host.stocked(product).product.name);
        this.#host.tell({ kind: "library_changed" });
        return { tokens, balance_after: this.#host.needAccount().balance };
      },
    };
  }

  /** Notes an order that was paid. */
  note({ id, created_at, lines, total }: Order): void {
    this.orders.unshift({ id, created_at, lines, total, refunds: [] });
  }

  /** The oldest orders are too old to be taken back. */
  liveAWhile(): void {
    const old = new Date(this.#host.options.now() - 3 * WINDOW_MS).toISOString();
    for (const order of this.orders.slice(-2)) order.created_at = old;
  }

  #worth(id: string, product: string): number {
    this.#host.needServer();
    const order = this.orders.find((one) => one.id === id) ?? refuse("order.not_found", "there is no such order");
    const line = order.lines.find((one) => one.product === product) ?? refuse("refund.refused", "it is not in that order");
    if (order.refunds.some((one) => one.product === product)) refuse("refund.refused", "it was taken back already");
    if (this.#host.options.now() - Date.parse(order.created_at) > WINDOW_MS) refuse("refund.refused", "it was paid too long ago");
    return line.owned_after ? line.charge : Math.floor(line.charge / 2);
  }
}
