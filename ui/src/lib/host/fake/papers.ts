// What can be carried: codes, requests, answers and recovery codes as text and pictures; and the clock.

import type { ArmoredFile, ClockView, Inspection, Item, OfflineOrder, OfflineRequestArgs, QrPicture, WaitingRequest } from "../bindings";
import { failureOf } from "../host";
import { digest, hash } from "./catalog";
import type { FakeHost, Table } from "./fake";
import { refuse } from "./rules";

const HOUR_MS = 3_600_000;
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

export type PaperCommand =
  | "code.show"
  | "code.export"
  | "code.import"
  | "code.inspect"
  | "code.qr"
  | "code.scan"
  | "offline.request"
  | "offline.waiting"
  | "offline.submit"
  | "offline.import"
  | "clock.status"
  | "clock.recover"
  | "clock.recovery_code";

type Paper =
  | { kind: "AUTHORIZATION"; product: string }
  | { kind: "REQUEST"; nonce: string; items: Item[]; activate: string | null; total: number }
  | { kind: "BUNDLE"; nonce: string; products: string[]; order: OfflineOrder | null }
  | { kind: "RECOVERY" };

export class Papers {
  readonly #host: FakeHost;
  waiting: WaitingRequest[] = [];
  /** What the next picture that is scanned holds. */
  inPicture = "";
  /** Whether this computer's clock is wrong. */
  clockWrong = false;

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, PaperCommand> {
    return {
      "code.show": ({ product }) => {
        const license = this.#authorized(product);
        return { code: this.#code(product), claims: { aud: product, sub: license.id, seq: license.revision }, explanation: this.#says(product) };
      },
      "code.export": ({ product }) => {
        this.#authorized(product);
        return armored(`${product}.scrip`, { kind: "AUTHORIZATION", product });
      },
      "code.import": ({ text }) => {
        const paper = read(text);
        if (paper.kind !== "AUTHORIZATION") refuse("statement.other_kind", "that is not an authorization code");
        this.#host.authorized.add(paper.product);
        this.#host.tell({ kind: "library_changed" });
        return { products: [{ product: paper.product, explanation: this.#says(paper.product) }], order: null, notes: [] };
      },
      "code.inspect": ({ text }) => [this.#inspection(read(text))],
      "code.qr": ({ product }) => {
        this.#authorized(product);
        return pictures(armored("", { kind: "AUTHORIZATION", product }).text);
      },
      "code.scan": ({ pictures: shown }) => {
        if (shown.length === 0 || this.inPicture === "") refuse("qr.unreadable", "no QR code was found in the picture", ["Take the picture straight on, in good light, and fill the frame with the code."]);
        return { text: this.inPicture };
      },
      "offline.request": (args) => this.#request(args),
      "offline.waiting": () => this.waiting,
      "offline.submit": ({ text }) => {
        this.#host.needServer();
        const paper = read(text);
        if (paper.kind !== "REQUEST") refuse("statement.other_kind", "that is not a request");
        return this.#submit(paper);
      },
      "offline.import": ({ text }) => {
        const paper = read(text);
        if (paper.kind !== "BUNDLE") refuse("statement.other_kind", "that is not the answer to a request", ["Step 2 takes requests; this step takes answers."]);
        if (!this.waiting.some(({ nonce }) => nonce === paper.nonce)) refuse("statement.other_request", "this computer waits for no such answer", ["Import each answer once, on the computer that asked."]);
        this.waiting = this.waiting.filter(({ nonce }) => nonce !== paper.nonce);
        for (const product of paper.products) this.#host.authorized.add(product);
        this.#host.tell({ kind: "library_changed" });
        return { products: paper.products.map((product) => ({ product, explanation: this.#says(product) })), order: paper.order, notes: [] };
      },
      "clock.status": () => this.#clock(),
      "clock.recover": ({ text }) => {
        if (read(text).kind !== "RECOVERY") refuse("statement.other_kind", "that is not a recovery code");
        this.clockWrong = false;
        return this.#clock();
      },
      "clock.recovery_code": ({ device }) => {
        this.#host.needServer();
        return armored(`recovery-${device.slice(-6)}.scrip`, { kind: "RECOVERY" });
      },
    };
  }

  async #request({ ask, account }: OfflineRequestArgs): Promise<Awaited<ReturnType<Table["offline.request"]>>> {
    if (!account && !this.#host.session.account) refuse("auth.session_missing", "nobody was ever signed in on this computer", ["Say whose account pays."]);
    const items = ask.kind === "items" ? ask.items : ask.kind === "cart" ? this.#host.cart : [];
    if (ask.kind === "cart" && items.length === 0) refuse("cart.empty", "the cart is empty");
    const total = this.#offline(() => (items.length === 0 ? 0 : this.#host.quote(items).total));
    const nonce = crypto.randomUUID();
    const paper: Paper = { kind: "REQUEST", nonce, items, activate: ask.kind === "activate" ? ask.product : null, total };
    const sentences = this.#sentences(paper);
    const made_at = new Date(this.#host.options.now()).toISOString();
    this.waiting = [{ nonce, made_at, sentences }, ...this.waiting];
    const file = armored("request.scrip", paper);
    return { file, nonce, made_at, sentences, expected_total: items.length === 0 ? null : total, pictures: pictures(file.text) };
  }

  async #submit(paper: Extract<Paper, { kind: "REQUEST" }>): Promise<Awaited<ReturnType<Table["offline.submit"]>>> {
    const order = paper.items.length === 0 ? null : await this.#host.call("checkout.pay", { items: paper.items, expected_total: paper.total, command: paper.nonce, from_cart: false });
    const products = paper.activate === null ? paper.items.map(({ product }) => product) : [paper.activate];
    const bundle: Paper = { kind: "BUNDLE", nonce: paper.nonce, products, order: order && { id: order.id, total: order.total, balance_after: order.balance_after, lines: order.lines } };
    const file = armored("answer.scrip", bundle);
    const notes = products.map((product) => `A code for ${this.#name(product)} was made for “Desk at home”.`);
    if (order) notes.unshift(`${order.total} tokens were paid.`);
    return { file, notes, pictures: pictures(file.text) };
  }

  #sentences(paper: Extract<Paper, { kind: "REQUEST" }>): string[] {
    if (paper.activate !== null) return [`Fetch the code of ${this.#name(paper.activate)} for this computer.`];
    return paper.items.map(({ intent, product }) => `${{ buy: "Buy", rent: "Rent", extend: "Extend", convert: "Own", upgrade: "Upgrade to" }[intent]} ${this.#name(product)}.`);
  }

  #inspection(paper: Paper): Inspection {
    const base = { product: null, holds: true, failure: null, claims: { kind: paper.kind } };
    switch (paper.kind) {
      case "AUTHORIZATION":
        return { ...base, kind: "authorization", product: paper.product, sentences: this.#says(paper.product) };
      case "REQUEST":
        return { ...base, kind: "request", sentences: [...this.#sentences(paper), ...(paper.items.length > 0 ? [`It allows ${paper.total} tokens to be spent.`] : []), "It was made on “Desk at home”."] };
      case "BUNDLE":
        return { ...base, kind: "bundle", sentences: [`It brings ${paper.products.length === 1 ? "a code" : `${paper.products.length} codes`}: ${paper.products.map((id) => this.#name(id)).join(", ")}.`] };
      case "RECOVERY":
        return { ...base, kind: "recovery", sentences: ["It tells this computer the true time."] };
    }
  }

  #says(product: string): string[] {
    const license = this.#host.license(product);
    return [`It authorizes ${this.#name(product)} on this computer.`, license?.kind === "perpetual" ? "It never ends." : "It ends with the rental.", "Its signature was verified with the vendor's key."];
  }

  #authorized(product: string): NonNullable<ReturnType<FakeHost["license"]>> {
    const license = this.#host.license(product);
    if (!license || !this.#host.authorized.has(product)) refuse("code.not_found", `no authorization code for ${product} is stored here`);
    return license;
  }

  #code(product: string): string {
    const part = (length: number): string => btoa(digest(product).repeat(Math.ceil(length / 64))).replace(/[^A-Za-z0-9]/g, "").slice(0, length);
    return `eyJhbGciOiJFZERTQSIsInR5cCI6InNjcmlwLWF1dGhvcml6YXRpb24rand0In0.${part(412)}.${part(86)}`;
  }

  #clock(): ClockView {
    const now = this.#host.options.now();
    const at = (hours: number): string => new Date(now + hours * HOUR_MS).toISOString();
    if (!this.clockWrong) return { shows: at(0), believed: at(0), right: true, refused: false, certain: at(-2), evidence: "the vendor's key set", since: null, left_seconds: null, sentences: ["The clock agrees with everything that the vendor has signed."], ways_out: [] };
    return {
      shows: at(-97),
      believed: at(0),
      right: false,
      refused: false,
      certain: at(-6),
      evidence: "an answer of the vendor's server",
      since: at(-6),
      left_seconds: 66 * 3600,
      sentences: ["The clock shows a time that lies 4 days before one that is certain.", "Programs that end by time go on for 66 hours, counted by how long this computer runs."],
      ways_out: ["Set this computer's clock right.", "Connect to the internet once, so that the vendor's server tells the time.", "Import a recovery code, which you can have made on another computer or by the vendor."],
    };
  }

  #name(product: string): string {
    return this.#host.shelf.get(product)?.product.name ?? product;
  }

  /** Prices are known without a server too: from the signed price sheet. */
  #offline<T>(ask: () => T): T {
    const { online } = this.#host.session;
    this.#host.session.online = true;
    try {
      return ask();
    } finally {
      this.#host.session.online = online;
    }
  }
}

export function armored(file_name: string, paper: Paper): ArmoredFile {
  const lines = btoa(encodeURIComponent(JSON.stringify(paper))).match(/.{1,64}/g) ?? [];
  return { file_name, text: [`-----BEGIN SCRIP ${paper.kind}-----`, ...lines, `-----END SCRIP ${paper.kind}-----`, ""].join("\n") };
}

function read(text: string): Paper {
  const inside = /-----BEGIN SCRIP \w+-----([\s\S]*)-----END SCRIP \w+-----/.exec(text)?.[1];
  try {
    return JSON.parse(decodeURIComponent(atob((inside ?? "").replace(/\s/g, "")))) as Paper;
  } catch (thrown) {
    return refuse("statement.malformed", `the text is no statement of Scrip: ${failureOf(thrown).message}`, ["Take the whole text, with the lines that begin and end it."]);
  }
}

/** Pictures that look like QR codes. */
function pictures(text: string): QrPicture[] {
  const parts = Math.max(1, Math.ceil(text.length / 900));
  return Array.from({ length: parts }, (_, at) => ({ part: at + 1, parts, text: text.slice(at * 900, (at + 1) * 900), svg: pattern(`${at}${text}`), png: DOT }));
}

function pattern(text: string): string {
  const size = 45;
  const corner = (x: number, y: number): boolean => (x < 8 && y < 8) || (x < 8 && y >= size - 8) || (x >= size - 8 && y < 8);
  const seed = hash(text);
  let path = "";
  for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) if (!corner(x, y) && (hash(`${seed}/${x}/${y}`) >>> 11) % 2 === 0) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  const finder = ([x, y]: [number, number]): string => `M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`;
  for (const at of [[4, 4], [size - 3, 4], [4, size - 3]] as [number, number][]) path += finder(at);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 53 53" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h53v53H0z"/><path fill-rule="evenodd" d="${path}"/></svg>`;
}
