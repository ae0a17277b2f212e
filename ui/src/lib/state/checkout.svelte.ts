import { failureOf, type Failure, type Host, type Intent, type Item, type Order, type Quote } from "../host";

/** What is to be paid for, and what the page promised to do afterwards. */
export interface Request {
  items: Item[];
  /** What the dialog is about: one product, or the cart. */
  about: Intent | "cart";
  fromCart: boolean;
  /** The promise of the button that was pressed, such as "download 53 kB and install". */
  promise: string;
  /** Whether the promise is a download, or only a code. */
  downloads: boolean;
  paid: (order: Order) => void;
}

export interface Confirmation {
  request: Request;
  quote: Quote | null;
  failure: Failure | null;
  paying: boolean;
  /** The total that was shown before the price changed. */
  before: number | null;
  /** The idempotency key: the same for every repetition of the same payment. */
  command: string;
}

const ASK_AGAIN = ["price.changed", "wallet.insufficient"];

/** The question before every payment: today's price, the balance afterwards, and one button. */
export class Checkout {
  open = $state.raw<Confirmation | null>(null);
  readonly #host: Host;
  readonly #signIn: () => void;

  constructor(host: Host, signIn: () => void) {
    this.#host = host;
    this.#signIn = signIn;
  }

  async begin(request: Request): Promise<void> {
    this.open = { request, quote: null, failure: null, paying: false, before: null, command: crypto.randomUUID() };
    await this.#ask();
  }

  close(): void {
    if (this.open?.paying) return;
    this.open = null;
  }

  /** Asks for the quote again, after it failed. */
  async retry(): Promise<void> {
    if (!this.open) return;
    this.#change({ failure: null, quote: null });
    await this.#ask();
  }

  async pay(): Promise<void> {
    const now = this.open;
    if (!now?.quote || now.paying || now.quote.missing > 0) return;
    const { request, command, quote } = now;
    this.#change({ paying: true, failure: null });
    try {
      const order = await this.#host.call("checkout.pay", {
        items: request.items,
        expected_total: quote.total,
        command,
        from_cart: request.fromCart,
      });
      this.open = null;
      request.paid(order);
    } catch (thrown) {
      await this.#refused(failureOf(thrown), quote);
    }
  }

  async #refused(failure: Failure, shown: Quote): Promise<void> {
    this.#change({ paying: false });
    if (this.#mustSignIn(failure)) return;
    if (!ASK_AGAIN.includes(failure.code)) {
      this.#change({ failure });
      return;
    }
    // Nothing was charged: another total is another command, or the server would refuse the repetition.
    this.#change({ quote: null, command: crypto.randomUUID(), before: shown.total });
    if (failure.quote) this.#take(failure.quote);
    else await this.#ask();
  }

  async #ask(): Promise<void> {
    const asked = this.open?.request;
    if (!asked) return;
    try {
      const quote = await this.#host.call("checkout.quote", { items: asked.items });
      if (this.open?.request === asked) this.#take(quote);
    } catch (thrown) {
      if (this.open?.request !== asked) return;
      const failure = failureOf(thrown);
      if (!this.#mustSignIn(failure)) this.#change({ failure });
    }
  }

  #take(quote: Quote): void {
    const before = this.open?.before ?? null;
    this.#change({ quote, before: before === quote.total ? null : before });
  }

  #mustSignIn({ code }: Failure): boolean {
    if (code !== "auth.session_missing" && code !== "auth.session_expired") return false;
    this.open = null;
    this.#signIn();
    return true;
  }

  #change(change: Partial<Confirmation>): void {
    if (this.open) this.open = { ...this.open, ...change };
  }
}
