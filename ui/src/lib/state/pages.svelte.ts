import { failureOf, type Failure } from "../host";

interface Part<T> {
  items: readonly T[];
  next_cursor: string | null;
}

/** A list that comes page by page, the newest first. */
export class Pages<T> {
  items = $state.raw<readonly T[]>([]);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  /** Whether the first page was answered. */
  known = $state(false);
  #cursor = $state<string | null>(null);
  readonly #ask: (cursor: { cursor?: string }) => Promise<Part<T>>;

  constructor(ask: (cursor: { cursor?: string }) => Promise<Part<T>>) {
    this.#ask = ask;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Asks for the newest. */
  async refresh(): Promise<void> {
    await this.#take({}, []);
  }

  /** Asks for older ones. */
  async more(): Promise<void> {
    if (this.#cursor !== null) await this.#take({ cursor: this.#cursor }, this.items);
  }

  /** Shows one as it stands now. */
  put(now: T, same: (other: T) => boolean): void {
    this.items = this.items.map((one) => (same(one) ? now : one));
  }

  async #take(cursor: { cursor?: string }, before: readonly T[]): Promise<void> {
    this.busy = true;
    try {
      const part = await this.#ask(cursor);
      this.items = [...before, ...part.items];
      this.#cursor = part.next_cursor;
      this.failure = null;
      this.known = true;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.busy = false;
  }
}
