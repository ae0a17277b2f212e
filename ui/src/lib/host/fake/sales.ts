// Tokens for money and for vouchers, as an invented vendor sells them.

import type { Money, PurchaseMethod, Shortfall, TokenPriceList, TokenPurchase, TokenQuote, TokenQuoteArgs } from "..";
import type { FakeHost, Table } from "./fake";
import { refuse } from "./rules";

export type SaleCommand = "tokens.prices" | "tokens.quote" | "tokens.shortfall" | "tokens.buy" | "tokens.purchases" | "tokens.purchase" | "tokens.cancel";

const HOUR_MS = 3_600_000;
const PER_PAGE = 20;

const LISTS: readonly TokenPriceList[] = [
  {
    id: "0193b1d0-0000-7000-8000-000000000001",
    currency: "EUR",
    effective_from: "2026-01-01T00:00:00Z",
    effective_until: null,
    terms: {
      price_minor: 12,
      per_tokens: 1,
      tokens_min: 10,
      tokens_max: 100_000,
      tiers: [{ from: 500, discount_permille: 50 }, { from: 5_000, discount_permille: 100 }],
      packs: [{ id: "small", tokens: 100, price_minor: 1_150 }, { id: "medium", tokens: 250, price_minor: 2_700 }, { id: "large", tokens: 1_000, price_minor: 9_900 }, { id: "studio", tokens: 5_000, price_minor: 45_000 }],
      tax_permille: 190,
      tax_name: "VAT 19 %",
    },
  },
  {
    id: "0193b1d0-0000-7000-8000-000000000002",
    currency: "USD",
    effective_from: "2026-01-01T00:00:00Z",
    effective_until: null,
    terms: { price_minor: 13, per_tokens: 1, tokens_min: 10, tokens_max: 100_000, tiers: [], packs: [{ id: "small", tokens: 100, price_minor: 1_250 }, { id: "large", tokens: 1_000, price_minor: 11_000 }], tax_permille: 0, tax_name: "" },
  },
];

export class Sales {
  /** Whether the vendor sells tokens. */
  sold = true;
  /** How it takes money. */
  methods: PurchaseMethod[] = ["card", "invoice", "purchase_order", "bank_transfer"];
  /** How long an invented person takes to pay in the browser; null where nobody ever does. */
  payMs: number | null = null;
  purchases: TokenPurchase[] = [];
  readonly #host: FakeHost;
  readonly #commands = new Map<string, string>();

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, SaleCommand> {
    return {
      "tokens.prices": () => {
        this.#host.needServer();
        return this.sold ? { lists: [...LISTS], methods: [...this.methods] } : { lists: [], methods: [] };
      },
      "tokens.quote": (args) => this.quote(args),
      "tokens.shortfall": ({ missing, currency }): Shortfall => {
        const { terms } = this.#list(currency);
        const exact = this.quote({ currency, tokens: Math.max(missing, terms.tokens_min) });
        const packs = terms.packs.filter(({ tokens }) => tokens >= missing).map(({ id }) => this.quote({ currency, pack: id }));
        packs.sort((a, b) => a.total.minor - b.total.minor);
        return { missing, exact, pack: packs[0] ?? null };
      },
      "tokens.buy": ({ command, currency, tokens, pack, expected_total, cart }) => {
        this.#host.needAccount();
        const known = this.#commands.get(command);
        if (known) return this.#purchase(known);
        const quote = this.quote({ currency, tokens: tokens ?? null, pack: pack ?? null });
        if (expected_total && expected_total.minor !== quote.total.minor) refuse("price.changed", "the price of tokens changed", ["Look at the new price and confirm again; nothing was charged."]);
        const now = this.#host.options.now();
        const at = new Date(now).toISOString();
        const purchase: TokenPurchase = {
          id: crypto.randomUUID(),
          quote,
          method: "card",
          status: "open",
          reference: "",
          pay_url: "https://pay.example.org/checkout",
          failure: null,
          created_at: at,
          expires_at: new Date(now + HOUR_MS).toISOString(),
          paid_at: null,
          issued_at: null,
          reversed: 0,
          returned: { minor: 0, currency },
          cart: cart ? { items: cart.items, total: cart.expected_total, until: new Date(now + 2 * HOUR_MS).toISOString() } : null,
        };
        this.#commands.set(command, purchase.id);
        this.purchases.unshift(purchase);
        if (this.payMs !== null) setTimeout(() => this.pay(purchase.id), this.payMs);
        return purchase;
      },
      "tokens.purchases": ({ cursor }) => {
        this.#host.needAccount();
        const from = Number(cursor ?? 0);
        const items = this.purchases.slice(from, from + PER_PAGE).map((one) => ({ ...one, cart: null }));
        return { items, next_cursor: from + PER_PAGE < this.purchases.length ? String(from + PER_PAGE) : null };
      },
      "tokens.purchase": ({ purchase }) => this.#purchase(purchase),
      "tokens.cancel": ({ purchase }) => {
        const own = this.#purchase(purchase);
        if (own.status === "open") Object.assign(own, { status: "canceled", pay_url: null });
        return own;
      },
    };
  }

  /** The person pays in the browser: the tokens come. */
  pay(id: string): void {
    const own = this.#purchase(id);
    if (own.status !== "open") return;
    const at = new Date(this.#host.options.now()).toISOString();
    Object.assign(own, { status: "issued", pay_url: null, paid_at: at, issued_at: at });
    this.#host.changeBalance(own.quote.tokens, "purchase", "Tokens by card");
    this.#host.tellSession();
  }

  /** The bank refuses a card: the page stays open. */
  decline(id: string, why: string): void {
    this.#purchase(id).failure = why;
  }

  /** The price that a purchase keeps. */
  kept(id: string | null | undefined): number | null {
    return this.purchases.find((one) => one.id === id && one.status === "issued")?.cart?.total ?? null;
  }

  /** A person who bought before. */
  liveAWhile(now: number): void {
    const past = (days: number, pack: string, change: Partial<TokenPurchase>): void => {
      const at = new Date(now - days * 24 * HOUR_MS).toISOString();
      const quote = this.quote({ currency: "EUR", pack });
      this.purchases.push({ id: crypto.randomUUID(), quote, method: "card", status: "issued", reference: "", pay_url: null, failure: null, created_at: at, expires_at: null, paid_at: at, issued_at: at, reversed: 0, returned: { minor: 0, currency: "EUR" }, cart: null, ...change });
    };
    past(9, "medium", {});
    past(34, "small", { status: "canceled", paid_at: null, issued_at: null });
    past(35, "large", { method: "bank_transfer", reference: "INV-2026-00041" });
    past(120, "small", { status: "refunded", reversed: 100, returned: { minor: 1369, currency: "EUR" } });
  }

  #list(currency: string): TokenPriceList {
    return LISTS.find((list) => list.currency === currency) ?? refuse("tokens.not_sold", `tokens are not sold in ${currency}`);
  }

  #purchase(id: string): TokenPurchase {
    return this.purchases.find((one) => one.id === id) ?? refuse("purchase.not_found", "there is no such purchase");
  }

  /** What some tokens cost. */
  quote({ currency, tokens, pack }: TokenQuoteArgs): TokenQuote {
    const { id, terms } = this.#list(currency);
    const found = terms.packs.find((one) => one.id === pack);
    const amount = found?.tokens ?? tokens ?? 0;
    if (amount < terms.tokens_min || amount > terms.tokens_max) refuse("tokens.amount_refused", `between ${terms.tokens_min} and ${terms.tokens_max} tokens are sold at once`);
    const gross = Math.round((amount * terms.price_minor) / terms.per_tokens);
    const off = terms.tiers.filter(({ from }) => from <= amount).at(-1)?.discount_permille ?? 0;
    const net = found?.price_minor ?? Math.round((gross * (1000 - off)) / 1000);
    const tax = Math.round((net * terms.tax_permille) / 1000);
    const of = (minor: number): Money => ({ minor, currency });
    return { list: id, tokens: amount, pack: found?.id ?? null, gross: of(gross), discount: of(gross - net), net: of(net), tax_name: terms.tax_name, tax_permille: terms.tax_permille, tax: of(tax), total: of(net + tax) };
  }
}
