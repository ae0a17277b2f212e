import { failureOf, type Failure, type Host, type ProductView } from "../host";
import type { Labels } from "./labels.svelte";

/** The product whose page is shown. */
export class ShownProduct {
  id = $state<string | null>(null);
  view = $state.raw<ProductView | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #host: Host;
  readonly #labels: Labels;

  constructor(host: Host, labels: Labels) {
    this.#host = host;
    this.#labels = labels;
  }

  async show(id: string): Promise<void> {
    if (this.id !== id) {
      this.id = id;
      this.view = null;
      this.failure = null;
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    try {
      const view = await this.#host.call("product.view", { product: id });
      if (this.id !== id) return;
      this.view = view;
      this.failure = null;
      this.#labels.learn(id, view.product);
    } catch (thrown) {
      if (this.id !== id) return;
      this.failure = failureOf(thrown);
    }
  }
}
