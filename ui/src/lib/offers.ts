// The ways to get a product, and the one main button: what it will do and what it costs, in words.

import { explain } from "./errors";
import { allowance, allows, bytes, credit, purchasePrice, stateAt, tokens } from "./format";
import type { Failure, Item, LicenseView, Offers, Plan, ProductView, RentalOffer } from "./host";
import { t } from "./i18n";

export interface Choice {
  id: string;
  item: Item;
  title: string;
  detail: string;
  /** What it costs now, in tokens. */
  price: number;
  /** What the main button says when it is chosen. */
  label: string;
}

export type Act = { kind: "pay"; choice: Choice } | { kind: "acquire"; update: boolean } | { kind: "launch" } | { kind: "none" };

export interface MainAction {
  label: string;
  detail: string;
  act: Act;
}

/** Every way to pay for a product now: buying and renting, or extending and owning what is rented. */
export function choicesOf(product: string, offers: Offers, license: LicenseView | null, now: number): Choice[] {
  if (!license) return [...purchase(product, offers), ...rentals(offers).map((rental) => rent(product, rental, null, offers))];
  if (license.kind === "perpetual") return [];
  const runs = allows(license, now);
  const promised = rentals(license.terms.offers).filter((rental) => !runs || fits(rental, license));
  return [...promised.map((rental) => (runs ? extend(product, rental, license) : rent(product, rental, license, license.terms.offers))), ...convert(product, license)];
}

/** The main button of a product's page. `launches` tells whether the program can be started from here. */
export function mainAction({ plan, license, authorized }: ProductView, choice: Choice | null, launches: boolean, now: number): MainAction {
  if (license && allows(license, now)) return licensedAction(plan, authorized, launches);
  if (!choice) return { label: t("action.not_for_sale"), detail: t("action.not_for_sale_why"), act: { kind: "none" } };
  return { label: choice.label, detail: afterwards(plan), act: { kind: "pay", choice } };
}

/** What happens after a payment, in words: what is downloaded, and what not. */
export function afterwards(plan: Plan): string {
  if (plan.obstacle) return obstacle(plan.obstacle);
  switch (plan.action) {
    case "authorize":
      return t("action.code_only");
    case "update":
      return t("action.code_only_outdated", { version: plan.detection.version ?? "?" });
    case "install":
      return plan.download_bytes > 0 ? t("action.download", { size: bytes(plan.download_bytes) }) : t("action.already_downloaded");
  }
}

function licensedAction(plan: Plan, authorized: boolean, launches: boolean): MainAction {
  if (plan.action === "install") {
    const act: Act = plan.obstacle ? { kind: "none" } : { kind: "acquire", update: true };
    return { label: t("action.install"), detail: afterwards(plan), act };
  }
  if (!authorized) {
    const update = plan.action === "update" && !plan.obstacle;
    return update
      ? { label: t("action.update"), detail: updateDetail(plan), act: { kind: "acquire", update: true } }
      : { label: t("action.authorize"), detail: t("action.code_only"), act: { kind: "acquire", update: false } };
  }
  if (launches) return { label: t("action.launch"), detail: t("action.ready"), act: { kind: "launch" } };
  return { label: t("license.owned_long"), detail: t("action.ready"), act: { kind: "none" } };
}

/** What updating downloads, in words. */
export function updateDetail(plan: Plan): string {
  return t("action.download_update", { size: bytes(plan.download_bytes), version: plan.artifact?.version ?? "?" });
}

function obstacle(failure: Failure): string {
  return failure.code === "artifact.none_for_platform" ? t("action.no_file") : explain(failure).what;
}

function purchase(product: string, offers: Offers): Choice[] {
  const offer = offers.find(({ kind }) => kind === "purchase");
  if (!offer) return [];
  const { id, price } = offer;
  return [{ id, item: { product, intent: "buy" }, title: t("offer.buy"), detail: t("offer.buy_detail"), price, label: t("action.buy", { price: tokens(price) }) }];
}

function rent(product: string, rental: RentalOffer, license: LicenseView | null, offers: Offers): Choice {
  const own = ownsNow(rental, license);
  const what = allowance(rental.allowance);
  const duration = rental.allowance.kind === "duration";
  return {
    id: rental.id,
    item: { product, intent: "rent", offer: rental.id },
    title: t(duration ? "offer.rent" : "offer.rent_counted", { allowance: what }),
    detail: creditLine(rental, license, offers),
    price: own ?? rental.price,
    label: own === null ? t("action.rent", { allowance: what, price: tokens(rental.price) }) : t("action.convert", { price: tokens(own) }),
  };
}

function extend(product: string, rental: RentalOffer, license: LicenseView): Choice {
  const own = ownsNow(rental, license);
  const what = allowance(rental.allowance);
  return {
    id: rental.id,
    item: { product, intent: "extend", offer: rental.id },
    title: t("offer.extend", { allowance: what }),
    detail: creditLine(rental, license, license.terms.offers),
    price: own ?? rental.price,
    label: own === null ? t("action.extend_by", { allowance: what, price: tokens(rental.price) }) : t("action.convert", { price: tokens(own) }),
  };
}

function convert(product: string, license: LicenseView): Choice[] {
  const whole = purchasePrice(license.terms.offers);
  const price = license.price_to_own;
  if (whole === null || price === null) return [];
  const detail = t("offer.own_detail", { paid: license.equity, price: tokens(whole) });
  return [{ id: "own", item: { product, intent: "convert" }, title: t("offer.own"), detail, price, label: t("action.convert", { price: tokens(price) }) }];
}

/** What a payment costs that reaches ownership: the last one is capped, so that nobody pays over the price. */
function ownsNow(rental: RentalOffer, license: LicenseView | null): number | null {
  const toOwn = license?.price_to_own ?? null;
  return toOwn !== null && rental.credit_permille > 0 && toOwn <= rental.price ? toOwn : null;
}

function creditLine(rental: RentalOffer, license: LicenseView | null, offers: Offers): string {
  if (ownsNow(rental, license) !== null) return t("action.own_it_now");
  const part = credit(rental);
  if (part === 0 || purchasePrice(offers) === null) return t("offer.no_credit");
  return part === rental.price ? t("offer.credit_all") : t("offer.credit", { part, price: tokens(rental.price) });
}

function rentals(offers: Offers): RentalOffer[] {
  return offers.filter((offer) => offer.kind === "rental");
}

/** Whether a rental can be extended by an offer: both run by the same unit. */
function fits({ allowance: added }: RentalOffer, { remaining }: LicenseView): boolean {
  if (remaining.ends_at != null) return added.kind === "duration";
  if (remaining.uses != null) return added.kind === "uses";
  return remaining.processings == null || added.kind === "processings";
}

/** The choice that a page starts with: buying, or the first there is. For a rental, what was paid last. */
export function firstChoice(choices: readonly Choice[], license: LicenseView | null, now: number): Choice | null {
  if (license && stateAt(license, now) !== "owned") {
    return choices.find(({ id }) => id === license.last_offer) ?? choices[0] ?? null;
  }
  return choices[0] ?? null;
}
