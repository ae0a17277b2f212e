// Amounts of money as people read them. They are whole numbers of a currency's smallest unit; only what is shown is a fraction.

import type { Money, TokenPack, TokenPriceTerms } from "./host";
import { number } from "./i18n";

const LOCALE = "en";
const formats = new Map<string, Intl.NumberFormat>();

/** `€29.75`, `¥3,000`, `BHD 1.500`. */
export function money({ minor, currency }: Money): string {
  const format = formatOf(currency);
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** What one token costs, with as many digits as that takes: `€0.12`, `€0.095`. */
export function priceOfOne({ price_minor, per_tokens }: TokenPriceTerms, currency: string): string {
  const digits = formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;
  const exact = price_minor / per_tokens / 10 ** digits;
  return new Intl.NumberFormat(LOCALE, { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits + 3 }).format(exact);
}

/** What a pack saves, in whole percent of the price of single tokens; 0 where it saves nothing. */
export function savingOf(pack: TokenPack, { price_minor, per_tokens }: TokenPriceTerms): number {
  const single = (pack.tokens * price_minor) / per_tokens;
  return Math.max(0, Math.floor((1 - pack.price_minor / single) * 100 + 1e-9));
}

/** A whole number of tokens as it was typed, or null where it is none: `1,200` and `1 200` are 1200. */
export function typedTokens(text: string): number | null {
  const plain = text.replace(/[\s,.'’]/g, "");
  if (!/^\d{1,12}$/.test(plain)) return null;
  return Number(plain);
}

/** `200 – 5,000`. */
export function range(from: number, to: number): string {
  return `${number(from)} – ${number(to)}`;
}

function formatOf(currency: string): Intl.NumberFormat {
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(LOCALE, { style: "currency", currency });
    formats.set(currency, format);
  }
  return format;
}
