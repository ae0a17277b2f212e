import { failureOf, type Cart as Contents, type Failure, type Host, type Item } from "../host";
import type { Labels } from "./labels.svelte";

/** What will be paid for together. */
export class Cart {
  contents = $state.raw<Contents>({ items: [], quote: null, problem: null });
  failure = $state.raw<Failure | null>(null);
  known = $state(false);
  readonly #host: Host;
  readonly #labels: Labels;

  constructor(host: Host, labels: Labels) {
    this.#host = host;
    this.#labels = labels;
  }

  get size(): number {
    return this.contents.items.length;
  }

  has(product: string): boolean {
    return this.contents.items.some((item) => item.product === product);
  }

  refresh(): Promise<Failure | null> {
    return this.#take(this.#host.call("cart.view", {}));
  }

  add(item: Item): Promise<Failure | null> {
    return this.#take(this.#host.call("cart.add", { item }));
  }

  remove(product: string): Promise<Failure | null> {
    return this.#take(this.#host.call("cart.remove", { product }));
  }

  forget(): void {
    this.contents = { items: [], quote: null, problem: null };
  }

  async #take(answer: Promise<Contents>): Promise<Failure | null> {
    try {
      this.contents = await answer;
      this.failure = null;
      void this.#labels.want(this.contents.items.map((item) => item.product));
      return null;
    } catch (thrown) {
      this.failure = failureOf(thrown);
      return this.failure;
    } finally {
      this.known = true;
    }
  }
}
