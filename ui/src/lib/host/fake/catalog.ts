// An invented catalog: a few dozen real programs and thousands of plausible ones, the same on every start.

import type { Allowance, Artifact, Detection, Offer, Product, RentalOffer } from "../bindings";
import { NAME_ENDS, NAME_STARTS, PROGRAMS, type Sketch } from "./programs";

export interface Stocked {
  product: Product;
  detection: Detection;
  /** What a search looks through, in lower case. */
  text: string;
}

const DAY_S = 86_400;

/** `count` products, the real programs first; `random` decides what is installed and offered. */
export function stock(count: number): Stocked[] {
  const shelf = PROGRAMS.slice(0, count).map((sketch, at) => shelve(sketch, at));
  for (const [end, category, summary] of NAME_ENDS) {
    for (const start of NAME_STARTS) {
      if (shelf.length >= count) return shelf;
      const at = shelf.length;
      const id = `org.example.${start}${end}`;
      shelf.push(shelve([`${start} ${end}`, id, `${start} Software`, [category], summary, 5 + (hash(id) % 180)], at));
    }
  }
  return shelf;
}

function shelve([name, id, developer, categories, summary, price]: Sketch, at: number): Stocked {
  const seed = hash(id);
  const version = `${1 + (seed % 6)}.${seed % 20}.${seed % 7}`;
  const published = at < PROGRAMS.length ? at % 5 !== 4 : seed % 4 !== 0;
  const installed = at < PROGRAMS.length ? at % 6 === 1 : seed % 23 === 0;
  const outdated = installed && seed % 3 === 0;
  const artifact: Artifact = {
    sha256: digest(`${id}/file`),
    size: 53_248 + (seed % 9_000) * (at < PROGRAMS.length ? 20_480 : 2_048),
    file_name: `${id.split(".").at(-1)?.toLowerCase()}_${version}_amd64.deb`,
    kind: "deb",
    platform: { os: "linux", arch: "x86_64" },
    version,
  };
  const product: Product = {
    id,
    name,
    summary,
    developer,
    categories: [...categories],
    keywords: [],
    icon: seed % 9 === 4 ? null : digest(id),
    offers: offers(price, seed, at < PROGRAMS.length),
    policy: { seats: 3, floating_seats: seed % 2, transferable: seed % 3 !== 0 || id === "org.inkscape.Inkscape", upgrade_from: id === "org.inkscape.Inkscape2" ? "org.inkscape.Inkscape" : null },
    latest_version: version,
    detection: [{ kind: "package", name: id.split(".").at(-1)?.toLowerCase() ?? id }],
    artifacts: published ? [artifact] : [],
    revision: 1,
    description: description(name, summary),
    license: seed % 3 === 0 ? "GPL-3.0-or-later" : "MPL-2.0",
    homepage: `https://example.org/${id}`,
    screenshots: [
      { url: `https://example.org/${id}/1.png`, caption: "The main window" },
      { url: `https://example.org/${id}/2.png`, caption: "" },
    ],
    releases: releases(seed, version),
  };
  return { product, detection: detection(product, installed, outdated), text: `${name} ${summary} ${developer}`.toLowerCase() };
}

function offers(price: number, seed: number, real: boolean): Offer[] {
  if (!real && seed % 41 === 0) return [];
  const rental = (id: string, part: number, allowance: Allowance, credit_permille: number, rules: Partial<RentalOffer> = {}): Offer => ({
    kind: "rental",
    id,
    price: Math.max(1, Math.round(price * part)),
    allowance,
    credit_permille,
    ...rules,
  });
  const rules = { grace_seconds: 3 * DAY_S, refund_permille: 800 };
  const pause = { max_pauses: 2, max_seconds: 30 * DAY_S };
  const list: Offer[] = [{ kind: "purchase", id: "purchase", price }];
  list.push(rental("week", 0.1, { kind: "duration", seconds: 7 * DAY_S }, 500, rules));
  if (seed % 2 === 0) list.push(rental("month", 0.3, { kind: "duration", seconds: 30 * DAY_S }, 800, { ...rules, pause }));
  if (real) list.push(rental("studio", 0.35, { kind: "combined", seconds: 30 * DAY_S, uses: 100 }, 600, { ...rules, pause, lease_seconds: DAY_S / 2 }));
  if (real || seed % 3 !== 0) list.push(rental("thirty-uses", 0.25, { kind: "uses", count: 30 }, 400, { refund_permille: 500 }));
  if (seed % 5 === 0) list.push(rental("batch", 0.2, { kind: "processings", count: 500 }, 0));
  if (real) list.push({ kind: "trial", id: "trial", allowance: { kind: "duration", seconds: 7 * DAY_S } });
  return list;
}

function detection(product: Product, installed: boolean, outdated: boolean): Detection {
  if (!installed) {
    return { status: "absent", version: null, location: null, source: null, id: null, evidence: ["No package, Flatpak or desktop entry of this program was found."], launch: null };
  }
  const version = outdated ? "0.9.2" : (product.latest_version ?? "1.0");
  return {
    status: outdated ? "outdated" : "installed",
    version,
    location: `/usr/bin/${product.id.split(".").at(-1)?.toLowerCase()}`,
    source: "dpkg",
    id: product.id.split(".").at(-1)?.toLowerCase() ?? null,
    evidence: [
      `The package ${product.id.split(".").at(-1)?.toLowerCase()} ${version} is installed (dpkg).`,
      `Its desktop entry is /usr/share/applications/${product.id}.desktop.`,
    ],
    launch: { kind: "desktop_entry", id: `${product.id}.desktop` },
  };
}

function description(name: string, summary: string): Product["description"] {
  return [
    { kind: "paragraph", text: `${name}: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}. It opens quickly, keeps your work on your own computer and needs no account of its own.` },
    { kind: "paragraph", text: "What you can do with it:" },
    {
      kind: "list",
      ordered: false,
      items: ["Start from a template or from nothing at all", "Undo as far back as you like", "Open and save the common formats of its field", "Work from the keyboard alone"],
    },
    { kind: "paragraph", text: "It has been translated into more than forty languages by its community, and its manual comes with it." },
  ];
}

function releases(seed: number, latest: string): Product["releases"] {
  const newest = Date.UTC(2026, 8, 1) - (seed % 90) * DAY_S * 1000;
  const versions = [latest, `1.${seed % 9}.0`, "1.0.0", "0.9.2"];
  return versions.map((version, at) => ({ version, released_at: new Date(newest - at * 71 * DAY_S * 1000).toISOString() }));
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return h;
}

/** 64 hexadecimal digits that stand for a SHA-256 digest. */
export function digest(text: string): string {
  let hex = "";
  for (let at = 0; at < 8; at += 1) hex += hash(`${at}:${text}`).toString(16).padStart(8, "0");
  return hex;
}
