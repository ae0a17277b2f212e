// Words for people. Components hold none themselves: they ask for them by key.

import en from "../i18n/en.json";

export type WordKey = keyof typeof en.ui;
export type UnitKey = keyof typeof en.plurals;

const LOCALE = "en";
const plurals = new Intl.PluralRules(LOCALE);
const together = new Intl.ListFormat(LOCALE, { type: "conjunction" });
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

/** The words of a key, with `{name}` replaced by the parameter of that name. */
export function t(key: WordKey, params: Record<string, string | number> = {}): string {
  return fill(en.ui[key], params);
}

/** A number with its unit: `1 day`, `2,000 tokens`. */
export function count(unit: UnitKey, n: number): string {
  const forms = en.plurals[unit];
  return fill(plurals.select(n) === "one" ? forms.one : forms.other, { n: whole.format(n) });
}

/** A whole number with separators: `12,345`. */
export function number(n: number): string {
  return whole.format(n);
}

/** Names in a row: `GIMP, Krita, and Inkscape`. */
export function list(names: readonly string[]): string {
  return together.format(names);
}

/** What people call a category of the freedesktop menu specification; an unknown one is split into words. */
export function category(id: string): string {
  const known: Record<string, string> = en.categories;
  return known[id] ?? id.replace(/([a-z])([A-Z])/g, "$1 $2");
}

function fill(words: string, params: Record<string, string | number>): string {
  return words.replace(/\{(\w+)\}/g, (all, name: string) => String(params[name] ?? all));
}
