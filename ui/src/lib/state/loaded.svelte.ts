import { failureOf, type Failure } from "../host";

/** One answer of the app that a part of a page shows. The newest question wins. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  #asked = 0;

  /** Asks; what was shown stays until the answer comes. Answers whether it came. */
  async ask(question: () => Promise<T>): Promise<boolean> {
    this.#asked += 1;
    const mine = this.#asked;
    this.busy = true;
    this.failure = null;
    try {
      const value = await question();
      if (mine === this.#asked) this.value = value;
      return true;
    } catch (thrown) {
      if (mine === this.#asked) this.failure = failureOf(thrown);
      return false;
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  clear(): void {
    this.#asked += 1;
    this.value = null;
    this.failure = null;
    this.busy = false;
  }
}
