// Spans of whole days of this computer's calendar.

export interface NamedSpan {
  name: "month" | "last_month" | "year";
  from: string;
  until: string;
}

/** The day of an instant, as `2026-11-22`. */
export function dayOf(now: number): string {
  const at = new Date(now);
  return [at.getFullYear(), String(at.getMonth() + 1).padStart(2, "0"), String(at.getDate()).padStart(2, "0")].join("-");
}

/** This month, the last one, and this year, each up to its last day or today. */
export function spansOf(now: number): NamedSpan[] {
  const at = new Date(now);
  const [year, month] = [at.getFullYear(), at.getMonth()];
  const day = (y: number, m: number, d: number): string => dayOf(new Date(y, m, d).getTime());
  return [
    { name: "month", from: day(year, month, 1), until: dayOf(now) },
    { name: "last_month", from: day(year, month - 1, 1), until: day(year, month, 0) },
    { name: "year", from: day(year, 0, 1), until: dayOf(now) },
  ];
}
