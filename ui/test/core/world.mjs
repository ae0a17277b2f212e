// A real server, the real core of a customer's app behind a bridge, and a browser that shows the page on top of both.

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { open as openPage } from "../browser/world.mjs";
import { administer, Server } from "../pages/world.mjs";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/scrip/target");
const BRIDGE = process.env.SCRIP_BRIDGE_PROGRAM ?? join(TARGET, "debug/scrip-bridge");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Where pictures go. */
export const PICTURES = join(TARGET, "screenshots/core");

/** What the server sells. The first is published as an archive; the second is on the computer already. */
export const PROGRAMS = [
  { id: "org.example.Planner", name: "Planner", program: "scrip-planner" },
  { id: "org.example.Recorder", name: "Recorder", program: "scrip-recorder" },
  { id: "org.example.Writer", name: "Writer", program: "scrip-writer" },
];

const METAINFO = ({ id, name, program }) => `<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application"><id>${id}</id><name>${name}</name><summary>${name} for every day, in one sentence</summary>
<metadata_license>CC0-1.0</metadata_license><project_license>MIT</project_license><description><p>${name} does one thing well.</p></description>
<categories><category>Utility</category></categories><provides><binary>${program}</binary></provides>
<releases><release version="1.0" date="2026-01-02"/></releases></component>`;

const PRICES = `[default]
purchase = 60
[[default.rental]]
id = "week"
price = 25
duration = "7d"
credit_permille = 1000
[[default.rental]]
id = "ten"
price = 10
uses = 10
credit_permille = 500
`;

/** A folder with what a person's own search path holds, and a program in it. */
function placeProgram(folder, { program, name }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, program), `#!/bin/sh\necho ${name} 1.0\n`);
  chmodSync(join(folder, program), 0o755);
}

function archive(folder, listing) {
  const inner = `${listing.program}-1.0`;
  placeProgram(join(folder, inner, "bin"), listing);
  const file = join(folder, `${inner}.tar.gz`);
  const run = spawnSync("tar", ["-C", folder, "-czf", file, inner], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`tar ended with ${run.status}: ${run.stderr}`);
  return file;
}

class Bridge {
  constructor(home, server) {
    const { DISPLAY: _, ...variables } = process.env;
    this.child = spawn(BRIDGE, [], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...variables, HOME: home, SCRIP_HOME: join(home, "scrip"), SCRIP_SERVER: server, SCRIP_KEYSTORE: "file" },
    });
    this.listening = new Promise((ready, failed) => {
      this.child.stdout.once("data", (bytes) => ready(String(bytes).trim()));
      this.child.once("error", failed);
      this.child.once("exit", (status) => failed(new Error(`the bridge ended with ${status}`)));
    });
    this.ended = new Promise((done) => this.child.once("exit", done));
  }

  async stop() {
    if (this.child.pid === undefined) return;
    this.child.kill("SIGTERM");
    await this.ended;
  }
}

/** All of it, with a catalog that has arrived nowhere yet. */
export async function open() {
  const folder = mkdtempSync(join(tmpdir(), "scrip-core-"));
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const [data, catalog, home] = ["server", "catalog", "home"].map((name) => join(folder, name));
  for (const made of [data, catalog, home]) mkdirSync(made);
  for (const listing of PROGRAMS) writeFileSync(join(catalog, `${listing.id}.metainfo.xml`), METAINFO(listing));
  writeFileSync(join(folder, "prices.toml"), PRICES);
  administer(data, "", "import", "appstream", catalog, "--prices", join(folder, "prices.toml"));
  administer(data, "", "publish", archive(folder, PROGRAMS[0]), "--product", PROGRAMS[0].id, "--version", "1.0");
  placeProgram(join(home, ".local/bin"), PROGRAMS[1]);

  // What was started is ended also where the rest does not start.
  const end = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    while (end.length > 0) await end.pop()();
  };
  try {
    const server = new Server(data);
    end.push(() => server.stop());
    const address = await server.listening;
    const bridge = new Bridge(home, address);
    end.push(() => bridge.stop());
    const proxy = { "/bridge": { target: await bridge.listening, rewrite: (path) => path.replace(/^\/bridge/, "") } };
    const page = await openPage({ proxy });
    end.push(() => page.close());
    /** The network is gone, as far as the app can tell. */
    return { ...page, data, stopServer: () => server.stop(), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** What the accessibility checker finds wrong on a page whose policy forbids scripts from elsewhere. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
