// This file is generated from the Rust types of the command table: do not edit it by hand.

export type Account = { 
/**
 * The account's id.
 */
id: UserId, 
/**
 * The address that identifies the account.
 */
email: Email, 
/**
 * When the account was opened.
 */
created_at: Timestamp, 
/**
 * What the wallet holds.
 */
balance: Tokens, };

export type AcquireArgs = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * Whether an older installed version is updated (true) or only authorized (false).
 */
update: boolean, };

export type Acquired = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What was done.
 */
action: Action, 
/**
 * Installer bytes that were downloaded.
 */
downloaded_bytes: number, 
/**
 * The version that is now found on this computer.
 */
version: Version | null, 
/**
 * What is now found on this computer, in words.
 */
evidence: Array<string>, };

export type Action = "authorize" | "update" | "install";

export type AddToCartArgs = { 
/**
 * The item.
 */
item: Item, };

export type Allowance = { "kind": "duration", 
/**
 * Seconds, 60 (a minute) to ten years.
 */
seconds: number, } | { "kind": "uses", 
/**
 * How many.
 */
count: number, } | { "kind": "processings", 
/**
 * How many.
 */
count: number, } | { "kind": "combined" } & Limits;

export type Artifact = { 
/**
 * The file's digest, by which it is fetched: `/v1/artifacts/{sha256}`.
 */
sha256: Sha256, 
/**
 * The file's size in bytes.
 */
size: number, 
/**
 * The file's name, without a folder.
 */
file_name: string, 
/**
 * How it is packaged.
 */
kind: ArtifactKind, 
/**
 * What it runs on.
 */
platform: Platform, 
/**
 * The version that it installs.
 */
version: Version, };

export type ArtifactKind = "deb" | "appimage" | "tar";

export type Cart = { 
/**
 * The items, in the order in which they were added.
 */
items: Array<Item>, 
/**
 * What they cost; absent when the cart is empty or an item cannot be had.
 */
quote: Quote | null, 
/**
 * Why the cart cannot be priced.
 */
problem: Problem | null, };

export type CatalogState = { 
/**
 * How many products it holds.
 */
products: number, 
/**
 * Its revision.
 */
revision: number, 
/**
 * When it was last compared with the server's; absent when never.
 */
synced_at: Timestamp | null, };

export type Category = { 
/**
 * The category's name in the freedesktop menu specification.
 */
id: string, 
/**
 * How many products.
 */
products: number, };

export type CodeView = { 
/**
 * The code: a compact JWS.
 */
code: string, 
/**
 * Its verified claims.
 */
claims: Record<string, unknown>, 
/**
 * What it says, in words.
 */
explanation: Array<string>, };

export type Credentials = { 
/**
 * The address that identifies the account.
 */
email: string, 
/**
 * The password.
 */
password: Password, };

export type DescriptionBlock = { "kind": "paragraph", 
/**
 * Its text.
 */
text: string, } | { "kind": "list", 
/**
 * Whether its items are numbered.
 */
ordered: boolean, 
/**
 * Its items.
 */
items: Array<string>, };

export type Detection = { 
/**
 * Whether it is there.
 */
status: DetectionStatus, 
/**
 * The installed version, where it is known.
 */
version: Version | null, 
/**
 * The program's file or folder. [`detect_all`] leaves it out where a package's list of files would have to be read.
 */
location: string | null, 
/**
 * Who knows of it.
 */
source: Source | null, 
/**
 * The id under which that source knows it.
 */
id: string | null, 
/**
 * Why, in whole sentences; never empty.
 */
evidence: Array<string>, 
/**
 * What starts it, where that is known without reading files; see [`Detection::program`].
 */
launch: LaunchTarget | null, };

export type DetectionRule = { "kind": "package", 
/**
 * The package's name.
 */
name: string, } | { "kind": "flatpak", 
/**
 * The application id.
 */
id: string, } | { "kind": "snap", 
/**
 * The snap's name.
 */
name: string, } | { "kind": "desktop_entry", 
/**
 * The desktop file id, such as `org.gnome.Calculator.desktop`.
 */
id: string, } | { "kind": "executable", 
/**
 * The file's name, without a folder.
 */
name: string, };

export type DetectionStatus = "installed" | "outdated" | "absent";

export type Email = string;

export type Event = { "kind": "progress", 
/**
 * Of which product.
 */
product: ProductId, 
/**
 * How far it is.
 */
stage: Stage, 
/**
 * Bytes that are here.
 */
done_bytes: number, 
/**
 * Bytes in all.
 */
total_bytes: number, 
/**
 * Why it failed.
 */
failure: Failure | null, } | { "kind": "catalog_changed" } & CatalogState | { "kind": "library_changed" } | { "kind": "session_changed" } & SessionState;

export type Failure = { 
/**
 * The stable code, such as `wallet.insufficient`.
 */
code: string, 
/**
 * What happened, to what and why, in one or two sentences.
 */
message: string, 
/**
 * What to do next.
 */
hints: Array<string>, 
/**
 * Today's quote, where the price changed or the wallet lacks tokens.
 */
quote?: Quote | null, };

export type HistoryArgs = { 
/**
 * The cursor of the page before; absent for the newest entries.
 */
cursor?: string | null, };

export type HistoryView = { 
/**
 * The entries.
 */
items: Array<WalletEntry>, 
/**
 * Asks for older entries; absent at the end.
 */
next_cursor: string | null, };

export type Hold = { 
/**
 * For a while, or for good.
 */
kind: HoldKind, 
/**
 * Why, in the operator's words.
 */
reason: string, 
/**
 * Since when.
 */
since: Timestamp, };

export type HoldKind = "suspended" | "revoked";

export type Intent = "buy" | "rent" | "extend" | "convert" | "upgrade";

export type Item = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What to do with it.
 */
intent: Intent, 
/**
 * The rental offer: needed to rent; for an extension the last one is repeated where none is given.
 */
offer?: OfferId | null, };

export type LaunchTarget = { "kind": "desktop_entry", 
/**
 * The desktop file id, such as `org.gnome.Calculator.desktop`.
 */
id: string, } | { "kind": "file", 
/**
 * The file's absolute path.
 */
path: string, };

export type LibraryEntry = { 
/**
 * The product's name; its id where the catalog no longer has it.
 */
name: string, 
/**
 * The digest of its icon.
 */
icon: Sha256 | null, 
/**
 * The license, judged by this computer's clock.
 */
license: LicenseView, 
/**
 * What is found on this computer.
 */
detection: Detection, 
/**
 * Whether an authorization code for this computer is stored here.
 */
authorized: boolean, 
/**
 * Whether it can be started from here.
 */
can_launch: boolean, 
/**
 * Whether the vendor publishes a file for this computer.
 */
can_install: boolean, 
/**
 * Whether Scrip installed it, so that Scrip can remove it.
 */
can_uninstall: boolean, };

export type LibraryView = { 
/**
 * The entries, the newest license first.
 */
entries: Array<LibraryEntry>, 
/**
 * When the server last confirmed them; absent when never.
 */
confirmed_at: Timestamp | null, };

export type LicenseId = string;

export type LicenseKind = "perpetual" | "rental";

export type LicenseState = "owned" | "active" | "grace" | "paused" | "expired" | "exhausted" | "suspended" | "revoked";

export type LicenseView = { 
/**
 * The license's id.
 */
id: LicenseId, 
/**
 * What it is for.
 */
product: ProductId, 
/**
 * Whether it lasts.
 */
kind: LicenseKind, 
/**
 * What it allows at the time of the answer.
 */
state: LicenseState, 
/**
 * What is left of a rental.
 */
remaining: Remaining, 
/**
 * The part of the frozen purchase price that is paid.
 */
equity: Tokens, 
/**
 * What owning costs from here; absent where the frozen terms name no price, zero when owned.
 */
price_to_own: Tokens | null, 
/**
 * The offer of the last rental payment.
 */
last_offer: OfferId | null, 
/**
 * What was reported as taken so far, on all computers.
 */
used: Usage, 
/**
 * Everything paid for the license less what was given back.
 */
paid: Tokens, 
/**
 * Since when the rental is paused.
 */
paused_at: Timestamp | null, 
/**
 * How often it was paused.
 */
pauses: number, 
/**
 * Whether it is a trial.
 */
trial: boolean, 
/**
 * How it is extended by itself.
 */
renewal: Renewal | null, 
/**
 * Why the vendor stopped it.
 */
hold: Hold | null, 
/**
 * The prices promised when the license began.
 */
terms: TermsSnapshot, 
/**
 * When the license began.
 */
started_at: Timestamp, 
/**
 * Counts the changes of the license, from 1.
 */
revision: number, };

export type Limits = { 
/**
 * Seconds.
 */
seconds?: number | null, 
/**
 * Starts of the program.
 */
uses?: number | null, 
/**
 * Units of work.
 */
processings?: number | null, };

export type Offer = { "kind": "purchase", 
/**
 * The id of the offer; `purchase` in imported catalogs.
 */
id: OfferId, 
/**
 * What it costs, in tokens.
 */
price: Tokens, } | { "kind": "rental" } & RentalOffer | { "kind": "trial", 
/**
 * The id of the offer.
 */
id: OfferId, 
/**
 * How long, or how much.
 */
allowance: Allowance, };

export type OfferId = string;

export type Offers = Array<Offer>;

export type Order = { 
/**
 * The order's id.
 */
id: OrderId, 
/**
 * When it was paid.
 */
created_at: Timestamp, 
/**
 * What was paid for.
 */
lines: Array<QuoteLine>, 
/**
 * What was paid.
 */
total: Tokens, 
/**
 * What the wallet held afterwards.
 */
balance_after: Tokens, };

export type OrderId = string;

export type Password = string;

export type PauseRule = { 
/**
 * How often.
 */
max_pauses: number, 
/**
 * How long each time, in seconds; the rental then goes on by itself.
 */
max_seconds: number, };

export type PayArgs = { 
/**
 * The items.
 */
items: Array<Item>, 
/**
 * The total that the person saw.
 */
expected_total: Tokens, 
/**
 * The idempotency key, a UUID made when the person pressed the button; a repetition answers the first order.
 */
command: string, 
/**
 * Whether the items are the cart's, which is then emptied.
 */
from_cart: boolean, };

export type Plan = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What will be done.
 */
action: Action, 
/**
 * Installer bytes that will be downloaded; 0 when only the code is fetched. Bytes already here do not count.
 */
download_bytes: number, 
/**
 * The file that would be installed.
 */
artifact: Artifact | null, 
/**
 * What was found on this computer, in words.
 */
evidence: Array<string>, 
/**
 * What was found, for programs.
 */
detection: Detection, 
/**
 * Why the plan cannot be carried out, such as no file for this computer.
 */
obstacle: Failure | null, };

export type Platform = { 
/**
 * `linux`, `windows` or `macos`.
 */
os: string, 
/**
 * `x86_64`, `aarch64` …, or `any`.
 */
arch: string, };

export type Policy = { 
/**
 * How many computers one license runs on at the same time.
 */
seats: number, 
/**
 * How many more computers may borrow it for a while each, as teams do.
 */
floating_seats: number, 
/**
 * Whether a license may be given to another account.
 */
transferable: boolean, 
/**
 * The product, an earlier major version, whose license can be turned into one of this with its equity.
 */
upgrade_from?: ProductId | null, };

export type Problem = { 
/**
 * Names the kind of problem: `urn:scrip:problem:` and the code.
 */
type: string, 
/**
 * The HTTP status.
 */
status: number, 
/**
 * The stable code, such as `wallet.insufficient`.
 */
code: string, 
/**
 * What happened, in one sentence.
 */
detail: string, 
/**
 * What to do next.
 */
hints: Array<string>, 
/**
 * Today's quote, where the price changed or the wallet lacks tokens.
 */
quote?: Quote | null, };

export type Product = { 
/**
 * The description.
 */
description: Array<DescriptionBlock>, 
/**
 * The program's own licence as an SPDX expression; empty where unknown.
 */
license: string, 
/**
 * The program's home page.
 */
homepage: string | null, 
/**
 * Addresses of pictures.
 */
screenshots: Array<Screenshot>, 
/**
 * Versions and their dates, the newest first.
 */
releases: Array<ReleaseNote>, 
/**
 * The product's id.
 */
id: ProductId, 
/**
 * Its name, in plain text.
 */
name: string, 
/**
 * One sentence about it, in plain text.
 */
summary: string, 
/**
 * Its developer's name; empty where unknown.
 */
developer: string, 
/**
 * Categories of the freedesktop menu specification, such as `Graphics`.
 */
categories: Array<string>, 
/**
 * Words that people search for.
 */
keywords: Array<string>, 
/**
 * The digest of its icon, a PNG served at `/v1/icons/{digest}`.
 */
icon: Sha256 | null, 
/**
 * Its offers; empty where it is not for sale.
 */
offers: Offers, 
/**
 * What holds for every license of it: seats and the like.
 */
policy: Policy, 
/**
 * The newest version that is known.
 */
latest_version: Version | null, 
/**
 * How to recognise it on a computer, in order.
 */
detection: Array<DetectionRule>, 
/**
 * The files that install it; empty where the vendor publishes none.
 */
artifacts: Array<Artifact>, 
/**
 * The catalog's revision in which the entry last changed.
 */
revision: number, };

export type ProductArgs = { 
/**
 * The product's id.
 */
product: ProductId, };

export type ProductCard = { 
/**
 * The product's id.
 */
id: ProductId, 
/**
 * Its name.
 */
name: string, 
/**
 * One sentence about it.
 */
summary: string, 
/**
 * Its developer; empty where unknown.
 */
developer: string, 
/**
 * Its categories.
 */
categories: Array<string>, 
/**
 * The digest of its icon, to pass to the host's icon address.
 */
icon: Sha256 | null, 
/**
 * Its offers.
 */
offers: Offers, 
/**
 * Whether this computer has it.
 */
installed: boolean, 
/**
 * The person's license, where there is one.
 */
license: LicenseView | null, };

export type ProductId = string;

export type ProductView = { 
/**
 * The listing, with description, pictures and releases where the server could be asked.
 */
product: Product, 
/**
 * Whether the description comes from the server (or only the listing from the local catalog).
 */
complete: boolean, 
/**
 * What acquiring it would do here.
 */
plan: Plan, 
/**
 * The person's license.
 */
license: LicenseView | null, 
/**
 * Whether an authorization code for this computer is stored here.
 */
authorized: boolean, 
/**
 * Whether it stands in the cart.
 */
in_cart: boolean, };

export type Program = { 
/**
 * The name that a person reads; the id where the source knows no other.
 */
name: string, 
/**
 * The installed version, where the source tells it.
 */
version: Version | null, 
/**
 * Who knows of it.
 */
source: Source, 
/**
 * The package's name, application id, desktop file id or file name.
 */
id: string, 
/**
 * The program's file or folder. A package database does not tell it: see [`crate::locate`].
 */
location: string | null, 
/**
 * What starts it, where the source tells it; see [`crate::launch_command`].
 */
launch: LaunchTarget | null, };

export type Quote = { 
/**
 * The lines, in the order of the cart.
 */
lines: Array<QuoteLine>, 
/**
 * The sum of the charges, in tokens.
 */
total: Tokens, 
/**
 * What the wallet holds, in tokens.
 */
balance: Tokens, 
/**
 * What the wallet lacks; zero when the checkout can be paid.
 */
missing: Tokens, };

export type QuoteArgs = { 
/**
 * The items.
 */
items: Array<Item>, };

export type QuoteLine = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What will happen; a purchase of something rented becomes a conversion here.
 */
intent: Intent, 
/**
 * The offer that is taken; `None` for a conversion.
 */
offer: OfferId | null, 
/**
 * The list price of the offer, in tokens.
 */
list_price: Tokens, 
/**
 * What will be charged, in tokens: the list price, less what equity saves.
 */
charge: Tokens, 
/**
 * The part of the frozen purchase price that will be paid afterwards.
 */
equity_after: Tokens, 
/**
 * The purchase price that the equity counts toward, where the product can be owned.
 */
price_to_reach: Tokens | null, 
/**
 * Whether the product is owned afterwards.
 */
owned_after: boolean, };

export type ReleaseNote = { 
/**
 * The version.
 */
version: Version, 
/**
 * When it came out.
 */
released_at: Timestamp | null, };

export type Remaining = { 
/**
 * The instant at which the rental ends.
 */
ends_at?: Timestamp | null, 
/**
 * Starts of the program that are left.
 */
uses?: number | null, 
/**
 * Units of work that are left.
 */
processings?: number | null, };

export type Renewal = { 
/**
 * The frozen offer that is paid again.
 */
offer: OfferId, 
/**
 * The most that renewals may spend in all, in tokens.
 */
cap: Tokens, 
/**
 * What they have spent, in tokens.
 */
spent: Tokens, };

export type RentalOffer = { 
/**
 * The id of the offer, unique within its product.
 */
id: OfferId, 
/**
 * The price of each payment, in tokens.
 */
price: Tokens, 
/**
 * What each payment adds.
 */
allowance: Allowance, 
/**
 * The part of each payment, in thousandths (0 to 1000), that is credited toward ownership.
 */
credit_permille: number, 
/**
 * Seconds for which the program still runs after the time is over. An extension counts from the end, not from its payment.
 */
grace_seconds?: number, 
/**
 * The part of what is unused, in thousandths (0 to 1000), that ending early gives back.
 */
refund_permille?: number, 
/**
 * How the rental may be paused.
 */
pause?: PauseRule | null, 
/**
 * Seconds after which a computer needs a fresh code, so that a change reaches it. `None`: as long as it was paid for.
 */
lease_seconds?: number | null, };

export type Screenshot = { 
/**
 * The picture's address.
 */
url: string, 
/**
 * What it shows; may be empty.
 */
caption: string, };

export type SearchArgs = { 
/**
 * What was typed; empty lists everything by name.
 */
words: string, 
/**
 * Only this category.
 */
category?: string | null, 
/**
 * Only these products.
 */
show: Show, 
/**
 * How many results to leave out at the start.
 */
offset: number, 
/**
 * How many results to give, 1 to 500.
 */
limit: number, };

export type SearchResult = { 
/**
 * The asked part of the results.
 */
items: Array<ProductCard>, 
/**
 * How many products match in all.
 */
total: number, 
/**
 * Matching products by category, over all results.
 */
categories: Array<Category>, };

export type SessionState = { 
/**
 * The account; absent when nobody is signed in.
 */
account: Account | null, 
/**
 * The address of the vendor's server.
 */
server: string, 
/**
 * Whether the last exchange with the server worked.
 */
online: boolean, 
/**
 * Where secrets are kept: `secret-service`, or `file` with a warning to show.
 */
keystore: string, };

export type Sha256 = string;

export type Show = "all" | "installed" | "licensed" | "downloadable";

export type Source = "dpkg" | "rpm" | "flatpak" | "snap" | "desktop_entry" | "appimage" | "prefix" | "executable";

export type Stage = "queued" | "downloading" | "verifying" | "installing" | "detecting" | "authorizing" | "done" | "failed" | "cancelled";

export type TermsSnapshot = { 
/**
 * When the terms were frozen.
 */
frozen_at: Timestamp, 
/**
 * The purchase price and every rental offer of that moment.
 */
offers: Offers, 
/**
 * Seats, and what else held for every license of the product.
 */
policy: Policy, };

export type Timestamp = string;

export type Tokens = number;

export type TransferId = string;

export type TransferKind = "grant" | "order";

export type Usage = { 
/**
 * Starts of the program.
 */
uses: number, 
/**
 * Units of work.
 */
processings: number, };

export type UserId = string;

export type Version = string;

export type WalletEntry = { 
/**
 * The ledger transfer.
 */
transfer: TransferId, 
/**
 * When it happened.
 */
at: Timestamp, 
/**
 * Why.
 */
kind: TransferKind, 
/**
 * Tokens that came in (positive) or went out (negative).
 */
amount: number, 
/**
 * What the wallet held afterwards.
 */
balance_after: Tokens, 
/**
 * What it was for, in words.
 */
reason: string, 
/**
 * The order that was paid.
 */
order: OrderId | null, };

export type WalletView = { 
/**
 * The balance, in tokens.
 */
balance: Tokens, 
/**
 * When the server last confirmed it.
 */
confirmed_at: Timestamp, };

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
