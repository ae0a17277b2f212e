import { failureOf, type Failure, type Host, type TokenPrices, type TokenPurchase, type TokenQuote, type WaitingCart } from "../host";
import { Once } from "./once";

/** Which tokens are wanted. */
export interface Wish {
  quote: TokenQuote;
  /** What waits for them. */
  cart: WaitingCart | null;
}

/** How long to wait before looking again whether the money arrived: soon at first, then less often. */
const LOOK_MS = [700, 1_000, 1_500, 2_000, 3_000, 5_000] as const;

/** Tokens that are bought with money: from the price to their arrival in the wallet. */
export class Purchasing {
  prices = $state.raw<TokenPrices | null>(null);
  pricesFailure = $state.raw<Failure | null>(null);
  /** The purchase that this window waits for. */
  underway = $state.raw<TokenPurchase | null>(null);
  /** The last purchase whose tokens came while this window waited. */
  arrived = $state.raw<TokenPurchase | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  readonly #host: Host;
  readonly #issued: (purchase: TokenPurchase) => void;
  readonly #once = new Once();
  #looks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, issued: (purchase: TokenPurchase) => void) {
    this.#host = host;
    this.#issued = issued;
    window.addEventListener("focus", this.#returned);
  }

  close(): void {
    window.removeEventListener("focus", this.#returned);
    clearTimeout(this.#timer);
  }

  /** Whether tokens are sold, as far as is known. */
  get sold(): boolean {
    return this.prices !== null && this.prices.lists.length > 0 && this.prices.methods.length > 0;
  }

  /** Whether they can be bought here and now. */
  get takesCards(): boolean {
    return this.sold && this.prices?.methods.includes("card") === true;
  }

  async askPrices(): Promise<void> {
    try {
      this.prices = await this.#host.call("tokens.prices", {});
      this.pricesFailure = null;
    } catch (thrown) {
      this.pricesFailure = failureOf(thrown);
    }
  }

  /** Opens a purchase and the page on which it is paid. Answers it, or null where it was refused. */
  async buy({ quote, cart }: Wish): Promise<TokenPurchase | null> {
    if (this.busy) return null;
    const { tokens, pack, total } = quote;
    const wish = { currency: total.currency, ...(pack === null ? { tokens } : { pack }), expected_total: total, ...(cart ? { cart } : {}) };
    const purchase = await this.#run(() => this.#host.call("tokens.buy", { ...wish, command: this.#once.command(wish) }));
    if (purchase) {
      this.follow(purchase);
      this.showPage();
    }
    return purchase;
  }

  /** Waits for a purchase that was opened earlier. */
  follow(purchase: TokenPurchase): void {
    this.arrived = null;
    this.failure = null;
    this.#looks = 0;
    this.#take(purchase);
  }

  /** Shows the page on which it is paid, in the person's browser. */
  showPage(): void {
    const url = this.underway?.pay_url;
    if (url) this.#host.openExternal(url);
  }

  /** Looks whether the tokens came. */
  async look(): Promise<void> {
    const { underway } = this;
    if (!underway) return;
    clearTimeout(this.#timer);
    try {
      const now = await this.#host.call("tokens.purchase", { purchase: underway.id });
      if (this.underway?.id !== underway.id) return;
      this.failure = null;
      this.#take(now);
    } catch (thrown) {
      if (this.underway?.id !== underway.id) return;
      this.failure = failureOf(thrown);
      this.#later();
    }
  }

  /** Gives the purchase up. Money that was paid in the meantime still brings its tokens. */
  async cancel(): Promise<void> {
    const { underway } = this;
    if (!underway) return;
    const now = await this.#run(() => this.#host.call("tokens.cancel", { purchase: underway.id }));
    if (now) this.#take(now);
  }

  /** Forgets how the last purchase ended. */
  dismiss(): void {
    this.arrived = null;
    this.failure = null;
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.underway = null;
    this.dismiss();
    this.#once.done();
  }

  #take(purchase: TokenPurchase): void {
    clearTimeout(this.#timer);
    if (purchase.status === "open" || purchase.status === "paid") {
      this.underway = purchase;
      this.#later();
      return;
    }
    this.underway = null;
    this.#once.done();
    if (purchase.status === "issued") {
      this.arrived = purchase;
      this.#issued(purchase);
    }
  }

  #later(): void {
    const wait = LOOK_MS[Math.min(this.#looks, LOOK_MS.length - 1)];
    this.#looks += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(), wait);
  }

  /** Whoever comes back from the browser wants to know at once. */
  #returned = (): void => {
    if (!this.underway) return;
    this.#looks = 0;
    void this.look();
  };

  async #run(command: () => Promise<TokenPurchase>): Promise<TokenPurchase | null> {
    this.busy = true;
    this.failure = null;
    try {
      return await command();
    } catch (thrown) {
      this.failure = failureOf(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
