import { SvelteMap } from "svelte/reactivity";

import { dateTime } from "../format";
import type { Host } from "../host";

/** As RFC 3339 writes it, in universal time. */
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g;
/** What can be a product's id: words of which dots or colons make one. */
const ID = /[\w+-]+(?:[.:][\w+-]+)+/g;

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

  /** A sentence of the app or the vendor as a person reads it: the names of products instead of their ids, and instants by
   * this computer's clock. */
  told(sentence: string): string {
    return sentence.replace(INSTANT, dateTime).replace(ID, (id) => this.#known.get(id)?.name ?? id);
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
