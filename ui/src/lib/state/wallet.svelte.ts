import { failureOf, type Failure, type Host, type WalletEntry, type WalletView } from "../host";

/** The balance, and the history page by page. */
export class Wallet {
  view = $state.raw<WalletView | null>(null);
  entries = $state.raw<readonly WalletEntry[]>([]);
  failure = $state.raw<Failure | null>(null);
  loading = $state(false);
  known = $state(false);
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

  async refresh(): Promise<void> {
    this.loading = true;
    try {
      const [view, history] = await Promise.all([this.#host.call("wallet.view", {}), this.#host.call("wallet.history", {})]);
      this.view = view;
      this.#told(view.balance);
      this.entries = history.items;
      this.#cursor = history.next_cursor;
      this.failure = null;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.loading = false;
    this.known = true;
  }

  async more(): Promise<void> {
    if (this.#cursor === null || this.loading) return;
    this.loading = true;
    try {
      const history = await this.#host.call("wallet.history", { cursor: this.#cursor });
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
    this.entries = [];
    this.#cursor = null;
    this.known = false;
  }
}
