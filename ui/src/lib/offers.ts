// The ways to get a product, and the one main button: what it will do and what it costs, in words.

import { explain } from "./errors";
import { allowance, allows, bytes, credit, isCombined, limits, purchasePrice, stateAt, tokens } from "./format";
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

export type Act = { kind: "pay"; choice: Choice } | { kind: "acquire"; update: boolean } | { kind: "launch" } | { kind: "resume" } | { kind: "none" };

export interface MainAction {
  label: string;
  detail: string;
  act: Act;
}

/** An earlier version that the person has: what was paid for it counts toward this one. */
export interface Earlier {
  name: string;
  equity: number;
}

/** Every way to pay for a product now: buying and renting, or extending and owning what is rented. A trial that is paid for
 * begins anew, so it is offered like nothing that one has. */
export function choicesOf(product: string, offers: Offers, license: LicenseView | null, now: number, earlier: Earlier | null = null): Choice[] {
  if (license?.hold) return [];
  if (!license || license.trial) {
    const fresh = license && offers.length === 0 ? license.terms.offers : offers;
    return [...upgrade(product, fresh, license ? null : earlier), ...purchase(product, fresh), ...rentals(fresh).map((rental) => rent(product, rental, null, fresh))];
  }
  if (license.kind === "perpetual") return [];
  const runs = allows(license, now) || stateAt(license, now) === "paused";
  const promised = rentals(license.terms.offers).filter((rental) => !runs || fits(rental, license));
  return [...promised.map((rental) => (runs ? extend(product, rental, license) : rent(product, rental, license, license.terms.offers))), ...convert(product, license)];
}

/** The main button of a product's page. `launches` tells whether the program can be started from here. */
export function mainAction({ plan, license, authorized }: ProductView, choice: Choice | null, launches: boolean, now: number): MainAction {
  if (license?.hold) return { label: t(`license.${license.hold.kind}`), detail: license.hold.reason, act: { kind: "none" } };
  if (license && allows(license, now)) return licensedAction(plan, authorized, launches);
  if (license?.paused_at != null) return { label: t("action.resume"), detail: t("license.paused_why"), act: { kind: "resume" } };
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
  const offer = offers.find((one) => one.kind === "purchase");
  if (!offer) return [];
  const { id, price } = offer;
  return [{ id, item: { product, intent: "buy" }, title: t("offer.buy"), detail: t("offer.buy_detail"), price, label: t("action.buy", { price: tokens(price) }) }];
}

function upgrade(product: string, offers: Offers, earlier: Earlier | null): Choice[] {
  const whole = purchasePrice(offers);
  if (earlier === null || whole === null) return [];
  const price = Math.max(0, whole - earlier.equity);
  return [
    {
      id: "upgrade",
      item: { product, intent: "upgrade" },
      title: t("offer.upgrade", { name: earlier.name }),
      detail: t("offer.upgrade_detail", { paid: tokens(earlier.equity), name: earlier.name }),
      price,
      label: t("action.upgrade", { price: tokens(price) }),
    },
  ];
}

/** The free trial among some offers, for somebody who has no license. */
export function trialOf(offers: Offers, license: LicenseView | null): Extract<Offers[number], { kind: "trial" }> | null {
  return license ? null : (offers.find((offer) => offer.kind === "trial") ?? null);
}

function rent(product: string, rental: RentalOffer, license: LicenseView | null, offers: Offers): Choice {
  const own = ownsNow(rental, license);
  const what = allowance(rental.allowance);
  const duration = limits(rental.allowance).seconds != null;
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
  const counts = creditWords(rental, offers);
  return isCombined(rental.allowance) ? t("offer.whichever", { counts }) : counts;
}

function creditWords(rental: RentalOffer, offers: Offers): string {
  const part = credit(rental);
  if (part === 0 || purchasePrice(offers) === null) return t("offer.no_credit");
  return part === rental.price ? t("offer.credit_all") : t("offer.credit", { part, price: tokens(rental.price) });
}

function rentals(offers: Offers): RentalOffer[] {
  return offers.filter((offer) => offer.kind === "rental");
}

/** Whether a rental can be extended by an offer: both run by the same units. */
function fits({ allowance: added }: RentalOffer, { remaining }: LicenseView): boolean {
  const more = limits(added);
  const { ends_at, uses, processings } = remaining;
  if (ends_at == null && uses == null && processings == null) return true;
  return (ends_at == null) === (more.seconds == null) && (uses == null) === (more.uses == null) && (processings == null) === (more.processings == null);
}

/** The choice that a page starts with: buying, or the first there is. For a rental, what was paid last. */
export function firstChoice(choices: readonly Choice[], license: LicenseView | null, now: number): Choice | null {
  if (license && stateAt(license, now) !== "owned") {
    return choices.find(({ id }) => id === license.last_offer) ?? choices[0] ?? null;
  }
  return choices[0] ?? null;
}
