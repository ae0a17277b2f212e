import { failureOf, type Failure, type Host, type Notice } from "../host";

/** What the vendor told the person, and how much of it is new. */
export class Inbox {
  items = $state.raw<readonly Notice[]>([]);
  /** How many the person has not seen. */
  unseen = $state(0);
  /** How many were new when the list was last opened. */
  fresh = $state(0);
  failure = $state.raw<Failure | null>(null);
  known = $state(false);
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async refresh(): Promise<void> {
    await this.#ask(false);
  }

  /** Opens the list: what is new stays marked until it is opened again. */
  async open(): Promise<void> {
    await this.#ask(false);
    this.fresh = this.unseen;
    if (this.unseen > 0) await this.#ask(true);
  }

  forget(): void {
    this.items = [];
    this.unseen = 0;
    this.fresh = 0;
    this.known = false;
  }

  async #ask(seen: boolean): Promise<void> {
    try {
      const { items, unseen } = await this.#host.call("notices.view", { seen });
      this.items = items;
      this.unseen = unseen;
      this.failure = null;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.known = true;
  }
}
