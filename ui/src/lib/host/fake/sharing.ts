// What people send each other, give and share, as an invented vendor lets them.

import type { Args, GiftView, LicenseView, TeamMember, TeamMoveView, TeamView, TokenTransfer, WalletEntry, WalletHolding } from "..";
import { purchasePrice } from "../../format";
import type { FakeHost, Table } from "./fake";
import { begin, EMPTY_PDF, refuse } from "./rules";

export type SharingCommand =
  | "wallet.holding"
  | "wallet.history_csv"
  | "wallet.statement"
  | "wallet.statement_pdf"
  | "transfers.recipient"
  | "transfers.view"
  | "transfers.send"
  | "transfers.cancel"
  | "gifts.view"
  | "gifts.give"
  | "gifts.end"
  | "teams.view"
  | "teams.show"
  | "teams.moves"
  | "teams.begin"
  | "teams.join"
  | "teams.move_tokens"
  | "teams.put_member"
  | "teams.remove_member"
  | "teams.close"
  | "wallet.alert"
  | "wallet.alert_set"
  | "statement.verify";

type Period = Pick<Args<"wallet.history">, "from" | "until" | "kind">;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PEOPLE: Record<string, string> = { "grace@example.org": "Grace Hopper", "alan@example.org": "Alan Turing", "mary@example.org": "Mary Somerville" };

export class Sharing {
  lots: WalletHolding["lots"] = [];
  transfers: TokenTransfer[] = [];
  gifts: GiftView[] = [];
  teams: TeamView[] = [];
  /** Below what balance the person wants to be told. */
  alert: number | null = null;
  readonly moves = new Map<string, TeamMoveView[]>();
  readonly #host: FakeHost;
  readonly #done = new Map<string, unknown>();

  constructor(host: FakeHost) {
    this.#host = host;
  }

  commands(): Pick<Table, SharingCommand> {
    return {
      "wallet.holding": () => {
        const { balance } = this.#host.needAccount();
        return { balance, sendable: Math.max(0, balance - this.lots.reduce((sum, { left }) => sum + left, 0)), lots: this.lots };
      },
      "wallet.history_csv": (period) => ({ text: this.#csv(period) }),
      "wallet.statement": (period) => ({ text: JSON.stringify({ format: "scrip-statement/1", entries: this.entries(period) }) }),
      "wallet.statement_pdf": () => ({ pdf: EMPTY_PDF }),
      "transfers.recipient": ({ to }) => ({ name: this.#person(to) }),
      "transfers.view": () => ({ items: this.transfers, next_cursor: null }),
      "transfers.send": ({ to, name, tokens, message, command }) =>
        this.#once(command, () => {
          if (this.#person(to) !== name) refuse("account.not_found", "the name changed");
          this.#spend(tokens, "transfer", `To ${name}`);
          const sent: TokenTransfer = { id: crypto.randomUUID(), outgoing: true, other: name, tokens, message, state: "waiting", created_at: this.#at(0), settles_at: this.#at(HOUR_MS), ended_at: null };
          this.transfers.unshift(sent);
          return sent;
        }),
      "transfers.cancel": ({ transfer }) => {
        const own = this.transfers.find(({ id }) => id === transfer) ?? refuse("sending.not_found", "there is no such transfer");
        if (own.state !== "waiting") refuse("sending.settled", "it cannot be taken back any more");
        Object.assign(own, { state: "canceled", ended_at: this.#at(0) });
        this.#earn(own.tokens, "transfer", `Taken back from ${own.other}`);
        return own;
      },
      "gifts.view": () => ({ items: this.gifts, next_cursor: null }),
      "gifts.give": ({ to, name, product, offer, expected_price, message, command }) =>
        this.#once(command, () => {
          this.#person(to);
          this.#spend(expected_price, "gift", this.#host.stocked(product).product.name);
          const given: GiftView = { id: crypto.randomUUID(), outgoing: true, other: name, product, offer: offer ?? null, price: expected_price, message, state: "waiting", created_at: this.#at(0), lapses_at: this.#at(30 * DAY_MS), ended_at: null };
          this.gifts.unshift(given);
          return given;
        }),
      "gifts.end": ({ gift, how }) => {
        const own = this.#gift(gift);
        Object.assign(own, { state: how === "accept" ? "accepted" : how === "decline" ? "declined" : "withdrawn", ended_at: this.#at(0) });
        if (how === "withdraw") this.#earn(own.price, "gift", "Gift taken back");
        if (how === "accept") {
          this.#host.licenses.set(own.product, this.#license(own));
          this.#host.tell({ kind: "library_changed" });
        }
        return own;
      },
      "teams.close": ({ team }) => {
        const { balance } = this.#team(team);
        this.teams = this.teams.filter(({ id }) => id !== team);
        this.#earn(balance, "team", "A team that was closed");
        return { balance };
      },
      "wallet.alert": () => ({ below: this.alert }),
      "wallet.alert_set": ({ below }) => {
        this.alert = below;
        return { below };
      },
      "statement.verify": () => refuse("statement.malformed", "that is no statement"),
      "teams.view": () => this.teams.map((team) => ({ ...team, members: [] })),
      "teams.show": ({ team }) => this.#team(team),
      "teams.moves": ({ team }) => ({ items: this.moves.get(team) ?? [], next_cursor: null }),
      "teams.begin": ({ name, command }) => this.#once(command, () => this.#begin(name)),
      "teams.join": ({ team }) => {
        const joined = Object.assign(this.#team(team), { joined_at: this.#at(0) });
        joined.members = joined.members.map((one) => (one.joined_at === null && one.name === "Ada Lovelace" ? { ...one, joined_at: this.#at(0) } : one));
        return joined;
      },
      "teams.move_tokens": ({ team, tokens, draw, command }) =>
        this.#once(command, () => {
          const own = this.#team(team);
          if (draw) {
            if (tokens > own.balance) refuse("wallet.insufficient", `the wallet of ${own.name} holds ${own.balance} tokens`);
            if (own.role !== "owner" && own.drawn + tokens > own.monthly_limit) refuse("team.refused", `${own.monthly_limit - own.drawn} tokens are left of this month's limit`, ["Ask an owner of the team for more."]);
            own.drawn += tokens;
            this.#earn(tokens, "team", own.name);
          } else this.#spend(tokens, "team", own.name);
          own.balance += draw ? -tokens : tokens;
          this.#move(own, draw ? tokens : -tokens);
          return { balance: own.balance };
        }),
      "teams.put_member": ({ team, email, role, monthly_limit }) => {
        const own = this.#team(team);
        const name = this.#person(email);
        const member: TeamMember = { user: crypto.randomUUID(), name, role, monthly_limit, drawn: 0, joined_at: null };
        own.members = [...own.members.filter((one) => one.name !== name), member];
        return member;
      },
      "teams.remove_member": ({ team, member }) => {
        const own = this.#team(team);
        own.members = own.members.filter((one) => one.user !== member);
        if (member === this.#host.session.account?.id) this.teams = this.teams.filter(({ id }) => id !== team);
        return null;
      },
    };
  }

  /** The history within a period. */
  entries({ from, until, kind }: Period): WalletEntry[] {
    return this.#host.history.filter((entry) => (from == null || entry.at >= from) && (until == null || entry.at < until) && (kind == null || entry.kind === kind));
  }

  /** A person whom others know. */
  liveAWhile(): void {
    this.lots = [{ transfer: crypto.randomUUID(), left: 80, expires_at: this.#at(6 * DAY_MS) }, { transfer: crypto.randomUUID(), left: 120, expires_at: this.#at(41 * DAY_MS) }];
    const past = { created_at: this.#at(-9 * DAY_MS), settles_at: this.#at(-9 * DAY_MS + HOUR_MS), ended_at: this.#at(-9 * DAY_MS + HOUR_MS) };
    this.transfers = [
      { id: crypto.randomUUID(), outgoing: true, other: "Grace Hopper", tokens: 40, message: "For the compiler", state: "waiting", created_at: this.#at(-12 * 60_000), settles_at: this.#at(48 * 60_000), ended_at: null },
      { id: crypto.randomUUID(), outgoing: false, other: "Alan Turing", tokens: 15, message: "", state: "settled", ...past },
      { id: crypto.randomUUID(), outgoing: true, other: "Mary Somerville", tokens: 200, message: "Oops", state: "canceled", ...past },
    ];
    const gift = { created_at: this.#at(-2 * DAY_MS), lapses_at: this.#at(28 * DAY_MS), ended_at: null };
    this.gifts = [
      { id: crypto.randomUUID(), outgoing: false, other: "Mary Somerville", product: "org.musescore.MuseScore", offer: null, price: 130, message: "Happy birthday! For the quartet you promised.", state: "waiting", ...gift },
      { id: crypto.randomUUID(), outgoing: true, other: "Grace Hopper", product: "org.gimp.GIMP", offer: "week", price: 11, message: "", state: "waiting", ...gift },
      { id: crypto.randomUUID(), outgoing: true, other: "Alan Turing", product: "org.gnu.chess", offer: null, price: 10, message: "", state: "accepted", ...gift, ended_at: this.#at(-DAY_MS) },
    ];
    const joined = this.#at(-60 * DAY_MS);
    const family = this.#begin("The Lovelaces", 640);
    family.members.push({ user: crypto.randomUUID(), name: "Ralph King", role: "member", monthly_limit: 100, drawn: 35, joined_at: joined }, { user: crypto.randomUUID(), name: "Annabella Milbanke", role: "manager", monthly_limit: 300, drawn: 0, joined_at: null });
    this.moves.set(family.id, [{ transfer: crypto.randomUUID(), name: "Ralph King", drawn: 35, at: this.#at(-3 * DAY_MS) }, { transfer: crypto.randomUUID(), name: "Ada Lovelace", drawn: -500, at: this.#at(-20 * DAY_MS) }]);
    this.teams.push({ id: crypto.randomUUID(), name: "Analytical Engine Co.", balance: 4_200, role: "member", monthly_limit: 250, drawn: 180, joined_at: joined, members: [] });
    this.teams.push({ id: crypto.randomUUID(), name: "Royal Society", balance: 900, role: "manager", monthly_limit: 400, drawn: 0, joined_at: null, members: [] });
  }

  #begin(name: string, balance = 0): TeamView {
    const me: TeamMember = { user: this.#host.session.account?.id ?? "", name: "Ada Lovelace", role: "owner", monthly_limit: 0, drawn: 0, joined_at: this.#at(0) };
    const team: TeamView = { id: crypto.randomUUID(), name, balance, role: "owner", monthly_limit: 0, drawn: 0, joined_at: me.joined_at, members: [me] };
    this.teams.push(team);
    return team;
  }

  #move(team: TeamView, drawn: number): void {
    this.moves.set(team.id, [{ transfer: crypto.randomUUID(), name: "Ada Lovelace", drawn, at: this.#at(0) }, ...(this.moves.get(team.id) ?? [])]);
  }

  #license(gift: GiftView): LicenseView {
    const { product } = this.#host.stocked(gift.product);
    const license = begin(product, this.#host.options.now());
    return { ...license, kind: "perpetual", state: "owned", equity: purchasePrice(product.offers) ?? 0, price_to_own: 0 };
  }

  #csv(period: Period): string {
    const rows = this.entries(period).map(({ at, kind, amount, balance_after, reason }) => [at, kind, amount, balance_after, JSON.stringify(reason)].join(","));
    return ["at,kind,amount,balance_after,reason", ...rows, ""].join("\r\n");
  }

  #person(email: string): string {
    this.#host.needServer();
    return PEOPLE[email.trim().toLowerCase()] ?? refuse("account.not_found", `nobody has an account under ${email}`, ["Look for a typing mistake."]);
  }

  #gift(id: string): GiftView {
    const found = this.gifts.find((one) => one.id === id) ?? refuse("gift.not_found", "there is no such gift");
    if (found.state !== "waiting") refuse("gift.decided", "that gift waits no more");
    return found;
  }

  #team(id: string): TeamView {
    return this.teams.find((one) => one.id === id) ?? refuse("team.not_found", "there is no such team");
  }

  #spend(tokens: number, kind: WalletEntry["kind"], reason: string): void {
    const { balance } = this.#host.needAccount();
    if (tokens > balance) refuse("wallet.insufficient", `${tokens} tokens are needed and the wallet holds ${balance} tokens`, [`Add ${tokens - balance} tokens to your wallet.`]);
    this.#host.changeBalance(-tokens, kind, reason);
  }

  #earn(tokens: number, kind: WalletEntry["kind"], reason: string): void {
    this.#host.changeBalance(tokens, kind, reason);
  }

  #once<T>(command: string, act: () => T): T {
    if (!this.#done.has(command)) this.#done.set(command, act());
    return this.#done.get(command) as T;
  }

  #at(later: number): string {
    return new Date(this.#host.options.now() + later).toISOString();
  }
}
