// How the code of a voucher is written. Whether it is right is for the vendor to say.

/** Symbols of a whole code, without the dashes. */
export const VOUCHER_SYMBOLS = 20;
const GROUP = 5;

/** The letters and digits of a code; those that people confuse are read as what they stand for. */
export function codeSymbols(text: string): string {
  return text.toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1").slice(0, VOUCHER_SYMBOLS);
}

/** A code in groups of five: `7K3PA-09ZQX-…`. */
export function grouped(text: string): string {
  return codeSymbols(text).match(new RegExp(`.{1,${GROUP}}`, "g"))?.join("-") ?? "";
}
