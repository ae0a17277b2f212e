import { SvelteMap } from "svelte/reactivity";

import type { Host } from "../host";

export interface Label {
  name: string;
  icon: string | null;
}

/** Names and icons of products, for lists that hold ids only. */
export class Labels {
  readonly #known = new SvelteMap<string, Label>();
  readonly #asked = new Set<string>();
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  learn(id: string, { name, icon }: Label): void {
    const known = this.#known.get(id);
    if (known?.name !== name || known.icon !== icon) this.#known.set(id, { name, icon });
  }

  /** The label of a product, or its id until the label is known. */
  of(id: string): Label {
    return this.#known.get(id) ?? { name: id, icon: null };
  }

  /** Asks for labels that are not known yet. */
  async want(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.#known.has(id) && !this.#asked.has(id));
    await Promise.all(
      missing.map(async (id) => {
        this.#asked.add(id);
        try {
          this.learn(id, (await this.#host.call("product.view", { product: id })).product);
        } catch {
          // The id itself then serves as the name; the page of the product says what is wrong.
          this.#asked.delete(id);
        }
      }),
    );
  }
}
