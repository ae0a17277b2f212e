// What can be done with a license besides paying for it: pausing, ending, renewing, giving away, seats, use and notices.

import { lastRental } from "../../format";
import type { ActivationView, DeviceView, LicenseView, Notice, NoticesView, SeatsView, UsageReport, UsageRow } from "../bindings";
import { digest, hash } from "./catalog";
import type { FakeHost, Table } from "./fake";
import { begin, plus, refuse } from "./rules";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RELEASES_MAX = 2;

export type LicensingCommand =
  | "trial.start"
  | "license.pause"
  | "license.resume"
  | "license.end_quote"
  | "license.end"
  | "license.renewal_set"
  | "license.renewal_remove"
  | "license.transfer"
  | "seats.view"
  | "seats.release"
  | "devices.view"
  | "usage.view"
  | "notices.view"
  | "journal.sync";

export class Licensing {
  readonly #host: FakeHost;
  readonly devices: DeviceView[] = [];
  readonly #seats = new Map<string, ActivationView[]>();
  readonly #done = new Map<string, unknown>();
  readonly trials = new Set<string>();
  notices: Notice[] = [];
  #unseen = 0;
  #released = 0;

  constructor(host: FakeHost) {
    this.#host = host;
    const at = (days: number): string => new Date(host.options.now() - days * DAY_MS).toISOString();
    const device = (name: string, days: number, recognised: string | null, here: boolean): DeviceView => ({
      id: `00000000-0000-4000-8000-${digest(name).slice(0, 12)}`,
      name,
      thumbprint: btoa(digest(name)).slice(0, 43),
      created_at: at(days),
      recognised,
      this_computer: here,
    });
    this.devices.push(
      device("Desk at home", 190, "Its disk, its board and its network card are those of a computer that was registered before; only the system was set up anew.", true),
      device("Laptop", 96, null, false),
      device("Old workstation", 412, null, false),
    );
  }

  /** What happened to the licenses of an invented person. */
  liveAWhile(now: number): void {
    const instant = (hours: number): string => new Date(now + hours * HOUR_MS).toISOString();
    const change = (id: string, share: number, changes: Partial<LicenseView>): void => {
      const license = this.#held(id);
      const whole = license.equity + (license.price_to_own ?? 0);
      license.equity = Math.round(whole * share);
      license.price_to_own = whole - license.equity;
      license.paid = Math.max(license.paid, Math.ceil(license.equity * 1.3));
      Object.assign(license, changes);
    };
    change("org.kde.krita", 0.3, { remaining: { ends_at: instant(151.4) } });
    change("org.ardour.Ardour", 0.62, { remaining: { ends_at: instant(303.2), uses: 41 }, used: { uses: 59, processings: 0 }, renewal: { offer: "studio", cap: 200, spent: 63 } });
    change("org.hydrogenmusic.Hydrogen", 0.15, { remaining: { uses: 9 }, used: { uses: 21, processings: 0 } });
    change("org.videolan.VLC", 0.4, { remaining: { ends_at: instant(-20) } });
    change("org.qgis.qgis", 0.21, { remaining: { ends_at: instant(380), uses: 77 }, paused_at: instant(-52), pauses: 1 });
    change("org.wireshark.Wireshark", 0.1, { remaining: { ends_at: instant(90) }, hold: { kind: "suspended", reason: "A payment is being looked into.", since: instant(-30) } });
    change("org.freecad.FreeCAD", 0.45, { remaining: { ends_at: instant(-200) } });
    for (const [at, id] of ["org.inkscape.Inkscape", "org.ardour.Ardour", "org.videolan.VLC"].entries()) this.#seats.set(id, this.#invented(at, now));
    this.notices = [
      this.#notice("renewal.failed", "org.qgis.qgis", "QGIS was not renewed: your wallet held 12 tokens and 51 tokens were needed.", now - 3 * HOUR_MS),
      this.#notice("renewal.soon", "org.ardour.Ardour", "Ardour renews itself in 12 days for 63 tokens. You can switch that off until then.", now - 9 * HOUR_MS),
      this.#notice("seat.released", "org.inkscape.Inkscape", "The seat of Inkscape on “Old workstation” was freed from afar. Its code does not work any more.", now - 2 * DAY_MS),
      this.#notice("renewal.paid", "org.ardour.Ardour", "Ardour was renewed for 63 tokens. 63 of the 200 tokens that you allowed are spent.", now - 17 * DAY_MS),
      this.#notice("license.received", "org.inkscape.Inkscape", "grace@example.org gave you a license of Inkscape.", now - 33 * DAY_MS),
    ];
    this.#unseen = 2;
  }

  commands(): Pick<Table, LicensingCommand> {
    const { options } = this.#host;
    return {
      "trial.start": ({ product }) => this.#trial(product),
      "license.pause": ({ product }) => {
        const license = this.#changing(product);
        const rule = lastRental(license)?.pause;
        if (!rule) refuse("license.not_pausable", `the rental of ${product} cannot be paused: its offer allows no pause`);
        if (license.pauses >= rule.max_pauses) refuse("license.not_pausable", `the rental of ${product} cannot be paused: it was paused as often as its offer allows`);
        license.paused_at = new Date(options.now()).toISOString();
        license.pauses += 1;
        this.#host.authorized.delete(product);
        return this.#changed(product);
      },
      "license.resume": ({ product }) => {
        const license = this.#changing(product);
        if (license.paused_at === null) refuse("license.not_paused", `the rental of ${product} is not paused`);
        const paused = options.now() - Date.parse(license.paused_at);
        if (license.remaining.ends_at) license.remaining.ends_at = new Date(Date.parse(license.remaining.ends_at) + paused).toISOString();
        license.paused_at = null;
        return this.#changed(product);
      },
      "license.end_quote": ({ product }) => this.#endQuote(this.#changing(product)),
      "license.end": ({ product, at_least, command }) =>
        this.#once(command, () => {
          const license = this.#changing(product);
          const { tokens, equity_after } = this.#endQuote(license);
          if (tokens < at_least) refuse("price.changed", `${tokens} tokens would come back now, not ${at_least}`);
          const { ends_at, uses } = license.remaining;
          license.remaining = { ...(ends_at == null ? {} : { ends_at: new Date(options.now()).toISOString() }), ...(uses == null ? {} : { uses: 0 }) };
          Object.assign(license, { equity: equity_after, state: "expired", paused_at: null, renewal: null, price_to_own: (license.price_to_own ?? 0) + license.equity - equity_after });
          this.#host.authorized.delete(product);
          this.#host.changeBalance(tokens, "refund", `Refund for ${this.#name(product)}`);
          return { license: this.#changed(product), tokens, balance_after: this.#host.session.account?.balance ?? 0 };
        }),
      "license.renewal_set": ({ product, offer, cap }) => {
        const license = this.#changing(product);
        const wanted = license.terms.offers.find((one) => one.kind === "rental" && one.id === offer);
        if (wanted?.kind !== "rental") refuse("offer.not_found", `${product} has no offer "${offer}"`);
        if (cap < wanted.price) refuse("license.renewal_cap", `renewing once costs ${wanted.price} tokens, more than the ${cap} tokens that you allow`, [`Allow ${wanted.price} tokens or more.`]);
        license.renewal = { offer, cap, spent: 0 };
        return this.#changed(product);
      },
      "license.renewal_remove": ({ product }) => {
        this.#changing(product).renewal = null;
        return this.#changed(product);
      },
      "license.transfer": ({ product, to, command }) =>
        this.#once(command, () => {
          const license = this.#changing(product);
          if (!license.terms.policy.transferable) refuse("license.not_transferable", `${product} cannot be given to another account`);
          if (!to.includes("@")) refuse("account.email_invalid", `"${to}" is not an e-mail address`);
          if (to.startsWith("nobody")) refuse("account.not_found", `nobody is registered as ${to}`, ["Ask the other person to open an account first."]);
          this.#needFreeSeats(product);
          this.#host.licenses.delete(product);
          this.#host.authorized.delete(product);
          this.#host.tell({ kind: "library_changed" });
          return { license: license.id, product, to };
        }),
      "seats.view": ({ product }) => {
        this.#host.needServer();
        return this.#seatsOf(product);
      },
      "seats.release": ({ product, activation }) => {
        this.#host.needServer();
        const seats = this.#activations(product);
        const here = this.devices[0]!.id;
        const seat = seats.find((one) => one.live && (activation == null ? one.device === here : one.id === activation)) ?? refuse("device.not_found", "that computer holds no seat of this license");
        if (seat.device !== here) {
          if (this.#released >= RELEASES_MAX) refuse("seat.release_limited", `${RELEASES_MAX} seats were freed from afar in the last 90 days, which is as many as can be`, ["Give the seat back on that computer itself, or wait."]);
          this.#released += 1;
        } else this.#host.authorized.delete(product);
        Object.assign(seat, { live: false, released_at: new Date(options.now()).toISOString() });
        this.#host.tell({ kind: "library_changed" });
        return this.#seatsOf(product);
      },
      "devices.view": () => this.devices,
      "usage.view": ({ days }) => this.#usage(days),
      "notices.view": ({ seen }) => this.#notices(seen),
      "journal.sync": () => {
        this.#host.needServer();
        return { reported: [], fresh: [...this.#host.authorized], failures: [] };
      },
    };
  }

  /** A notice that comes now, as the server would bring it. */
  notify(kind: string, product: string | null, text: string): void {
    this.notices.unshift(this.#notice(kind, product, text, this.#host.options.now()));
    this.#unseen += 1;
    this.#host.tell({ kind: "notices_changed", unseen: this.#unseen });
  }

  #trial(product: string): LicenseView {
    this.#host.needServer();
    this.#host.needAccount();
    const { product: listed } = this.#host.stocked(product);
    const offer = listed.offers.find((one) => one.kind === "trial") ?? refuse("offer.not_found", `${product} has no trial`);
    if (this.trials.has(product) || this.#host.licenses.has(product)) refuse("trial.used", `this trial of ${product} was used before`, ["Rent or buy the program."]);
    this.trials.add(product);
    const now = this.#host.options.now();
    const license = { ...begin(listed, now), trial: true, last_offer: offer.id, remaining: plus({}, offer.allowance, now) };
    this.#host.licenses.set(product, license);
    return this.#changed(product);
  }

  #endQuote(license: LicenseView): { tokens: number; equity_back: number; equity_after: number } {
    const rental = lastRental(license);
    if (!rental || ["expired", "exhausted"].includes(this.#host.license(license.product)?.state ?? "")) refuse("license.expired", `the rental of ${license.product} is over`);
    const { ends_at, uses } = license.remaining;
    const seconds = rental.allowance.kind === "duration" || rental.allowance.kind === "combined" ? (rental.allowance.seconds ?? 0) : 0;
    const from = license.paused_at === null ? this.#host.options.now() : Date.parse(license.paused_at);
    const byTime = ends_at == null || seconds === 0 ? 1 : Math.min(1, Math.max(0, (Date.parse(ends_at) - from) / 1000 / seconds));
    const all = rental.allowance.kind === "uses" ? rental.allowance.count : rental.allowance.kind === "combined" ? (rental.allowance.uses ?? 0) : 0;
    const byUse = uses == null || all === 0 ? 1 : Math.min(1, uses / all);
    const part = (Math.min(byTime, byUse) * (rental.refund_permille ?? 0)) / 1000;
    const equity_back = Math.min(license.equity, Math.floor(((rental.price * rental.credit_permille) / 1000) * part));
    return { tokens: Math.floor(rental.price * part), equity_back, equity_after: license.equity - equity_back };
  }

  #held(product: string): LicenseView {
    return this.#host.licenses.get(product) ?? refuse("license.not_found", `you have no license for ${product}`);
  }

  #changing(product: string): LicenseView {
    this.#host.needServer();
    this.#host.needAccount();
    const license = this.#held(product);
    if (license.hold) refuse(`license.${license.hold.kind}`, `the license for ${product} is ${license.hold.kind}: ${license.hold.reason}`);
    return license;
  }

  #changed(product: string): LicenseView {
    this.#held(product).revision += 1;
    this.#host.tell({ kind: "library_changed" });
    return this.#host.license(product)!;
  }

  #once<T>(command: string, act: () => T): T {
    if (!this.#done.has(command)) this.#done.set(command, act());
    return this.#done.get(command) as T;
  }

  #needFreeSeats(product: string): void {
    const other = this.#activations(product).find((one) => one.live && one.device !== this.devices[0]!.id);
    if (other) refuse("license.in_use", `“${other.device_name}” still holds a seat of ${product}`, ["Give the seat back on that computer, or free it here."]);
  }

  #activations(product: string): ActivationView[] {
    const known = this.#seats.get(product) ?? [];
    const here = this.devices[0]!;
    if (this.#host.authorized.has(product) && !known.some(({ live, device }) => live && device === here.id)) known.unshift(this.#seat(here, 0, this.#host.options.now(), true));
    this.#seats.set(product, known);
    return known;
  }

  #seatsOf(product: string): SeatsView {
    const license = this.#held(product);
    const { seats, floating_seats } = license.terms.policy;
    return { license: license.id, product, seats: { seats, floating_seats, activations: this.#activations(product) }, this_device: this.devices[0]!.id };
  }

  #invented(at: number, now: number): ActivationView[] {
    const [here, laptop, old] = this.devices as [DeviceView, DeviceView, DeviceView];
    const seats = [this.#seat(here, 40, now, true), this.#seat(laptop, 22, now, at !== 2), this.#seat(old, 300, now, at === 1)];
    if (at === 0) Object.assign(seats[1]!, { kind: "floating", lease_ends_at: new Date(now + 7 * HOUR_MS).toISOString() });
    return seats;
  }

  #seat(device: DeviceView, days: number, now: number, live: boolean): ActivationView {
    const seen = device.this_computer ? 0.01 : days > 200 ? 61 : 1.4;
    return {
      id: crypto.randomUUID(),
      device: device.id,
      device_name: device.name,
      kind: "fixed",
      live,
      taken_at: new Date(now - days * DAY_MS).toISOString(),
      released_at: live ? null : new Date(now - 2 * DAY_MS).toISOString(),
      lease_ends_at: null,
      seen_at: new Date(now - seen * DAY_MS).toISOString(),
      uses: hash(device.name + days) % 60,
      processings: 0,
    };
  }

  #usage(days: number): UsageReport {
    const rows: UsageRow[] = [];
    const now = this.#host.options.now();
    for (const [id, license] of this.#host.licenses) {
      if (license.used.uses === 0 && license.used.processings === 0) continue;
      let left = license.used.uses;
      for (let back = 0; back < days && left > 0; back += 1) {
        const uses = Math.min(left, hash(`${id}/${back}`) % 5);
        left -= uses;
        const day = new Date(now - back * DAY_MS).toISOString().slice(0, 10);
        if (uses > 0) rows.push({ day, product: id, device_name: this.devices[back % 3 === 2 ? 1 : 0]!.name, uses, processings: 0 });
      }
    }
    rows.sort((a, b) => b.day.localeCompare(a.day));
    const totals: UsageReport["totals"] = {};
    for (const { product, uses, processings } of rows) {
      const sum = (totals[product] ??= { uses: 0, processings: 0 });
      sum.uses += uses;
      sum.processings += processings;
    }
    return { rows, totals };
  }

  #notices(seen: boolean): NoticesView {
    if (seen && this.#unseen > 0) {
      this.#unseen = 0;
      this.#host.tell({ kind: "notices_changed", unseen: 0 });
    }
    return { items: this.notices, unseen: this.#unseen };
  }

  #notice(kind: string, product: string | null, text: string, at: number): Notice {
    return { id: crypto.randomUUID(), kind, product, text, created_at: new Date(at).toISOString() };
  }

  #name(product: string): string {
    return this.#host.stocked(product).product.name;
  }
}
