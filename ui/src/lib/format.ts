// Amounts, sizes, times and what is left of a rental, as people read them. All pure: the clock is passed in.

import type { Allowance, LicenseState, LicenseView, Offer, RentalOffer, Timestamp } from "./host/bindings";
import { count, number, t, type UnitKey } from "./i18n";

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

/** `1 token`, `12,345 tokens`. */
export function tokens(amount: number): string {
  return count("token", amount);
}

/** `0 B`, `53 kB`, `1.2 MB`: SI units, as download sizes are usually given. */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  return `${digits} ${units[unit]}`;
}

/** What one rental payment adds: `7 days`, `30 uses`. */
export function allowance(added: Allowance): string {
  if (added.kind === "uses") return count("use", added.count);
  if (added.kind === "processings") return count("processing", added.count);
  const scales: [number, UnitKey][] = [[YEAR_S, "year"], [DAY_S, "day"], [HOUR_S, "hour"], [MINUTE_S, "minute"]];
  const [size, unit] = scales.find(([scale]) => added.seconds % scale === 0) ?? [1, "second"];
  return count(unit, added.seconds / size);
}

/** A time span in its two largest units: `6 days 3 h`, `2 h 5 min`, `45 s`. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= 2 * YEAR_S) return `${count("year", Math.floor(s / YEAR_S))}`;
  if (s >= DAY_S) return joined(count("day", Math.floor(s / DAY_S)), Math.floor((s % DAY_S) / HOUR_S), "h");
  if (s >= HOUR_S) return joined(`${Math.floor(s / HOUR_S)} h`, Math.floor((s % HOUR_S) / MINUTE_S), "min");
  if (s >= MINUTE_S) return joined(`${Math.floor(s / MINUTE_S)} min`, s % MINUTE_S, "s");
  return `${s} s`;
}

function joined(large: string, small: number, unit: string): string {
  return small === 0 ? large : `${large} ${small} ${unit}`;
}

/** What a license allows at `now`: a rental's time may have run out since the answer came. */
export function stateAt(license: LicenseView, now: number): LicenseState {
  if (license.kind === "perpetual") return "owned";
  const { ends_at, uses, processings } = license.remaining;
  if (ends_at != null && Date.parse(ends_at) <= now) return "expired";
  if (uses === 0 || processings === 0) return "exhausted";
  return "active";
}

/** Whether the program may run at `now`. */
export function allows(license: LicenseView, now: number): boolean {
  const state = stateAt(license, now);
  return state === "owned" || state === "active";
}

/** What is left: `6 days 3 h left`, `9 of 30 uses left`, `ended 2 h ago`, `Yours for good`. */
export function left(license: LicenseView, now: number): string {
  if (license.kind === "perpetual") return t("license.owned_long");
  const { ends_at, uses, processings } = license.remaining;
  if (ends_at != null) {
    const end = Date.parse(ends_at);
    return end > now ? t("license.left", { what: span(end - now) }) : t("license.ended", { when: ago(ends_at, now) });
  }
  const units = uses ?? processings;
  if (units == null) return t("license.none_left");
  const unit: UnitKey = uses != null ? "use" : "processing";
  const paid = lastRental(license)?.allowance;
  const whole = paid && paid.kind !== "duration" ? paid.count : 0;
  return whole >= units && whole > 0
    ? t("license.left_of", { left: number(units), all: count(unit, whole) })
    : t("license.left", { what: count(unit, units) });
}

/** The frozen offer of the last rental payment: what an extension repeats. */
export function lastRental(license: LicenseView): RentalOffer | null {
  const rentals = license.terms.offers.filter((offer) => offer.kind === "rental");
  return rentals.find((offer) => offer.id === license.last_offer) ?? null;
}

/** The price of buying among some offers. */
export function purchasePrice(offers: readonly Offer[]): number | null {
  return offers.find((offer) => offer.kind === "purchase")?.price ?? null;
}

/** The part of one payment that counts toward owning, in tokens, rounded down as the server does. */
export function credit(rental: RentalOffer): number {
  return Math.floor((rental.price * rental.credit_permille) / 1000);
}

/** `just now`, `5 min ago`, `3 h ago`, `6 d ago`, then a date. */
export function ago(instant: Timestamp, now: number): string {
  const s = Math.max(0, Math.floor((now - Date.parse(instant)) / 1000));
  if (s < 45) return t("when.just_now");
  if (s < 45 * MINUTE_S) return t("when.minutes_ago", { n: Math.max(1, Math.round(s / MINUTE_S)) });
  if (s < 22 * HOUR_S) return t("when.hours_ago", { n: Math.max(1, Math.round(s / HOUR_S)) });
  if (s < 8 * DAY_S) return t("when.days_ago", { n: Math.max(1, Math.round(s / DAY_S)) });
  return date(instant);
}

const DATE = new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric" });
const DATE_TIME = new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `Nov 22, 2026`. */
export function date(instant: Timestamp): string {
  return DATE.format(new Date(instant));
}

/** `Nov 22, 2026, 14:05`. */
export function dateTime(instant: Timestamp): string {
  return DATE_TIME.format(new Date(instant));
}

/** One or two letters that stand for a missing icon. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return (words.length === 1 ? [...(words[0] ?? "")].slice(0, 2).join("") : letters.join("")).toUpperCase() || "?";
}

/** A stable hue for a missing icon, 0 to 359. */
export function hue(text: string): number {
  let h = 0;
  for (let at = 0; at < text.length; at += 1) h = (h * 31 + text.charCodeAt(at)) % 360;
  return h;
}

/** An authorization code as a file holds it: 64 characters a line between two marks. */
export function armored(code: string): string {
  const lines = code.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN SCRIP AUTHORIZATION-----", ...lines, "-----END SCRIP AUTHORIZATION-----", ""].join("\n");
}
