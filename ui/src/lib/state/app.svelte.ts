import { getContext, setContext } from "svelte";

import { failureOf, type Acquired, type Args, type CommandName, type Event, type Failure, type Host, type Order, type Result, type SavedFile, type TokenPurchase } from "../host";
import { tokens } from "../format";
import { count, t } from "../i18n";
import { Activity } from "./activity.svelte";
import { Browse } from "./browse.svelte";
import { Cart } from "./cart.svelte";
import { Checkout, type Request } from "./checkout.svelte";
import { Clock } from "./clock.svelte";
import { Inbox } from "./inbox.svelte";
import { Labels } from "./labels.svelte";
import { Library } from "./library.svelte";
import { ShownProduct } from "./product.svelte";
import { Purchasing } from "./purchasing.svelte";
import { Router } from "./router.svelte";
import { Session } from "./session.svelte";
import { Theme } from "./theme.svelte";
import { Toasts } from "./toasts.svelte";
import { Wallet } from "./wallet.svelte";

const KEY = Symbol("app");
const MUST_SIGN_IN = ["auth.session_missing", "auth.session_expired"];

/** Everything that the page knows, and how one part's news reaches the others. */
export class App {
  readonly host: Host;
  readonly clock: Clock;
  readonly router = new Router();
  readonly theme = new Theme();
  readonly toasts = new Toasts();
  readonly session: Session;
  readonly labels: Labels;
  readonly browse: Browse;
  readonly product: ShownProduct;
  readonly cart: Cart;
  readonly library: Library;
  readonly wallet: Wallet;
  readonly inbox: Inbox;
  readonly activity: Activity;
  readonly checkout: Checkout;
  readonly purchasing: Purchasing;
  /** The product whose authorization code is shown. */
  shownCode = $state<string | null>(null);
  readonly #silence: () => void;

  constructor(host: Host, clock = new Clock()) {
    this.host = host;
    this.clock = clock;
    this.session = new Session(host);
    this.labels = new Labels(host);
    this.browse = new Browse(host, (card) => this.labels.learn(card.id, card));
    this.product = new ShownProduct(host, this.labels);
    this.cart = new Cart(host, this.labels);
    this.library = new Library(host, this.labels);
    this.wallet = new Wallet(host, (balance) => this.session.spend(balance));
    this.inbox = new Inbox(host);
    this.activity = new Activity(host, (acquired) => this.#acquired(acquired));
    this.checkout = new Checkout(host, () => this.router.askToSignIn());
    this.purchasing = new Purchasing(host, (purchase) => void this.#bought(purchase));
    this.#silence = host.onEvent((event) => this.#hear(event));
  }

  /** Asks for what the first page shows. Resolves when it is there, whatever came. */
  async begin(): Promise<void> {
    const session = this.session.refresh().catch((thrown: unknown) => this.toasts.bad(failureOf(thrown)));
    await Promise.all([session, this.browse.refresh()]);
    void this.#personal();
  }

  close(): void {
    this.#silence();
    this.router.close();
    this.theme.close();
    this.purchasing.close();
  }

  /** Asks for a payment; afterwards keeps the promise that the button made for each product in `acquire`. */
  async ask(request: Omit<Request, "paid">, acquire: readonly string[]): Promise<void> {
    if (!this.session.signedIn) {
      this.router.askToSignIn();
      return;
    }
    await this.checkout.begin({ ...request, paid: (order) => void this.#paid(order, request.about, acquire) });
  }

  /** Runs a command whose failure is shown as a notification. Answers whether it worked. */
  async attempt<K extends CommandName>(name: K, args: Parameters<typeof this.host.call<K>>[1]): Promise<boolean> {
    try {
      await this.host.call(name, args);
      return true;
    } catch (thrown) {
      this.show(failureOf(thrown));
      return false;
    }
  }

  /** Runs a command, and gives its answer; null where it failed, which is then shown. */
  async answer<K extends CommandName>(name: K, args: Args<K>): Promise<Result<K> | null> {
    try {
      return await this.host.call(name, args);
    } catch (thrown) {
      this.show(failureOf(thrown));
      return null;
    }
  }

  /** Writes a file, and says where it is. */
  async save(file: SavedFile): Promise<void> {
    try {
      const path = await this.host.saveFile(file);
      this.toasts.good(t("file.saved", { name: file.name }), path ?? "");
    } catch (thrown) {
      this.show(failureOf(thrown));
    }
  }

  /** Begins the free trial of a product, and fetches its code where the program is here. */
  async startTrial(product: string, acquire: boolean): Promise<void> {
    if (!this.session.signedIn) {
      this.router.askToSignIn();
      return;
    }
    if ((await this.answer("trial.start", { product })) === null) return;
    this.toasts.good(t("done.trial", { name: this.labels.of(product).name }));
    if (acquire) void this.activity.start(product, false);
    await this.#changed();
  }

  /** After a license changed: everything that shows it. */
  async licenseChanged(): Promise<void> {
    await Promise.all([this.#changed(), this.session.signedIn ? this.wallet.refresh() : Promise.resolve()]);
  }

  /** Shows a failure; one that signing in would solve leads there. */
  show(failure: Failure): void {
    this.toasts.bad(failure);
    if (MUST_SIGN_IN.includes(failure.code)) this.router.askToSignIn();
  }

  async signOut(): Promise<void> {
    try {
      await this.session.leave();
    } catch (thrown) {
      this.show(failureOf(thrown));
      return;
    }
    await this.leftForGood();
  }

  /** After the account is gone from this window. */
  async leftForGood(): Promise<void> {
    this.#forget();
    this.router.go({ page: "browse" });
    await Promise.all([this.browse.refresh(), this.product.refresh()]);
  }

  /** After signing in: the person's own things, and the page they came from, or with `stay` this one for now. */
  async signedIn(stay = false): Promise<void> {
    this.#forget();
    if (!stay) this.router.signedIn();
    await Promise.all([this.#personal(), this.browse.refresh(), this.product.refresh()]);
  }

  #forget(): void {
    this.library.forget();
    this.wallet.forget();
    this.cart.forget();
    this.inbox.forget();
    this.purchasing.forget();
    this.checkout.forget();
  }

  /** After tokens came for money: the wallet, and whatever waited for them. */
  async #bought(purchase: TokenPurchase): Promise<void> {
    this.toasts.good(t("done.tokens", { tokens: tokens(purchase.quote.tokens) }));
    await Promise.all([this.wallet.refresh(), this.cart.refresh(), this.checkout.resume(purchase)]);
  }

  async #personal(): Promise<void> {
    if (!this.session.signedIn) return;
    await Promise.all([this.cart.refresh(), this.library.refresh(), this.wallet.refresh(), this.inbox.refresh()]);
  }

  async #paid(order: Order, about: Request["about"], acquire: readonly string[]): Promise<void> {
    this.session.spend(order.balance_after);
    const [line] = order.lines;
    if (about === "cart") this.toasts.good(t("done.paid.cart", { items: count("program", order.lines.length) }));
    else if (line) this.toasts.good(t(line.owned_after ? "done.paid.convert" : `done.paid.${about}`, { name: this.labels.of(line.product).name }));
    for (const product of acquire) void this.activity.start(product, false);
    await Promise.all([this.#personal(), this.product.refresh(), this.browse.refresh()]);
  }

  #acquired({ product, downloaded_bytes }: Acquired): void {
    const { name } = this.labels.of(product);
    this.toasts.good(t(downloaded_bytes > 0 ? "done.installed" : "done.authorized", { name }));
    void this.#changed();
  }

  async #changed(): Promise<void> {
    const personal = this.session.signedIn ? this.library.refresh() : Promise.resolve();
    await Promise.all([personal, this.product.refresh(), this.browse.refresh()]);
  }

  #hear(event: Event): void {
    switch (event.kind) {
      case "progress":
        void this.labels.want([event.product]);
        this.activity.hear(event);
        break;
      case "catalog_changed":
        void Promise.all([this.browse.refresh(), this.product.refresh()]);
        break;
      case "library_changed":
        void this.#changed();
        break;
      case "notices_changed":
        this.inbox.unseen = event.unseen;
        void this.inbox.refresh();
        break;
      case "session_changed": {
        const { kind: _, ...state } = event;
        const before = this.session.state.account?.id ?? null;
        const cameBack = !this.session.state.online && state.online;
        this.session.take(state);
        if ((state.account?.id ?? null) === null && before !== null) this.#forget();
        if (cameBack) void Promise.all([this.#personal(), this.product.refresh()]);
        break;
      }
    }
  }
}

export function provideApp(app: App): void {
  setContext(KEY, app);
}

export function useApp(): App {
  return getContext<App>(KEY);
}
