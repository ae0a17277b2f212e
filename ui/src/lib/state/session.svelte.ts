import { failureOf, type Failure, type Host, type SessionState } from "../host";

/** What somebody who wants in has typed. */
export interface Entry {
  how: "sign_in" | "register";
  email: string;
  password: string;
  /** How a new account's person is called; may be empty. */
  name: string;
  /** What an authenticator app shows; empty where none was asked for. */
  code: string;
}

/** Who is signed in, and whether the server answers. */
export class Session {
  state = $state.raw<SessionState>({ account: null, server: "", online: true, keystore: "secret-service", revision: 0 });
  known = $state(false);
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get signedIn(): boolean {
    return this.state.account !== null;
  }

  /** Takes what was told or answered, unless what is known was looked at later: an answer may come after the news of a change. */
  take(state: SessionState): void {
    if (state.revision < this.state.revision) return;
    this.state = state;
    this.known = true;
  }

  /** The balance after a payment, before the server is asked again. */
  spend(balance: number): void {
    const { account } = this.state;
    if (account) this.state = { ...this.state, account: { ...account, balance } };
  }

  async refresh(): Promise<void> {
    this.take(await this.#host.call("session.state", {}));
  }

  /** Signs in, or opens an account. Answers why it failed, or null. */
  async enter({ how, email, password, name, code }: Entry): Promise<Failure | null> {
    const more = how === "register" ? (name === "" ? {} : { name }) : code === "" ? {} : { code };
    try {
      this.take(await this.#host.call(`session.${how}`, { email, password, ...more }));
      return null;
    } catch (thrown) {
      return failureOf(thrown);
    }
  }

  /** Signs in with the person's browser. Answers why it failed, or null. */
  async enterByBrowser(): Promise<Failure | null> {
    try {
      const { url } = await this.#host.call("session.browser_begin", {});
      this.#host.openExternal(url);
      this.take(await this.#host.call("session.browser_wait", {}));
      return null;
    } catch (thrown) {
      return failureOf(thrown);
    }
  }

  async leave(): Promise<void> {
    this.take(await this.#host.call("session.sign_out", {}));
  }
}
