// The rules of paying, as the server has them, for the invented host.

import type { Item, LicenseView, Offers, Product, Quote, QuoteLine, Remaining } from "../bindings";
import { Refusal } from "../host";

export interface Holdings {
  balance: number;
  licenses: ReadonlyMap<string, LicenseView>;
  products: ReadonlyMap<string, Product>;
  now: number;
}

export interface Settlement {
  quote: Quote;
  licenses: LicenseView[];
}

export function refuse(code: string, message: string, hints: string[] = [], quote?: Quote): never {
  throw new Refusal({ code, message, hints, quote: quote ?? null });
}

/** What `items` cost, and the licenses as they would be afterwards. */
export function settle(items: readonly Item[], holdings: Holdings): Settlement {
  if (items.length === 0) refuse("cart.empty", "the cart is empty");
  const planned = items.map((item) => settleLine(item, holdings));
  const total = planned.reduce((sum, { line }) => sum + line.charge, 0);
  const quote: Quote = {
    lines: planned.map(({ line }) => line),
    total,
    balance: holdings.balance,
    missing: Math.max(0, total - holdings.balance),
  };
  return { quote, licenses: planned.map(({ license }) => license) };
}

export function isOver(remaining: Remaining, now: number): boolean {
  return (remaining.ends_at != null && Date.parse(remaining.ends_at) <= now) || remaining.uses === 0 || remaining.processings === 0;
}

function settleLine(item: Item, { licenses, products, now }: Holdings): { line: QuoteLine; license: LicenseView } {
  const product = products.get(item.product) ?? refuse("product.not_found", `there is no product ${item.product} in the catalog`);
  const held = licenses.get(item.product);
  if (held?.kind === "perpetual") refuse("license.already_owned", `you own ${item.product} already`, ["Install it from your library; nothing is to be paid."]);
  if (item.intent === "rent" && held && !isOver(held.remaining, now)) {
    refuse("license.already_active", `your rental of ${item.product} is running already`, ["Extend the rental, or convert it into ownership."]);
  }
  if (!held && (item.intent === "extend" || item.intent === "convert")) refuse("license.not_found", `you have no license for ${item.product}`);
  const license = structuredClone(held ?? begin(product, now));
  const terms = license.terms.offers;
  const price = purchasePrice(terms);
  const toOwn = price === null ? null : price - license.equity;
  if (item.intent === "buy" || item.intent === "convert") {
    if (price === null || toOwn === null) refuse("license.not_convertible", `the rental of ${item.product} cannot be converted`);
    own(license, price);
    return { license, line: line(held ? "convert" : "buy", held ? null : "purchase", price, toOwn, license) };
  }
  const wanted = item.offer ?? license.last_offer;
  const offer = terms.find((o) => o.kind === "rental" && o.id === wanted);
  if (offer?.kind !== "rental") refuse("offer.not_found", `${item.product} has no offer "${wanted ?? ""}"`);
  if (toOwn !== null && toOwn <= offer.price && offer.credit_permille > 0) {
    own(license, price ?? 0);
    return { license, line: line(item.intent, offer.id, offer.price, toOwn, license) };
  }
  license.remaining = plus(license.remaining, offer.allowance, now);
  license.last_offer = offer.id;
  license.state = "active";
  license.revision += 1;
  if (price !== null) {
    license.equity += Math.floor((offer.price * offer.credit_permille) / 1000);
    license.price_to_own = price - license.equity;
  }
  return { license, line: line(item.intent, offer.id, offer.price, offer.price, license) };

  function line(intent: QuoteLine["intent"], offerId: string | null, list_price: number, charge: number, after: LicenseView): QuoteLine {
    return {
      product: item.product,
      intent,
      offer: offerId,
      list_price,
      charge,
      equity_after: after.equity,
      price_to_reach: price,
      owned_after: after.kind === "perpetual",
    };
  }
}

function begin(product: Product, now: number): LicenseView {
  const instant = new Date(now).toISOString();
  return {
    id: crypto.randomUUID(),
    product: product.id,
    kind: "rental",
    state: "active",
    remaining: {},
    equity: 0,
    price_to_own: purchasePrice(product.offers),
    last_offer: null,
    terms: { frozen_at: instant, offers: product.offers },
    started_at: instant,
    revision: 0,
  };
}

function own(license: LicenseView, price: number): void {
  license.kind = "perpetual";
  license.state = "owned";
  license.remaining = {};
  license.equity = price;
  license.price_to_own = 0;
  license.revision += 1;
}

function plus(remaining: Remaining, allowance: { kind: string; seconds?: number; count?: number }, now: number): Remaining {
  if (allowance.kind === "duration") {
    const from = Math.max(now, remaining.ends_at == null ? now : Date.parse(remaining.ends_at));
    return { ends_at: new Date(from + (allowance.seconds ?? 0) * 1000).toISOString() };
  }
  if (allowance.kind === "uses") return { uses: (remaining.uses ?? 0) + (allowance.count ?? 0) };
  return { processings: (remaining.processings ?? 0) + (allowance.count ?? 0) };
}

function purchasePrice(offers: Offers): number | null {
  return offers.find((offer) => offer.kind === "purchase")?.price ?? null;
}
