// Use by day, ready to be drawn. Pure: the clock is passed in.

import type { UsageRow } from "./host";

export interface DayOfUse {
  /** `2026-11-22` */
  day: string;
  /** Units taken, of whatever kind the program counts. */
  units: number;
}

const DAY_MS = 86_400_000;

/** Every day of the last `days` until today, the oldest first, with what was taken of a product. */
export function byDay(rows: readonly UsageRow[], product: string, days: number, now: number): DayOfUse[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    if (row.product === product) sums.set(row.day, (sums.get(row.day) ?? 0) + row.uses + row.processings);
  }
  return Array.from({ length: days }, (_, at) => {
    const day = new Date(now - (days - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return { day, units: sums.get(day) ?? 0 };
  });
}
