// What stands beside the server where tokens are sold: a real SMTP server, practice payments, and a browser that only notes
// which pages it was sent to.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { Companion, setting, until } from "./world.mjs";

/** Serves until standard input closes, and keeps every mail as a file (aiosmtpd). */
const SMTP = `
import os, socket, sys
from aiosmtpd.controller import Controller

class Keep:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        name = os.path.join(sys.argv[1], "%06d" % Keep.count)
        with open(name + ".part", "wb") as file:
            file.write(("To: %s\\n" % ", ".join(envelope.rcpt_tos)).encode() + envelope.content)
        os.rename(name + ".part", name + ".eml")
        return "250 OK"

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
controller = Controller(Keep(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
`;

/** Everything beside the server, in a folder of its own. */
export class Surroundings {
  #folder = mkdtempSync(join(tmpdir(), "scrip-beside-"));
  #mail;
  #payments;

  /** Starts it all, writes the server's settings, and gives its environment. */
  async open() {
    mkdirSync(this.#mailFolder);
    const python = process.env.SCRIP_PYTHON ?? "python3";
    this.#mail = new Companion("the SMTP server", python, ["-c", SMTP, this.#mailFolder], { waits: true });
    const port = await firstLine(this.#mail);
    const settings = [
      `public_url = "${setting.server}"`,
      "[mail]",
      'server = "127.0.0.1"',
      `port = ${port}`,
      'encryption = "none"',
      'from = "The Shop <shop@example.org>"',
      "[jobs]",
      "mail = 1",
      "low-balances = 1",
    ];
    writeFileSync(join(setting.data, "scrip-server.toml"), settings.join("\n"));
    const program = join(setting.programs, "scrip-practice-payments");
    this.#payments = new Companion("practice payments", program, ["127.0.0.1:0", join(this.#folder, "payments.json")], { waits: true });
    const [url, key] = (await firstLine(this.#payments)).split(" ");
    this.#noteBrowser();
    return { SCRIP_STRIPE_URL: url, SCRIP_STRIPE_SECRET_KEY: key, SCRIP_STRIPE_WEBHOOK_SECRET: "" };
  }

  async close() {
    await Promise.all([this.#mail?.stop(), this.#payments?.stop()]);
    rmSync(this.#folder, { recursive: true });
  }

  /** The newest mail to an address whose text matches, once it is there. */
  mail(to, wanted) {
    return until(`a mail to ${to} says ${wanted}`, () => {
      const files = readdirSync(this.#mailFolder).filter((name) => name.endsWith(".eml")).sort().reverse();
      const mails = files.map((name) => readFileSync(join(this.#mailFolder, name), "utf8"));
      // What quoted-printable (RFC 2045) breaks is joined again.
      return mails.map((mail) => mail.replace(/=\r?\n/g, "")).find((mail) => mail.startsWith(`To: ${to}`) && wanted.test(mail)) ?? null;
    });
  }

  /** The code in the newest such mail. */
  async code(to, wanted) {
    const [code] = (await this.mail(to, wanted)).match(CODE) ?? [];
    return code;
  }

  /** The page that the browser was sent to last; none of those that were there before. */
  browsed(known = []) {
    return until("the browser is opened", () => this.pages().findLast((page) => !known.includes(page)) ?? null);
  }

  /** Every page that the browser was sent to. */
  pages() {
    try {
      return readFileSync(this.#browserLog, "utf8").split("\n").filter(Boolean);
    } catch (thrown) {
      if (thrown.code === "ENOENT") return [];
      throw thrown;
    }
  }

  get #mailFolder() {
    return join(this.#folder, "mail");
  }

  get #browserLog() {
    return join(this.#folder, "browser");
  }

  /** The system's way to open a page (xdg-open) comes first on the path of whatever is started from here. */
  #noteBrowser() {
    const bin = join(this.#folder, "bin");
    mkdirSync(bin);
    const script = join(bin, "xdg-open");
    writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${this.#browserLog}'\n`);
    chmodSync(script, 0o755);
    process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  }
}

/** A code that is mailed or told: four groups of five symbols. */
export const CODE = /\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}\b/;

/** A person pays on the page of the practice provider, and comes back to the server. */
export async function payOn(page) {
  const shown = await (await fetch(page)).text();
  if (!shown.includes("NO REAL MONEY")) throw new Error(`${page} does not say that it is practice`);
  const paid = await fetch(`${page}/pay`, { method: "POST", redirect: "manual" });
  const back = paid.headers.get("location");
  if (paid.status !== 303 || !back?.startsWith(setting.server)) throw new Error(`${page}/pay answered ${paid.status} ${back}`);
  const thanks = await fetch(back);
  if (!thanks.ok) throw new Error(`${back} answered ${thanks.status}`);
}

function firstLine(companion) {
  return until(`${companion.name} tells its address`, () => {
    companion.requireRunning();
    const [line, ...rest] = companion.output.split("\n");
    return rest.length > 0 ? line.trim() : null;
  });
}
