// A real server with its data in a private folder, people who bought and rented, operators, and browsers that look at its pages.

import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/scrip/target");
const PROGRAM = process.env.SCRIP_SERVER_PROGRAM ?? join(TARGET, "debug/scrip-server");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The password of everybody. */
export const PASSWORD = "correct horse battery";

/** Where pictures go. */
export const PICTURES = join(TARGET, "screenshots/pages");

const METAINFO = (id, name) => `<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application"><id>${id}</id><name>${name}</name><summary>What ${name} does, in a sentence</summary>
<metadata_license>CC0-1.0</metadata_license><project_license>MIT</project_license><description><p>${name}.</p></description>
<categories><category>Graphics</category></categories><launchable type="desktop-id">${id}.desktop</launchable>
<pkgname>${name.toLowerCase()}</pkgname><releases><release version="1.0" date="2026-01-02"/></releases></component>`;

const PRICES = `[default]
purchase = 100
[[default.rental]]
id = "month"
price = 30
duration = "30d"
credit_permille = 500
[[default.rental]]
id = "ten"
price = 10
uses = 10
credit_permille = 1000
`;

/** A server on a free port, with its data in a folder. */
export class Server {
  constructor(data) {
    this.data = data;
    this.child = spawn(PROGRAM, ["serve", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "pipe"] });
    this.said = "";
    this.complaints = "";
    this.child.stderr.on("data", (bytes) => (this.complaints = (this.complaints + bytes).slice(-20_000)));
    this.listening = new Promise((ready, failed) => {
      this.child.stdout.on("data", (bytes) => {
        this.said += bytes;
        const address = /listens on (http:\S+)/.exec(this.said);
        if (address) ready(address[1]);
      });
      this.child.once("error", failed);
      this.child.once("exit", (status) => failed(new Error(`the server ended with ${status}: ${this.complaints}`)));
    });
    this.ended = new Promise((done) => this.child.once("exit", done));
  }

  async stop() {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Runs another command of the server's program on the same data. */
export function administer(data, input, ...args) {
  const run = spawnSync(PROGRAM, [...args, "--data", data], { encoding: "utf8", input, timeout: 60_000 });
  if (run.status !== 0) throw new Error(`scrip-server ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return run.stdout;
}

async function call(address, path, token, body, key) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  const answer = await fetch(address + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** People, computers and orders, so that no page is empty. */
async function seed(address, data) {
  for (const person of ["ada", "bob", "cleo-with-a-rather-long-name-that-has-to-break-somewhere"]) {
    const email = `${person}@example.com`;
    const { token } = await call(address, "/v1/accounts", null, { email, password: PASSWORD });
    administer(data, "", "grant", "--user", email, "--tokens", "500", "--reason", "Spring campaign");
    const pay = (product, intent, offer, expected_total) =>
      call(address, "/v1/orders", token, { items: [{ product, intent, offer }], expected_total }, randomUUID());
    await pay("org.example.Paint", "rent", "month", 30);
    await pay("org.example.Sound", "buy", null, 100);
    await pay("org.example.Text", "rent", "ten", 10);
    if (person === "ada") await pay("org.example.Paint", "convert", null, 85);
    const { publicKey } = generateKeyPairSync("ed25519");
    const computer = {
      name: `${person}'s desk <computer>`,
      public_key: publicKey.export({ format: "jwk" }).x,
      machine: randomBytes(32).toString("base64url"),
      platform: { os: "linux", arch: "x86_64" },
    };
    const device = await call(address, "/v1/devices", token, computer);
    const { licenses } = await call(address, "/v1/library", token);
    await call(address, `/v1/licenses/${licenses[0].id}/codes`, token, { device: device.id });
  }
}

/** A server with a history, and a browser. */
export async function open() {
  const data = mkdtempSync(join(tmpdir(), "scrip-pages-"));
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const catalog = join(data, "catalog");
  mkdirSync(catalog);
  for (const name of ["Paint", "Sound", "Text"]) {
    writeFileSync(join(catalog, `${name}.metainfo.xml`), METAINFO(`org.example.${name}`, name));
  }
  writeFileSync(join(data, "prices.toml"), PRICES);
  administer(data, "", "import", "appstream", catalog, "--prices", join(data, "prices.toml"));
  for (const role of ["owner", "support"]) {
    administer(data, `${PASSWORD}\n`, "operator", "add", "--email", `${role}@vendor.example`, "--role", role, "--password-stdin");
  }
  const server = new Server(data);
  const address = await server.listening;
  await seed(address, data);
  administer(data, "", "books", "liability");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  return {
    server,
    address,
    browser,
    async close() {
      await browser.close();
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Signs in at a realm and gives the cookies, to be shared by several browsers. */
export async function signIn(world, realm, email) {
  const context = await world.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${world.address}${realm}/sign-in`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${world.address}${realm}`);
  const cookies = await context.storageState();
  await context.close();
  return cookies;
}

/** What the accessibility checker finds wrong on a page. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Pages of one kind are looked at once: ids, products and queries are as good as any other. */
const kindOf = (path) => path.replace(/\?.*/, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "*").replace(/org\.example\.\w+/g, "*");

/** Every page that can be reached by links from the first one, one of each kind. */
export async function crawl(world, realm, cookies) {
  const context = await world.browser.newContext({ storageState: cookies });
  const page = await context.newPage();
  const [seen, queue, found] = [new Set([kindOf(realm)]), [realm], []];
  while (queue.length > 0) {
    const path = queue.shift();
    const answer = await page.goto(world.address + path);
    if (answer.status() !== 200) throw new Error(`${path} answers ${answer.status()}`);
    found.push(path);
    const links = await page.locator("a[href]:not([download])").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    for (const link of links) {
      if (!link.startsWith(realm) || seen.has(kindOf(link)) || /\.\w+(\?|$)/.test(kindOf(link))) continue;
      seen.add(kindOf(link));
      queue.push(link);
    }
  }
  await context.close();
  return found.map((path) => ({ path, name: kindOf(path).slice(1).replaceAll("/", "-").replaceAll("*", "one") }));
}
