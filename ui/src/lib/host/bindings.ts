// This file is generated from the Rust types of the command table: do not edit it by hand.

export type UserId = string;
export type OrderId = string;
export type LicenseId = string;
export type TransferId = string;
export type ProductId = string;
export type OfferId = string;
export type Email = string;
export type Password = string;
export type Sha256 = string;
export type Timestamp = string;
export type Version = string;
export type Tokens = number;

export type Account = { id: UserId, email: Email, created_at: Timestamp, balance: Tokens, };

export type Allowance = { "kind": "duration", seconds: number, } | { "kind": "uses", count: number, } | { "kind": "processings", count: number, };

export type RentalOffer = { id: OfferId, price: Tokens, allowance: Allowance, credit_permille: number, };

export type Offer = { "kind": "purchase", id: OfferId, price: Tokens, } | { "kind": "rental" } & RentalOffer;

export type Offers = Array<Offer>;

export type TermsSnapshot = { frozen_at: Timestamp, offers: Offers, };

export type Remaining = { ends_at?: Timestamp | null, uses?: number | null, processings?: number | null, };

export type LicenseKind = "perpetual" | "rental";

export type LicenseState = "owned" | "active" | "expired" | "exhausted";

export type Intent = "buy" | "rent" | "extend" | "convert";

export type Item = { product: ProductId, intent: Intent, offer?: OfferId | null, };

export type QuoteLine = { product: ProductId, intent: Intent, offer: OfferId | null, list_price: Tokens, charge: Tokens, equity_after: Tokens, price_to_reach: Tokens | null, owned_after: boolean, };

export type Quote = { lines: Array<QuoteLine>, total: Tokens, balance: Tokens, missing: Tokens, };

export type ArtifactKind = "deb" | "appimage" | "tar";

export type Platform = { os: string, arch: string, };

export type DetectionRule = { "kind": "package", name: string, } | { "kind": "flatpak", id: string, } | { "kind": "snap", name: string, } | { "kind": "desktop_entry", id: string, } | { "kind": "executable", name: string, };

export type Artifact = { sha256: Sha256, size: number, file_name: string, kind: ArtifactKind, platform: Platform, version: Version, };

export type CatalogEntry = { id: ProductId, name: string, summary: string, developer: string, categories: Array<string>, keywords: Array<string>, icon: Sha256 | null, offers: Offers, latest_version: Version | null, detection: Array<DetectionRule>, artifacts: Array<Artifact>, revision: number, };

export type DescriptionBlock = { "kind": "paragraph", text: string, } | { "kind": "list", ordered: boolean, items: Array<string>, };

export type Screenshot = { url: string, caption: string, };

export type ReleaseNote = { version: Version, released_at: Timestamp | null, };

export type Product = { description: Array<DescriptionBlock>, license: string, homepage: string | null, screenshots: Array<Screenshot>, releases: Array<ReleaseNote>, } & CatalogEntry;

export type Category = { id: string, products: number, };

export type Problem = { type: string, status: number, code: string, detail: string, hints: Array<string>, quote?: Quote | null, };

export type Order = { id: OrderId, created_at: Timestamp, lines: Array<QuoteLine>, total: Tokens, balance_after: Tokens, };

export type Cart = { items: Array<Item>, quote: Quote | null, problem: Problem | null, };

export type LicenseView = { id: LicenseId, product: ProductId, kind: LicenseKind, state: LicenseState, remaining: Remaining, equity: Tokens, price_to_own: Tokens | null, last_offer: OfferId | null, terms: TermsSnapshot, started_at: Timestamp, revision: number, };

export type TransferKind = "grant" | "order";

export type WalletEntry = { transfer: TransferId, at: Timestamp, kind: TransferKind, amount: number, balance_after: Tokens, reason: string, order: OrderId | null, };

export type DetectionStatus = "installed" | "outdated" | "absent";

export type Source = "dpkg" | "rpm" | "flatpak" | "snap" | "desktop_entry" | "appimage" | "prefix" | "executable";

export type LaunchTarget = { "kind": "desktop_entry", id: string, } | { "kind": "file", path: string, };

export type Detection = { status: DetectionStatus, version: Version | null, location: string | null, source: Source | null, id: string | null, evidence: Array<string>, launch: LaunchTarget | null, };

export type Program = { name: string, version: Version | null, source: Source, id: string, location: string | null, launch: LaunchTarget | null, };

export type Failure = { code: string, message: string, hints: Array<string>, quote?: Quote | null, };

export type SessionState = { account: Account | null, server: string, online: boolean, keystore: string, };

export type Credentials = { email: string, password: Password, };

export type Show = "all" | "installed" | "licensed" | "downloadable";

export type SearchArgs = { words: string, category?: string | null, show: Show, offset: number, limit: number, };

export type ProductCard = { id: ProductId, name: string, summary: string, developer: string, categories: Array<string>, icon: Sha256 | null, offers: Offers, installed: boolean, license: LicenseView | null, };

export type SearchResult = { items: Array<ProductCard>, total: number, categories: Array<Category>, };

export type ProductArgs = { product: ProductId, };

export type Action = "authorize" | "update" | "install";

export type Plan = { product: ProductId, action: Action, download_bytes: number, artifact: Artifact | null, evidence: Array<string>, detection: Detection, obstacle: Failure | null, };

export type ProductView = { product: Product, complete: boolean, plan: Plan, license: LicenseView | null, authorized: boolean, in_cart: boolean, };

export type QuoteArgs = { items: Array<Item>, };

export type PayArgs = { items: Array<Item>, expected_total: Tokens, command: string, from_cart: boolean, };

export type AddToCartArgs = { item: Item, };

export type AcquireArgs = { product: ProductId, update: boolean, };

export type Acquired = { product: ProductId, action: Action, downloaded_bytes: number, version: Version | null, evidence: Array<string>, };

export type LibraryEntry = { name: string, icon: Sha256 | null, license: LicenseView, detection: Detection, authorized: boolean, can_launch: boolean, can_install: boolean, can_uninstall: boolean, };

export type LibraryView = { entries: Array<LibraryEntry>, confirmed_at: Timestamp | null, };

export type WalletView = { balance: Tokens, confirmed_at: Timestamp, };

export type HistoryArgs = { cursor?: string | null, };

export type HistoryView = { items: Array<WalletEntry>, next_cursor: string | null, };

export type CodeView = { code: string, claims: Record<string, unknown>, explanation: Array<string>, };

export type CatalogState = { products: number, revision: number, synced_at: Timestamp | null, };

export type Stage = "queued" | "downloading" | "verifying" | "installing" | "detecting" | "authorizing" | "done" | "failed" | "cancelled";

export type Event = { "kind": "progress", product: ProductId, stage: Stage, done_bytes: number, total_bytes: number, failure: Failure | null, } | { "kind": "catalog_changed" } & CatalogState | { "kind": "library_changed" } | { "kind": "session_changed" } & SessionState;

export interface Commands {
  "session.state": { args: Record<string, never>, result: SessionState },
  "session.register": { args: Credentials, result: SessionState },
  "session.sign_in": { args: Credentials, result: SessionState },
  "session.sign_out": { args: Record<string, never>, result: SessionState },
  "catalog.sync": { args: Record<string, never>, result: CatalogState },
  "catalog.state": { args: Record<string, never>, result: CatalogState },
  "catalog.search": { args: SearchArgs, result: SearchResult },
  "product.view": { args: ProductArgs, result: ProductView },
  "product.plan": { args: ProductArgs, result: Plan },
  "checkout.quote": { args: QuoteArgs, result: Quote },
  "checkout.pay": { args: PayArgs, result: Order },
  "cart.view": { args: Record<string, never>, result: Cart },
  "cart.add": { args: AddToCartArgs, result: Cart },
  "cart.remove": { args: ProductArgs, result: Cart },
  "acquire.start": { args: AcquireArgs, result: Acquired },
  "acquire.cancel": { args: ProductArgs, result: null },
  "library.view": { args: Record<string, never>, result: LibraryView },
  "library.launch": { args: ProductArgs, result: null },
  "library.uninstall": { args: ProductArgs, result: null },
  "wallet.view": { args: Record<string, never>, result: WalletView },
  "wallet.history": { args: HistoryArgs, result: HistoryView },
  "code.show": { args: ProductArgs, result: CodeView },
  "inventory.programs": { args: Record<string, never>, result: Array<Program> },
  "inventory.rescan": { args: Record<string, never>, result: Array<Program> },
}
