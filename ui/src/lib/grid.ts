// Where things are in a grid of cards of one size.

/** How many columns of at least `minWidth` fit; at least one. */
export function columnsFor(width: number, minWidth: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (minWidth + gap)));
}

const ROWS_BEYOND = 2;

/** The rows to keep on the page: those in view and a few more on either side. `last` is exclusive. */
export function rowsInView(top: number, height: number, pitch: number, rowCount: number): { first: number; last: number } {
  const first = Math.max(0, Math.floor(top / pitch) - ROWS_BEYOND);
  const last = Math.min(rowCount, Math.ceil((top + height) / pitch) + ROWS_BEYOND);
  return { first: Math.min(first, Math.max(0, rowCount - 1)), last: Math.max(last, Math.min(1, rowCount)) };
}

/** The position that a key leads to from `index`; null for a key that does not move. */
export function moved(key: string, index: number, length: number, columns: number, rowsOfPage: number): number | null {
  if (length === 0) return null;
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: columns * rowsOfPage,
    PageUp: -columns * rowsOfPage,
    Home: -length,
    End: length,
  };
  if (!Object.hasOwn(steps, key)) return null;
  const step = steps[key] ?? 0;
  const target = index + step;
  const vertical = key === "ArrowDown" || key === "ArrowUp";
  if (vertical && (target < 0 || target >= length)) {
    // From the last full row one may still go to the last card of the row below.
    const lower = Math.floor((length - 1) / columns) > Math.floor(index / columns);
    return key === "ArrowDown" && lower ? length - 1 : index;
  }
  return Math.min(length - 1, Math.max(0, target));
}
