import { failureOf, type Failure, type Host, type TransferKind, type WalletEntry, type WalletHolding, type WalletView } from "../host";

/** Which part of the history is shown: whole days of this computer's calendar, as `2026-11-22`, and a kind. Empty for all. */
export interface HistoryFilter {
  from: string;
  until: string;
  kind: TransferKind | "";
}

export const WHOLE_HISTORY: HistoryFilter = { from: "", until: "", kind: "" };

/** A filter as the app understands it: from an instant on, and before another. The last day counts as a whole. */
export function periodOf({ from, until, kind }: HistoryFilter): { from?: string; until?: string; kind?: TransferKind } {
  const begin = instantOf(from, 0);
  const end = instantOf(until, 1);
  return { ...(begin ? { from: begin } : {}), ...(end ? { until: end } : {}), ...(kind === "" ? {} : { kind }) };
}

function instantOf(day: string, later: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  const at = year && month && date ? new Date(year, month - 1, date + later) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}

/** The balance, and the history page by page. */
export class Wallet {
  view = $state.raw<WalletView | null>(null);
  entries = $state.raw<readonly WalletEntry[]>([]);
  /** What of it can be sent, and what runs out; null until it is known. */
  holding = $state.raw<WalletHolding | null>(null);
  /** Below what balance the person wants to be told; null where never, or not known yet. */
  below = $state<number | null>(null);
  failure = $state.raw<Failure | null>(null);
  loading = $state(false);
  known = $state(false);
  filter = $state.raw<HistoryFilter>(WHOLE_HISTORY);
  #cursor = $state<string | null>(null);
  readonly #host: Host;
  readonly #told: (balance: number) => void;

  constructor(host: Host, told: (balance: number) => void) {
    this.#host = host;
    this.#told = told;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Shows another part of the history. */
  async show(filter: HistoryFilter): Promise<void> {
    this.filter = filter;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    this.loading = true;
    const { filter } = this;
    try {
      const [view, history] = await Promise.all([this.#host.call("wallet.view", {}), this.#host.call("wallet.history", periodOf(filter))]);
      // A newer filter has asked for itself.
      if (filter !== this.filter) return;
      this.view = view;
      this.#told(view.balance);
      this.entries = history.items;
      this.#cursor = history.next_cursor;
      this.failure = null;
      void this.#more();
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.loading = false;
    this.known = true;
  }

  /** What stands beside the balance. Where it cannot be had, the balance alone is shown. */
  async #more(): Promise<void> {
    const [holding, alert] = await Promise.allSettled([this.#host.call("wallet.holding", {}), this.#host.call("wallet.alert", {})]);
    if (this.view === null) return;
    if (holding.status === "fulfilled") this.holding = holding.value;
    if (alert.status === "fulfilled") this.below = alert.value.below;
  }

  async more(): Promise<void> {
    if (this.#cursor === null || this.loading) return;
    this.loading = true;
    try {
      const { filter } = this;
      const history = await this.#host.call("wallet.history", { ...periodOf(filter), cursor: this.#cursor });
      if (filter !== this.filter) return;
      this.entries = [...this.entries, ...history.items];
      this.#cursor = history.next_cursor;
      this.failure = null;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.loading = false;
  }

  forget(): void {
    this.view = null;
    this.holding = null;
    this.below = null;
    this.entries = [];
    this.#cursor = null;
    this.known = false;
    this.filter = WHOLE_HISTORY;
  }
}
