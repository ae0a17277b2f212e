/** The parts of the wallet; the first page of it, with the history, has no name. */
export const WALLET_PARTS = ["buy", "bills", "send", "gifts", "teams", "purchases"] as const;
export type WalletPart = (typeof WALLET_PARTS)[number];

export type Route =
  | { page: "browse" }
  | { page: "product"; id: string }
  | { page: "cart" }
  | { page: "library" }
  | { page: "license"; id: string }
  | { page: "usage" }
  | { page: "wallet"; part?: WalletPart }
  | { page: "notices" }
  | { page: "computers" }
  | { page: "offline" }
  | { page: "account" }
  | { page: "sign-in" }
  | { page: "unknown" };

/** Which page is shown. It lives in the address, so that Back and Forward work. */
export class Router {
  route = $state.raw<Route>(parse(window.location.hash));
  /** How many pages of this visit can be gone back to. */
  depth = $state(0);
  /** Where to go after signing in. */
  #afterSignIn: Route | null = null;
  #goingBack = false;

  constructor() {
    window.addEventListener("hashchange", this.#follow);
  }

  close(): void {
    window.removeEventListener("hashchange", this.#follow);
  }

  go(route: Route): void {
    const hash = address(route);
    if (hash !== window.location.hash) window.location.hash = hash;
    // The address changes at once, its event comes later: show the page now.
    this.#show(route);
  }

  back(): void {
    if (this.depth === 0) {
      this.go({ page: "browse" });
      return;
    }
    this.#goingBack = true;
    window.history.back();
  }

  /** Asks to sign in, and comes back to the page of now afterwards. */
  askToSignIn(): void {
    if (this.route.page !== "sign-in") this.#afterSignIn = this.route;
    this.go({ page: "sign-in" });
  }

  signedIn(): void {
    const target = this.#afterSignIn ?? { page: "browse" };
    this.#afterSignIn = null;
    this.go(target);
  }

  #follow = (): void => {
    const route = parse(window.location.hash);
    if (this.#goingBack) {
      this.#goingBack = false;
      this.depth = Math.max(0, this.depth - 1);
      this.route = route;
      return;
    }
    this.#show(route);
  };

  #show(route: Route): void {
    if (address(route) === address(this.route)) return;
    this.depth += 1;
    this.route = route;
  }
}

/** The address of a page, for links. */
export function address(route: Route): string {
  if (route.page === "product" || route.page === "license") return `#/${route.page}/${encodeURIComponent(route.id)}`;
  return route.page === "wallet" && route.part ? `#/wallet/${route.part}` : `#/${route.page}`;
}

/** The page of an address; an empty one is the catalog. */
export function parse(hash: string): Route {
  const [page = "", id = ""] = hash.replace(/^#\/?/, "").split("/");
  switch (page) {
    case "":
    case "browse":
      return { page: "browse" };
    case "product":
    case "license":
      return id === "" ? { page: "unknown" } : { page, id: decoded(id) };
    case "wallet": {
      const part = WALLET_PARTS.find((one) => one === id);
      return part ? { page, part } : id === "" ? { page } : { page: "unknown" };
    }
    case "account":
    case "cart":
    case "library":
    case "usage":
    case "notices":
    case "computers":
    case "offline":
    case "sign-in":
      return { page };
    default:
      return { page: "unknown" };
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
