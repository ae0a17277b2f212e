// An app invented in memory: a whole catalog, a wallet and a computer, for tests and for work on the page in a browser.

import type { Cart, Event, Failure, Item, LibraryView, LicenseView, Order, ProductCard, ProductView, Quote, SearchArgs, SearchResult, SessionState, Standing, WalletEntry } from "../bindings";
import { graceEnd, stateAt } from "../../format";
import { failureOf, Refusal, type Args, type CommandName, type Host, type Result, type SavedFile } from "../host";
import { Accounts, type AccountCommand } from "./accounts";
import { Acquisitions } from "./acquisitions";
import { Bills, type BillCommand } from "./bills";
import { hash, stock, type Stocked } from "./catalog";
import { Licensing, type LicensingCommand } from "./licensing";
import { Papers, type PaperCommand } from "./papers";
import { Past, type PastCommand } from "./past";
import { refuse, settle } from "./rules";
import { Sales, type SaleCommand } from "./sales";
import { Sharing, type SharingCommand } from "./sharing";
import { Vouchers, type VoucherCommand } from "./vouchers";

export interface FakeOptions {
  products: number;
  signedIn: boolean;
  balance: number;
  online: boolean;
  /** How long each step of an acquisition takes. */
  stepMs: number;
  keystore: string;
  now: () => number;
}

const DEFAULTS: FakeOptions = { products: 3000, signedIn: true, balance: 500, online: true, stepMs: 0, keystore: "secret-service", now: Date.now };
const HISTORY_PAGE = 50;
const HOUR_MS = 3_600_000;
/** What the invented person rents, the oldest first. */
const PAST: readonly (readonly [string, string])[] = [
  ["org.freecad.FreeCAD", "week"],
  ["org.wireshark.Wireshark", "week"],
  ["org.qgis.qgis", "studio"],
  ["org.videolan.VLC", "week"],
  ["org.hydrogenmusic.Hydrogen", "thirty-uses"],
  ["org.ardour.Ardour", "studio"],
  ["org.kde.krita", "week"],
];

export type Table = { [K in CommandName]: (args: Args<K>) => Result<K> | Promise<Result<K>> };

export class FakeHost implements Host {
  /** Every call that was made, for tests to look at. */
  readonly calls: { name: CommandName; args: unknown }[] = [];
  /** Every address that was opened in a browser. */
  readonly opened: string[] = [];
  /** Every file that was written. */
  readonly saved: SavedFile[] = [];
  readonly options: FakeOptions;
  readonly shelf = new Map<string, Stocked>();
  readonly licenses = new Map<string, LicenseView>();
  readonly authorized = new Set<string>();
  readonly installedHere = new Set<string>();
  cart: Item[] = [];
  history: WalletEntry[] = [];
  readonly session: Omit<SessionState, "revision">;
  #looks = 0;

  readonly #hearers = new Set<(event: Event) => void>();
  readonly #failures: { name: CommandName; failure: Failure }[] = [];
  readonly #orders = new Map<string, Order>();
  readonly #acquisitions = new Acquisitions(this);
  readonly licensing: Licensing;
  readonly papers: Papers;
  readonly sales: Sales;
  readonly sharing: Sharing;
  readonly accounts: Accounts;
  readonly bills: Bills;
  readonly past: Past;
  readonly #table: Table;
  readonly #sorted: Stocked[];

  constructor(options: Partial<FakeOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.licensing = new Licensing(this);
    this.papers = new Papers(this);
    this.sales = new Sales(this);
    this.sharing = new Sharing(this);
    this.bills = new Bills(this);
    this.past = new Past(this);
    this.accounts = new Accounts(this, (email) => this.#openAccount(email, this.options.balance));
    this.#table = { ...this.#commands(), ...this.licensing.commands(), ...this.papers.commands(), ...this.sales.commands(), ...new Vouchers(this).commands(), ...this.bills.commands(), ...this.past.commands(), ...this.sharing.commands(), ...this.accounts.commands() };
    for (const stocked of stock(this.options.products)) this.shelf.set(stocked.product.id, stocked);
    this.#sorted = [...this.shelf.values()].sort((a, b) => a.product.name.localeCompare(b.product.name));
    this.session = { account: null, server: "http://127.0.0.1:8787", online: this.options.online, keystore: this.options.keystore };
    if (this.options.signedIn) this.#openAccount("ada@example.org", this.options.balance);
  }

  /** An invented app with a past, as the page's address asks: `?signed-out`, `?offline`, `?balance=N`, `?products=N`, `?step=MS`. */
  static fromQuery(query: URLSearchParams): FakeHost {
    const number = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
    const host = new FakeHost({
      products: number("products", DEFAULTS.products),
      signedIn: !query.has("signed-out"),
      balance: number("balance", DEFAULTS.balance),
      online: !query.has("offline"),
      stepMs: number("step", 350),
      keystore: query.has("file-keystore") ? "file" : "secret-service",
    });
    if (host.options.signedIn && !query.has("new")) host.liveAWhile();
    host.papers.clockWrong = query.has("clock-wrong");
    host.sales.sold = !query.has("unsold");
    const low = number("low", Number.NaN);
    host.sharing.alert = Number.isNaN(low) ? null : low;
    // `?pay=MS` pays in the invented browser after a while, `?pay=never` does not.
    const payMs = number("pay", 4_000);
    const browserMs = number("browser", 4_000);
    host.accounts.browserMs = Number.isNaN(browserMs) ? null : browserMs;
    host.accounts.verified = !query.has("unverified");
    host.accounts.secondFactor = query.has("careful");
    host.sales.payMs = Number.isNaN(payMs) ? null : payMs;
    return host;
  }

  async call<K extends CommandName>(name: K, args: Args<K>): Promise<Result<K>> {
    this.calls.push({ name, args: structuredClone(args) });
    await Promise.resolve();
    const planned = this.#failures.findIndex((failure) => failure.name === name);
    if (planned >= 0) throw new Refusal(this.#failures.splice(planned, 1)[0]?.failure ?? failureOf("planned"));
    return structuredClone(await this.#table[name](args));
  }

  onEvent(hear: (event: Event) => void): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  iconUrl(sha256: string): string {
    const hue = hash(sha256) % 360;
    const turn = hash(`${sha256}/turn`) % 90;
    const shape = hash(`${sha256}/shape`) % 3;
    const mark = [
      `<circle cx="32" cy="32" r="15" fill="#fff" fill-opacity=".92"/><circle cx="38" cy="27" r="9" fill="hsl(${hue} 62% 42%)"/>`,
      `<rect x="18" y="18" width="28" height="28" rx="7" fill="#fff" fill-opacity=".92" transform="rotate(${turn} 32 32)"/>`,
      `<path d="M32 14 50 46H14Z" fill="#fff" fill-opacity=".92" transform="rotate(${turn} 32 34)"/>`,
    ][shape];
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="hsl(${hue} 64% 56%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 66% 38%)"/></linearGradient></defs><rect width="64" height="64" rx="15" fill="url(#g)"/>${mark}</svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  saveFile(file: SavedFile): Promise<string | null> {
    this.saved.push(file);
    return Promise.resolve(`/home/ada/Downloads/${file.name}`);
  }

  openExternal(url: string): void {
    this.opened.push(url);
  }

  /** Makes the next call of a command fail. */
  fail(name: CommandName, failure: Partial<Failure> & { code: string }): void {
    this.#failures.push({ name, failure: { message: `planned: ${failure.code}`, hints: [], ...failure } });
  }

  /** Changes what buying costs, as a vendor may at any time. */
  changePrice(product: string, price: number): void {
    for (const offer of this.stocked(product).product.offers) if (offer.kind === "purchase") offer.price = price;
  }

  setOnline(online: boolean): void {
    this.session.online = online;
    this.tellSession();
  }

  /** Tells everybody who is signed in and whether the server answers, and answers the same. */
  tellSession(): SessionState {
    const state = this.#look();
    this.tell({ kind: "session_changed", ...state });
    return state;
  }

  #look(): SessionState {
    return { ...this.session, revision: ++this.#looks };
  }

  tell(event: Event): void {
    for (const hear of this.#hearers) hear(structuredClone(event));
  }

  stocked(product: string): Stocked {
    return this.shelf.get(product) ?? refuse("product.not_found", `there is no product ${product} in the catalog`);
  }

  license(product: string): LicenseView | null {
    const license = this.licenses.get(product);
    if (!license) return null;
    const state = stateAt(license, this.options.now());
    return { ...license, state };
  }

  /** A person with a few licenses, so that no page is empty. */
  liveAWhile(): void {
    const now = this.options.now();
    const pay = (item: Item): void => void this.#settle([item], crypto.randomUUID(), false);
    this.session.online = true;
    this.changeBalance(2_000, "grant", "Thank you for testing");
    pay({ product: "org.inkscape.Inkscape", intent: "buy" });
    for (const [product, offer] of PAST) pay({ product, intent: "rent", offer });
    this.licensing.liveAWhile(now);
    this.sales.liveAWhile(now);
    this.sharing.liveAWhile();
    this.bills.liveAWhile();
    this.past.liveAWhile();
    for (const id of ["org.inkscape.Inkscape", "org.ardour.Ardour", "org.videolan.VLC"]) this.authorized.add(id);
    this.changeBalance(this.options.balance - (this.session.account?.balance ?? 0), "order", "Earlier orders");
    this.session.online = this.options.online;
  }

  #commands(): Omit<Table, LicensingCommand | PaperCommand | SaleCommand | SharingCommand | AccountCommand | VoucherCommand | BillCommand | PastCommand> {
    return {
      "session.state": () => this.#look(),
      "session.register": ({ email, password }) => this.#register(email, password),
      "session.sign_in": ({ email, password, code }) => {
        this.needServer();
        if (email.startsWith("careful") && (code ?? "") === "") refuse("auth.second_factor_missing", "the account asks for a code too");
        if (email.startsWith("careful") && code !== "123456") refuse("auth.second_factor_wrong", "the code is wrong");
        if (password.length < 8) refuse("auth.credentials_wrong", "the address or the password is wrong");
        return this.#openAccount(email, this.options.balance);
      },
      "session.sign_out": () => {
        this.session.account = null;
        this.licenses.clear();
        return this.tellSession();
      },
      "catalog.sync": () => {
        this.needServer();
        return this.#catalog();
      },
      "catalog.state": () => this.#catalog(),
      "catalog.search": (args) => this.#search(args),
      "product.view": ({ product }) => this.#view(product),
      "product.plan": ({ product }) => this.#acquisitions.plan(product),
      "checkout.quote": ({ items }) => {
        this.needAccount();
        return this.#settlement(items).quote;
      },
      "checkout.pay": ({ items, expected_total, command, from_cart, purchase }) => {
        this.needAccount();
        const today = this.#settlement(items).quote;
        const total = this.sales.kept(purchase) ?? today.total;
        const quote = { ...today, total, missing: Math.max(0, total - today.balance) };
        const first = this.#orders.get(command);
        if (first) return first;
        if (quote.total !== expected_total) refuse("price.changed", `the total changed from ${expected_total} tokens to ${quote.total} tokens`, ["Look at the new price and confirm again; nothing was charged."], quote);
        if (quote.missing > 0) refuse("wallet.insufficient", `${quote.total} tokens are needed and the wallet holds ${quote.balance} tokens: ${quote.missing} tokens are missing`, [`Add ${quote.missing} tokens to your wallet, then check out again; your cart is kept.`], quote);
        return this.#settle(items, command, from_cart, total);
      },
      "cart.view": () => this.#cart(),
      "cart.add": ({ item }) => {
        this.needAccount();
        if (this.cart.some((other) => other.product === item.product)) refuse("cart.duplicate_product", `${item.product} is in the cart twice`);
        this.cart.push(item);
        return this.#cart();
      },
      "cart.remove": ({ product }) => {
        this.cart = this.cart.filter((item) => item.product !== product);
        return this.#cart();
      },
      "acquire.start": (args) => this.#acquisitions.start(args),
      "acquire.cancel": ({ product }) => this.#acquisitions.cancel(product),
      "library.view": () => this.#library(),
      "library.launch": ({ product }) => {
        const license = this.license(product) ?? refuse("license.not_found", `you have no license for ${product}`);
        if (license.state === "expired") refuse("license.expired", `the rental of ${product} has ended`, ["Extend the rental, or convert it into ownership."]);
        if (license.state === "paused") refuse("license.paused", `the rental of ${product} is paused`, ["Go on with it in your library."]);
        const own = this.licenses.get(product);
        if (own?.remaining.uses) own.remaining.uses -= 1;
        this.tell({ kind: "library_changed" });
        return null;
      },
      "library.uninstall": ({ product }) => {
        this.installedHere.delete(product);
        Object.assign(this.stocked(product).detection, { status: "absent", version: null, location: null, source: null, evidence: ["No package of this program was found."], launch: null });
        this.tell({ kind: "library_changed" });
        return null;
      },
      "wallet.view": () => ({ balance: this.needAccount().balance, confirmed_at: new Date(this.options.now()).toISOString() }),
      "wallet.history": ({ cursor, ...period }) => {
        const found = this.sharing.entries(period);
        const from = Number(cursor ?? 0);
        const next = from + HISTORY_PAGE;
        return { items: found.slice(from, next), next_cursor: next < found.length ? String(next) : null };
      },
      "inventory.programs": () => [],
      "inventory.rescan": () => [],
    };
  }

  #openAccount(email: string, balance: number): SessionState {
    this.session.account = { id: crypto.randomUUID(), email, created_at: new Date(this.options.now()).toISOString(), balance: 0 };
    this.changeBalance(balance, "grant", "Welcome to Scrip");
    return this.tellSession();
  }

  #register(email: string, password: string): SessionState {
    this.needServer();
    if (!email.includes("@")) refuse("account.email_invalid", `"${email}" is not an e-mail address`);
    if (email.startsWith("taken")) refuse("account.email_taken", `${email} has an account already`);
    if (password.length < 8) refuse("account.password_invalid", `the password has ${password.length} characters; between 8 and 256 are needed`);
    return this.#openAccount(email, 100);
  }

  changeBalance(amount: number, kind: WalletEntry["kind"], reason: string): void {
    const account = this.session.account;
    if (!account) return;
    account.balance += amount;
    this.history.unshift({ transfer: crypto.randomUUID(), at: new Date(this.options.now() - (40 - this.history.length) * HOUR_MS).toISOString(), kind, amount, balance_after: account.balance, reason, order: null });
  }

  needServer(): void {
    if (!this.session.online) refuse("server.unreachable", `${this.session.server} cannot be reached`, ["Check the connection and try again."]);
  }

  needAccount(): { balance: number } {
    return this.session.account ?? refuse("auth.session_missing", "nobody is signed in");
  }

  #catalog(): Result<"catalog.state"> {
    return { products: this.shelf.size, revision: 1, synced_at: new Date(this.options.now()).toISOString() };
  }

  #settlement(items: readonly Item[]): ReturnType<typeof settle> {
    this.needServer();
    const products = new Map([...this.shelf].map(([id, { product }]) => [id, product]));
    return settle(items, { balance: this.session.account?.balance ?? 0, licenses: this.licenses, products, now: this.options.now() });
  }

  #settle(items: readonly Item[], command: string, fromCart: boolean, kept?: number): Order {
    const { quote, licenses } = this.#settlement(items);
    const total = kept ?? quote.total;
    for (const license of licenses) this.licenses.set(license.product, license);
    const names = quote.lines.map((line) => this.stocked(line.product).product.name);
    this.changeBalance(-total, "order", names.join(", "));
    if (fromCart) this.cart = [];
    const order = { id: crypto.randomUUID(), created_at: new Date(this.options.now()).toISOString(), lines: quote.lines, total, balance_after: quote.balance - total };
    this.#orders.set(command, order);
    this.past.note(order);
    this.tell({ kind: "library_changed" });
    return order;
  }

  /** What `items` cost. */
  quote(items: readonly Item[]): Quote {
    return this.#settlement(items).quote;
  }

  #cart(): Cart {
    if (this.cart.length === 0) return { items: [], quote: null, problem: null };
    try {
      const quote: Quote = this.#settlement(this.cart).quote;
      return { items: this.cart, quote, problem: null };
    } catch (thrown) {
      const { code, message, hints } = failureOf(thrown);
      return { items: this.cart, quote: null, problem: { type: `urn:scrip:problem:${code}`, status: 409, code, detail: message, hints } };
    }
  }

  #search({ words, category, show, offset, limit }: SearchArgs): SearchResult {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#sorted.filter(({ product, detection, text }) => {
      if (show === "installed" && detection.status === "absent") return false;
      if (show === "licensed" && !this.licenses.has(product.id)) return false;
      if (show === "downloadable" && product.artifacts.length === 0) return false;
      return wanted.every((word) => text.includes(word));
    });
    if (wanted[0]) found.sort((a, b) => rank(a, wanted[0]!) - rank(b, wanted[0]!));
    const counts = new Map<string, number>();
    for (const { product } of found) for (const id of product.categories) counts.set(id, (counts.get(id) ?? 0) + 1);
    const inCategory = category == null ? found : found.filter(({ product }) => product.categories.includes(category));
    return {
      items: inCategory.slice(offset, offset + limit).map((stocked) => this.#card(stocked)),
      total: inCategory.length,
      categories: [...counts].map(([id, products]) => ({ id, products })).sort((a, b) => a.id.localeCompare(b.id)),
    };
  }

  #card({ product, detection }: Stocked): ProductCard {
    const { id, name, summary, developer, categories, icon, offers } = product;
    return { id, name, summary, developer, categories, icon, offers, installed: detection.status !== "absent", license: this.license(id) };
  }

  #view(id: string): ProductView {
    const { product } = this.stocked(id);
    const complete = this.session.online;
    const shown = complete ? product : { ...product, description: [], screenshots: [], releases: [] };
    return { product: shown, complete, plan: this.#acquisitions.plan(id), license: this.license(id), authorized: this.authorized.has(id), standing: this.#standing(id), upgrade_of: this.licenses.has(product.policy.upgrade_from ?? "") && !this.licenses.has(id) ? (product.policy.upgrade_from ?? null) : null, in_cart: this.cart.some((item) => item.product === id) };
  }

  #library(): LibraryView {
    const entries = [...this.licenses.keys()].reverse().map((id) => {
      const { product, detection } = this.stocked(id);
      const license = this.license(id)!;
      const here = detection.status !== "absent";
      const runs = ["owned", "active", "grace"].includes(license.state);
      return {
        name: product.name,
        icon: product.icon,
        license,
        detection,
        authorized: this.authorized.has(id),
        standing: this.#standing(id),
        can_launch: here && this.authorized.has(id) && runs,
        can_install: product.artifacts.length > 0,
        can_uninstall: this.installedHere.has(id),
      };
    });
    return { entries, confirmed_at: new Date(this.options.now()).toISOString() };
  }

  #standing(id: string): Standing | null {
    const license = this.license(id);
    if (!license || !this.authorized.has(id)) return null;
    const grace = license.state === "grace";
    const ends = grace ? new Date(graceEnd(license)).toISOString() : null;
    return {
      allowed: ["owned", "active", "grace"].includes(license.state),
      failure: null,
      left: license.remaining,
      in_grace: grace,
      grace_ends_at: ends,
      lease_ends_at: null,
      counts: license.remaining.uses != null || license.remaining.processings != null,
      unreported: { uses: 0, processings: 0 },
      warnings: grace ? [`The rental has ended; it still runs until ${ends?.slice(0, 16).replace("T", " ")}.`] : [],
    };
  }
}

function rank({ product }: Stocked, word: string): number {
  const name = product.name.toLowerCase();
  return name.startsWith(word) ? 0 : name.includes(` ${word}`) ? 1 : name.includes(word) ? 2 : 3;
}
