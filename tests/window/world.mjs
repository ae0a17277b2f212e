// A real server with its data in a private folder, and the real window under WebDriver. `cargo xtask test` prepares the rest:
// a display, a session bus with a Secret Service, private home folders, and this environment.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Builder, Capabilities } from "selenium-webdriver";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are started by \`cargo xtask test\``);
  return value;
}

const [presentProduct, presentWords] = required("SCRIP_PRESENT").split(",");
const [absentProduct, absentWords, absentPackage, absentBytes] = required("SCRIP_ABSENT").split(",");

/** The password of every account. */
export const PASSWORD = "correct horse battery";

/** What the tests are run with. */
export const setting = {
  /** The folder of the programs that were built. */
  programs: required("SCRIP_PROGRAMS"),
  /** The server's address, also known to the window. */
  server: required("SCRIP_SERVER"),
  /** The server's data folder, with catalog and packages. */
  data: required("SCRIP_DATA"),
  /** Where pictures go. */
  pictures: required("SCRIP_SCREENSHOTS"),
  /** Where the window saves files. */
  downloads: join(required("HOME"), "Downloads"),
  driver: required("SCRIP_TAURI_DRIVER"),
  driverPorts: required("SCRIP_DRIVER_PORTS").split(","),
  /** A product whose program is on this computer already, by other means, and the words that find it. */
  present: { id: presentProduct, words: presentWords },
  /** One whose program is not, and the package that brings it, with the size of its file in bytes. */
  absent: { id: absentProduct, words: absentWords, package: absentPackage, bytes: Number(absentBytes) },
};

/** Asks again and again until there is an answer that is not null or false; fails with `what` when the time is over. */
export async function until(what, ask, max = 20_000) {
  const end = Date.now() + max;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== false && answer !== undefined) return answer;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    if (Date.now() > end) throw new Error(`${what}: not after ${max / 1000} s`, { cause: last });
    await new Promise((go) => setTimeout(go, 40));
  }
}

/** A program that runs beside the tests; ended by its own id. */
export class Companion {
  /** One that `waits` serves until its standard input closes. */
  constructor(name, program, args, { environment = {}, waits = false } = {}) {
    this.name = name;
    this.output = "";
    this.child = spawn(program, args, { stdio: [waits ? "pipe" : "ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on("data", (bytes) => (this.output = (this.output + bytes).slice(-20_000)));
    }
    this.ended = new Promise((done) => {
      this.child.once("exit", (status, signal) => done((this.how = status ?? signal)));
      this.child.once("error", (error) => done((this.how = error)));
    });
  }

  requireRunning() {
    if (this.how !== undefined) throw new Error(`${this.name} ended with ${this.how}: ${this.output}`);
  }

  async stop() {
    if (this.how === undefined) this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(timer);
    // What it started may live on and hold these open, and the tests with them.
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }
}

async function started(companion, address) {
  await until(`${companion.name} at ${address}`, async () => {
    companion.requireRunning();
    return (await fetch(address, { signal: AbortSignal.timeout(2_000) })).ok;
  }, 60_000);
  return companion;
}

/** Starts the server, with more in its environment. */
export function startServer(environment = {}) {
  const address = setting.server.replace("http://", "");
  const args = ["serve", "--listen", address, "--data", setting.data];
  return started(new Companion("scrip-server", join(setting.programs, "scrip-server"), args, { environment }), `${setting.server}/readyz`);
}

/** Runs another command of the server's program on the same data, and gives what it printed. */
export function administer(...args) {
  const run = spawnSync(join(setting.programs, "scrip-server"), [...args, "--data", setting.data], { encoding: "utf8", timeout: 60_000 });
  if (run.status !== 0) throw new Error(`scrip-server ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return run.stdout;
}

/** The names of the files that the window saved. */
export function downloads() {
  try {
    return readdirSync(setting.downloads);
  } catch (thrown) {
    if (thrown.code === "ENOENT") return [];
    throw thrown;
  }
}

/** What makes the machine that a program sees: an id and a name of its own, and none of the host's hardware. */
const MACHINE = `mount --bind "$0" /etc/machine-id && mount -t tmpfs none /sys && hostname "$1" && shift && exec "$@"`;

/** A computer with the terminal program: this one, or another in namespaces of its own (unshare(1)). */
export class Computer {
  #start = [];
  #variables = {};
  #folder;

  /** The one that the window runs on. */
  static here() {
    return new Computer();
  }

  /** Another one, whose state is removed by `remove`. */
  static apart(name) {
    const computer = new Computer();
    const folder = (computer.#folder = mkdtempSync(join(tmpdir(), "scrip-computer-")));
    const id = join(folder, "machine-id");
    writeFileSync(id, Buffer.from(name.padEnd(16, name)).subarray(0, 16).toString("hex"));
    computer.#start = ["unshare", "--map-root-user", "--mount", "--uts", "sh", "-c", MACHINE, id, name];
    computer.#variables = { HOME: folder, SCRIP_HOME: folder, SCRIP_KEYSTORE: "file" };
    return computer;
  }

  remove() {
    if (this.#folder) rmSync(this.#folder, { recursive: true });
  }

  /** Runs a command of the terminal program: how it ended, and what it printed. */
  run(args, input = "") {
    const [program, ...rest] = [...this.#start, join(setting.programs, "scrip"), ...args];
    // Programs that it starts show nothing here.
    const { DISPLAY: _, ...variables } = { ...process.env, ...this.#variables };
    const run = spawnSync(program, rest, { encoding: "utf8", input, timeout: 60_000, env: variables });
    if (run.error) throw run.error;
    return run;
  }

  /** The result of a command that must succeed, read as JSON. */
  ask(args, input) {
    const run = this.run(["--json", ...args], input);
    if (run.status !== 0) throw new Error(`scrip ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
    return JSON.parse(run.stdout);
  }

  /** The code of the refusal of a command that must fail. */
  refusal(args) {
    const run = this.run(["--json", ...args]);
    if (run.status === 0) throw new Error(`scrip ${args.join(" ")} was not refused: ${run.stdout}`);
    return JSON.parse(run.stderr).code;
  }
}

/** How many bytes of installers the server has sent since it was started. */
export async function installerBytesSent() {
  const metrics = await (await fetch(`${setting.server}/metrics`)).text();
  const line = metrics.split("\n").find((one) => one.startsWith("scrip_artifact_bytes_total "));
  if (!line) throw new Error(`the server counts no installer bytes:\n${metrics}`);
  return Number(line.split(" ")[1]);
}

export function startDriver() {
  const [port, native] = setting.driverPorts;
  const args = ["--port", port, "--native-port", native];
  return started(new Companion("tauri-driver", setting.driver, args), `http://127.0.0.1:${port}/status`);
}

export function isInstalled(name) {
  return spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], { encoding: "utf8" }).stdout === "installed";
}

/** Whatever happened before, the package is not left on the computer. */
export function remove(name) {
  if (!isInstalled(name)) return;
  const run = spawnSync("dpkg", ["--purge", name], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`${name} could not be removed: ${run.stderr}`);
}

/** How many secrets of Scrip the Secret Service of this session holds. */
export function secretsKept() {
  const run = spawnSync("secret-tool", ["search", "--all", "service", "Scrip"], { encoding: "utf8", timeout: 20_000 });
  if (run.status !== 0) throw new Error(`secret-tool ended with ${run.status ?? run.signal}: ${run.stdout}${run.stderr}`);
  return run.stdout.split("\n").filter((line) => line.startsWith("secret = ")).length;
}

/** Opens the window and waits until its first page shows data. */
export async function openWindow() {
  const capabilities = new Capabilities({ browserName: "wry", "tauri:options": { application: join(setting.programs, "scrip-desktop") } });
  const session = new Builder().usingServer(`http://127.0.0.1:${setting.driverPorts[0]}/`).withCapabilities(capabilities).build();
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("the window gave no session within 60 s")), 60_000).unref());
  const driver = await Promise.race([session, late]);
  await driver.manage().setTimeouts({ implicit: 0, pageLoad: 30_000, script: 20_000 });
  await until("the first page shows data", () => driver.executeScript("return document.documentElement.dataset.ready === 'true'"), 60_000);
  return driver;
}

/** Keeps what the display shows, for a person to look at. WebKit's own pictures can take for ever when nothing changes. */
export function keepPicture(name) {
  mkdirSync(setting.pictures, { recursive: true });
  const run = spawnSync("import", ["-silent", "-window", "root", join(setting.pictures, `${name}.png`)], { encoding: "utf8", timeout: 20_000 });
  if (run.status !== 0) throw new Error(`no picture of ${name}: ${run.stderr}`);
}

/** Removes the picture of an earlier run. */
export function forgetPicture(name) {
  rmSync(join(setting.pictures, `${name}.png`), { force: true });
}
