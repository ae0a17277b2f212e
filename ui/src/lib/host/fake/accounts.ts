// An invented person's account: what the vendor knows, where it is signed in, and signing in through a browser.

import type { Profile, SessionState, SessionView } from "..";
import type { FakeHost, Table } from "./fake";
import { refuse } from "./rules";

export type AccountCommand =
  | "session.browser_begin"
  | "session.browser_wait"
  | "account.profile"
  | "account.correct"
  | "account.send_verification"
  | "account.verify"
  | "account.password"
  | "account.email"
  | "account.recover"
  | "account.recover_finish"
  | "account.claim"
  | "account.factor_begin"
  | "account.factor_confirm"
  | "account.factor_remove"
  | "account.export"
  | "account.erase"
  | "account.erasure"
  | "account.sessions"
  | "account.end_sessions";

const HOUR_MS = 3_600_000;

export class Accounts {
  /** How long an invented person takes to sign in with the browser; null where nobody ever does. */
  browserMs: number | null = null;
  verified = true;
  secondFactor = false;
  /** What has to be seen to before the person can be erased. */
  hindrances: string[] = [];
  details: Profile["details"] = { name: "Ada Lovelace", phone: "", postal_address: "12 St James's Square\nLondon" };
  sessions: SessionView[] = [];
  readonly #host: FakeHost;
  readonly #open: (email: string) => SessionState;

  constructor(host: FakeHost, open: (email: string) => SessionState) {
    this.#host = host;
    this.#open = open;
  }

  commands(): Pick<Table, AccountCommand> {
    return {
      "session.browser_begin": () => {
        this.#host.needServer();
        return { url: `${this.#host.session.server}/account/authorize?state=1` };
      },
      "session.browser_wait": async () => {
        const { browserMs } = this;
        await new Promise<void>((done) => browserMs !== null && setTimeout(done, browserMs));
        return this.#open("ada@example.org");
      },
      "account.profile": () => this.#profile(),
      "account.correct": (details) => {
        if (details.name.length > 80) refuse("account.details_invalid", "a name has 80 characters at most");
        this.details = { ...details };
        return this.#profile();
      },
      "account.send_verification": () => null,
      "account.verify": ({ code }) => {
        this.#use(code);
        this.verified = true;
        return null;
      },
      "account.password": ({ password, new_password }) => {
        if (password.length < 8) refuse("auth.credentials_wrong", "the password is wrong");
        if (new_password.length < 8) refuse("account.password_invalid", "8 characters are needed");
        return null;
      },
      "account.email": () => ({ mailed: true }),
      "account.recover": () => null,
      "account.recover_finish": ({ code }) => this.#use(code),
      "account.claim": ({ code }) => {
        this.#use(code);
        return this.#open("ada@example.org");
      },
      "account.factor_begin": () => ({ secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/Scrip:ada@example.org?secret=JBSWY3DPEHPK3PXP" }),
      "account.factor_confirm": () => {
        this.secondFactor = true;
        return { codes: ["2345-6789"] };
      },
      "account.factor_remove": () => {
        this.secondFactor = false;
        return null;
      },
      "account.export": () => ({ json: JSON.stringify(this.#profile(), null, 2) }),
      "account.erasure": () => ({ hindrances: this.hindrances, forfeits: this.#host.needAccount().balance, licenses: 3, bills_kept: 1, bills_kept_until: "2037-01-01T00:00:00Z" }),
      "account.erase": ({ password, forfeit }) => {
        if (password.length < 8) refuse("auth.credentials_wrong", "the password is wrong");
        const { balance } = this.#host.needAccount();
        if (forfeit !== balance) refuse("account.not_erasable", `the wallet holds ${balance} tokens`);
        this.#host.session.account = null;
        return this.#host.tellSession();
      },
      "account.sessions": () => this.#all(),
      "account.end_sessions": ({ session }) => {
        this.sessions = this.#all().filter(({ id, current }) => (session == null ? current : id !== session));
        return this.sessions;
      },
    };
  }

  /** Codes that begin with a nine were never sent. */
  #use(code: string): null {
    if (code.replace(/\W/g, "").length < 20 || code.startsWith("9")) refuse("account.code_wrong", "that code is not valid any more");
    return null;
  }

  #profile(): Profile {
    const account = this.#host.session.account ?? refuse("auth.session_missing", "nobody is signed in");
    return { id: account.id, email: account.email, created_at: account.created_at, verified_at: this.verified ? account.created_at : null, details: this.details, second_factor: this.secondFactor, spare_codes: this.secondFactor ? 8 : 0, passkeys: [], mail: true, barred: this.verified ? [] : ["send", "receive", "order_on_bill"], grant_waits: 0 };
  }

  #all(): SessionView[] {
    if (this.sessions.length > 0) return this.sessions;
    const now = this.#host.options.now();
    const at = (hours: number): string => new Date(now - hours * HOUR_MS).toISOString();
    const ends = (hours: number): string => new Date(now + hours * HOUR_MS).toISOString();
    this.sessions = [
      { id: "s1", label: "Scrip on analytical-engine", created_at: at(400), seen_at: at(0), expires_at: ends(320), current: true },
      { id: "s2", label: "Firefox on Linux", created_at: at(90), seen_at: at(3), expires_at: ends(630), current: false },
      { id: "s3", label: "", created_at: at(700), seen_at: at(500), expires_at: ends(20), current: false },
    ];
    return this.sessions;
  }
}
