// Amounts, sizes, times and what is left of a rental, as people read them. All pure: the clock is passed in.

import type { Allowance, LicenseState, LicenseView, Limits, Offer, Policy, Remaining, RentalOffer, Timestamp } from "./host/bindings";
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

/** The limits of an allowance, one entry for each kind that it has. */
export function limits(added: Allowance): Limits {
  switch (added.kind) {
    case "duration":
      return { seconds: added.seconds };
    case "uses":
      return { uses: added.count };
    case "processings":
      return { processings: added.count };
    case "combined":
      return { seconds: added.seconds ?? null, uses: added.uses ?? null, processings: added.processings ?? null };
  }
}

/** What one rental payment adds: `7 days`, `30 uses`, `30 days or 100 uses`. */
export function allowance(added: Allowance): string {
  const { seconds, uses, processings } = limits(added);
  const parts = [seconds == null ? null : duration(seconds), uses == null ? null : count("use", uses), processings == null ? null : count("processing", processings)];
  return alternatives(parts.filter((part) => part !== null));
}

/** Whether the earliest of several limits ends it. */
export function isCombined(added: Allowance): boolean {
  return Object.values(limits(added)).filter((limit) => limit != null).length > 1;
}

/** Seconds in the largest unit that divides them: `3 days`, `12 hours`, `90 minutes`. */
export function duration(seconds: number): string {
  const scales: [number, UnitKey][] = [[YEAR_S, "year"], [DAY_S, "day"], [HOUR_S, "hour"], [MINUTE_S, "minute"]];
  const [size, unit] = scales.find(([scale]) => seconds % scale === 0) ?? [1, "second"];
  return count(unit, seconds / size);
}

/** `a`, `a or b`, `a, b or c`. */
function alternatives(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : t("list.or", { first: parts.slice(0, -1).join(", "), last });
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
  if (license.hold) return license.hold.kind;
  if (license.kind === "perpetual") return "owned";
  const { ends_at, uses, processings } = license.remaining;
  if (uses === 0 || processings === 0) return "exhausted";
  if (license.paused_at != null) return "paused";
  if (ends_at == null || Date.parse(ends_at) > now) return "active";
  // What was ended early has no grace, which only the answer's own state tells.
  return license.state !== "expired" && graceEnd(license) > now ? "grace" : "expired";
}

/** When the grace ends, in milliseconds since 1970; zero for a license without an end. */
export function graceEnd(license: LicenseView): number {
  const { ends_at } = license.remaining;
  return ends_at == null ? 0 : Date.parse(ends_at) + (lastRental(license)?.grace_seconds ?? 0) * 1000;
}

/** Whether the program may run at `now`. */
export function allows(license: LicenseView, now: number): boolean {
  return ["owned", "active", "grace"].includes(stateAt(license, now));
}

/** One limit of a rental, and how much of it is left. */
export interface Limit {
  kind: "time" | "uses" | "processings";
  /** `6 days 3 h left`, `9 of 30 uses left`. */
  words: string;
  /** `6 days 3 h`, `9 uses`. */
  amount: string;
  /** The part that is left, 0 to 1. */
  part: number;
}

/** Every limit of a rental at `now`. `left` is what this computer counted itself, which is newer than the license. */
export function limitsOf(license: LicenseView, now: number, left: Remaining = license.remaining): Limit[] {
  if (license.kind === "perpetual") return [];
  const whole = paidFor(license);
  const found: Limit[] = [];
  const end = left.ends_at ?? license.remaining.ends_at;
  if (end != null) {
    const ms = Math.max(0, Date.parse(end) - (license.paused_at == null ? now : Date.parse(license.paused_at)));
    found.push({ kind: "time", amount: span(ms), words: t("license.left", { what: span(ms) }), part: partOf(ms, (whole.seconds ?? 0) * 1000) });
  }
  for (const kind of ["uses", "processings"] as const) {
    const here = left[kind] ?? license.remaining[kind];
    if (here == null) continue;
    const unit: UnitKey = kind === "uses" ? "use" : "processing";
    const all = whole[kind] ?? 0;
    const amount = count(unit, here);
    const words = all > 0 && all >= here ? t("license.left_of", { left: number(here), all: count(unit, all) }) : t("license.left", { what: amount });
    found.push({ kind, amount, words, part: partOf(here, all) });
  }
  return found;
}

function partOf(left: number, whole: number): number {
  const all = Math.max(left, whole);
  return all === 0 ? 0 : left / all;
}

/** What the last payment, or the trial, gave in all. */
function paidFor(license: LicenseView): Limits {
  const trial = license.trial ? license.terms.offers.find((offer) => offer.kind === "trial") : undefined;
  const added = trial?.allowance ?? lastRental(license)?.allowance;
  return added ? limits(added) : {};
}

/** What is left: `6 days 3 h left`, `9 of 30 uses left`, `ended 2 h ago`, `Yours for good`. */
export function left(license: LicenseView, now: number, here: Remaining = license.remaining): string {
  const { ends_at } = license.remaining;
  switch (stateAt(license, now)) {
    case "owned":
      return t("license.owned_long");
    case "suspended":
      return t("license.suspended_long");
    case "revoked":
      return t("license.revoked_long");
    case "expired":
      return t("license.ended", { when: ends_at == null ? "" : ago(ends_at, now) });
    case "grace":
      return t("license.grace_left", { what: span(graceEnd(license) - now) });
    case "exhausted":
      return t("license.none_left");
    case "paused":
      return t("license.paused_left", { what: alternatives(limitsOf(license, now, here).map(({ amount }) => amount)) });
    case "active": {
      const all = limitsOf(license, now, here);
      if (all.length === 0) return t("license.none_left");
      return all.length === 1 ? all[0]!.words : t("license.left", { what: alternatives(all.map(({ amount }) => amount)) });
    }
  }
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

const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

/** A day of a report, `2026-11-22`, as `Nov 22`. */
export function day(name: string): string {
  return DAY.format(new Date(`${name}T00:00:00Z`));
}

/** `Nov 22, 2026, 14:05`. */
export function dateTime(instant: Timestamp): string {
  return DATE_TIME.format(new Date(instant));
}

const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `19:46` on the day of `now`, `Nov 22, 2026, 19:46` on another. */
export function moment(instant: Timestamp, now: number): string {
  return date(instant) === DATE.format(now) ? TIME.format(new Date(instant)) : dateTime(instant);
}

/** The small print of a rental offer, a sentence each: what holds beyond price and allowance. */
export function smallPrint(rental: RentalOffer): string[] {
  const { grace_seconds = 0, refund_permille = 0, pause, lease_seconds } = rental;
  const lines: string[] = [];
  if (isCombined(rental.allowance)) lines.push(t("rules.combined"));
  if (grace_seconds > 0) lines.push(t("rules.grace", { span: duration(grace_seconds) }));
  lines.push(refund_permille > 0 ? t("rules.refund", { percent: permille(refund_permille) }) : t("rules.no_refund"));
  if (pause) lines.push(t("rules.pause", { times: count("time", pause.max_pauses), span: duration(pause.max_seconds) }));
  if (lease_seconds != null) lines.push(t("rules.lease", { span: duration(lease_seconds) }));
  return lines;
}

/** What holds for every license of a product, a sentence each. */
export function policyPrint({ seats, transferable }: Policy): string[] {
  return [t("rules.seats", { all: count("computer", seats) }), ...(transferable ? [t("rules.transferable")] : [])];
}

/** Thousandths as a percentage: `80 %`, `12.5 %`. */
export function permille(part: number): string {
  return `${part / 10} %`;
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
