// The rules of paying, as the server has them, for the invented host.

import { limits, purchasePrice, stateAt } from "../../format";
import type { Allowance, Item, LicenseView, Product, Quote, QuoteLine, Remaining } from "../bindings";
import { Refusal } from "../host";

export interface Holdings {
  balance: number;
  licenses: ReadonlyMap<string, LicenseView>;
  products: ReadonlyMap<string, Product>;
  now: number;
}

/** A PDF file that says nothing, in base64. */
export const EMPTY_PDF = btoa("%PDF-1.7\n%%EOF\n");

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

function settleLine(item: Item, { licenses, products, now }: Holdings): { line: QuoteLine; license: LicenseView } {
  const product = products.get(item.product) ?? refuse("product.not_found", `there is no product ${item.product} in the catalog`);
  const held = licenses.get(item.product);
  if (held?.kind === "perpetual") refuse("license.already_owned", `you own ${item.product} already`, ["Install it from your library; nothing is to be paid."]);
  if (item.intent === "upgrade") return upgraded(item, product, { licenses, now });
  if (item.intent === "rent" && held && !held.trial && ["active", "grace", "paused"].includes(stateAt(held, now))) {
    refuse("license.already_active", `your rental of ${item.product} is running already`, ["Extend the rental, or convert it into ownership."]);
  }
  if (!held && (item.intent === "extend" || item.intent === "convert")) refuse("license.not_found", `you have no license for ${item.product}`);
  const license = held && !held.trial ? structuredClone(held) : begin(product, now);
  const terms = license.terms.offers;
  const price = purchasePrice(terms);
  const toOwn = price === null ? null : price - license.equity;
  if (item.intent === "buy" || item.intent === "convert") {
    if (price === null || toOwn === null) refuse("license.not_convertible", `the rental of ${item.product} cannot be converted`);
    own(license, price);
    return { license, line: line(held && !held.trial ? "convert" : "buy", held && !held.trial ? null : "purchase", price, toOwn, license) };
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
  license.paid += offer.price;
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

/** The earlier version's license becomes one of this product; what was paid for it counts. */
function upgraded(item: Item, product: Product, { licenses, now }: Pick<Holdings, "licenses" | "now">): { line: QuoteLine; license: LicenseView } {
  const earlier = licenses.get(product.policy.upgrade_from ?? "") ?? refuse("license.not_found", `you have no license that ${item.product} upgrades`);
  const price = purchasePrice(product.offers) ?? refuse("license.not_upgradable", `${item.product} cannot be bought`);
  const license = begin(product, now);
  const charge = Math.max(0, price - earlier.equity);
  own(license, price);
  license.paid = earlier.paid + charge;
  const line: QuoteLine = { product: item.product, intent: "upgrade", offer: null, list_price: price, charge, equity_after: price, price_to_reach: price, owned_after: true };
  return { line, license };
}

export function begin(product: Product, now: number): LicenseView {
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
    used: { uses: 0, processings: 0 },
    paid: 0,
    paused_at: null,
    pauses: 0,
    trial: false,
    renewal: null,
    hold: null,
    terms: { frozen_at: instant, offers: product.offers, policy: product.policy },
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

export function plus(remaining: Remaining, added: Allowance, now: number): Remaining {
  const { seconds, uses, processings } = limits(added);
  const from = Math.max(now, remaining.ends_at == null ? now : Date.parse(remaining.ends_at));
  return {
    ...(seconds == null ? {} : { ends_at: new Date(from + seconds * 1000).toISOString() }),
    ...(uses == null ? {} : { uses: (remaining.uses ?? 0) + uses }),
    ...(processings == null ? {} : { processings: (remaining.processings ?? 0) + processings }),
  };
}
