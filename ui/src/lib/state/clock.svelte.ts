import { createSubscriber } from "svelte/reactivity";

const TICK_MS = 1_000;

/** The one clock of the page. It ticks each second, and only while something on the page shows a time. */
export class Clock {
  readonly #read: () => number;
  readonly #subscribe: () => void;

  constructor(read: () => number = Date.now) {
    this.#read = read;
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, TICK_MS);
      return () => clearInterval(timer);
    });
  }

  /** Milliseconds since 1970; whoever reads it in a component is updated. */
  get now(): number {
    this.#subscribe();
    return this.#read();
  }
}
