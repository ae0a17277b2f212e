import { failureOf, type Failure, type Host, type Intent, type Item, type Order, type Quote, type TokenPurchase } from "../host";

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
  /** The purchase of tokens that was made for this payment, and keeps its price. */
  kept: TokenPurchase | null;
}

const ASK_AGAIN = ["price.changed", "wallet.insufficient"];

/** The question before every payment: today's price, the balance afterwards, and one button. */
export class Checkout {
  open = $state.raw<Confirmation | null>(null);
  readonly #host: Host;
  readonly #signIn: () => void;
  /** What waits for tokens that are being bought, by purchase. */
  readonly #waiting = new Map<string, Request>();

  constructor(host: Host, signIn: () => void) {
    this.#host = host;
    this.#signIn = signIn;
  }

  async begin(request: Request, kept: TokenPurchase | null = null): Promise<void> {
    this.open = { request, quote: null, failure: null, paying: false, before: null, command: crypto.randomUUID(), kept };
    await this.#ask();
  }

  /** Remembers what a purchase of tokens is made for. */
  waitFor(purchase: TokenPurchase): void {
    if (this.open) this.#waiting.set(purchase.id, this.open.request);
  }

  /** After the tokens came: the same question again, at the price that was kept. Another question that is open stays. */
  async resume(purchase: TokenPurchase): Promise<void> {
    const request = this.#waiting.get(purchase.id);
    this.#waiting.delete(purchase.id);
    if (request && (this.open === null || this.open.request === request)) await this.begin(request, purchase);
  }

  /** Forgets what waits: it was another person's. */
  forget(): void {
    this.#waiting.clear();
    this.open = null;
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
    const { request, command, quote, kept } = now;
    this.#change({ paying: true, failure: null });
    try {
      const order = await this.#host.call("checkout.pay", {
        items: request.items,
        expected_total: quote.total,
        command,
        from_cart: request.fromCart,
        ...(kept?.cart ? { purchase: kept.id } : {}),
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
    this.#change({ quote: null, command: crypto.randomUUID(), before: shown.total, kept: null });
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

  #take(today: Quote): void {
    const before = this.open?.before ?? null;
    const total = this.open?.kept?.cart?.total ?? today.total;
    const quote = { ...today, total, missing: Math.max(0, total - today.balance) };
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
