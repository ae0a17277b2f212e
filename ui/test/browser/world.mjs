// A built page on a free port of this computer, and a browser that looks at it.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { build, preview } from "vite";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");

/** Where pictures go: outside of the clone unless asked otherwise. */
export const PICTURES = process.env.SCRIP_UI_SCREENSHOTS ?? join(CACHE, "scrip", "ui-screenshots");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
  "--no-pings",
];

// The content security policy and the frozen prototype of the desktop window: what breaks there breaks here.
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'";

/** The page, and a browser. `proxy` names paths of the page's own address that others answer, as Vite takes them. */
export async function open({ proxy } = {}) {
  mkdirSync(PICTURES, { recursive: true });
  const out = mkdtempSync(join(tmpdir(), "scrip-ui-"));
  process.env.VITE_BRIDGE = "1";
  await build({ root: ROOT, logLevel: "warn", build: { outDir: out, emptyOutDir: true } });
  const server = await preview({
    root: ROOT,
    logLevel: "warn",
    build: { outDir: out },
    preview: { host: "127.0.0.1", port: 0, strictPort: false, proxy, headers: { "content-security-policy": CSP } },
  });
  const base = `http://127.0.0.1:${server.httpServer.address().port}/`;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  return {
    base,
    browser,
    async close() {
      await browser.close();
      await server.close();
      rmSync(out, { recursive: true, force: true });
    },
  };
}

/** A page that shows data, in a window of its own. `query` configures the invented host. */
export async function visit(world, { query = "", hash = "#/browse", theme = "light", width = 1180, height = 780 } = {}) {
  const context = await world.browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  await page.addInitScript(() => Object.freeze(Object.prototype));
  await page.goto(`${world.base}?${query}${hash}`);
  await page.waitForSelector('html[data-ready="true"]', { state: "attached", timeout: 15_000 }).catch((error) => {
    throw new Error(`the page never became ready: ${complaints.join("; ")}`, { cause: error });
  });
  return { page, context, complaints };
}

/** The control with a test id. */
export const hook = (page, id) => page.locator(`[data-testid="${id}"]`);
