import { failureOf, type Failure, type Host, type LibraryView } from "../host";
import type { Labels } from "./labels.svelte";

/** The licenses, with what is found of them on this computer. */
export class Library {
  view = $state.raw<LibraryView>({ entries: [], confirmed_at: null });
  failure = $state.raw<Failure | null>(null);
  known = $state(false);
  readonly #host: Host;
  readonly #labels: Labels;

  constructor(host: Host, labels: Labels) {
    this.#host = host;
    this.#labels = labels;
  }

  /** Whether a program can be started from here, as far as the library knows. */
  launches(product: string): boolean | null {
    return this.view.entries.find(({ license }) => license.product === product)?.can_launch ?? null;
  }

  async refresh(): Promise<void> {
    try {
      this.view = await this.#host.call("library.view", {});
      this.failure = null;
      for (const { license, name, icon } of this.view.entries) this.#labels.learn(license.product, { name, icon });
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.known = true;
  }

  forget(): void {
    this.view = { entries: [], confirmed_at: null };
    this.known = false;
  }
}
