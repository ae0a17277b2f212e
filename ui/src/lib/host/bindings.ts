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
update: boolean, 
/**
 * Whether to borrow a floating seat, where the license has some, instead of taking one of its own.
 */
floating?: boolean, };

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

export type ActivationId = string;

export type ActivationView = { 
/**
 * The tie of the license to the computer.
 */
id: ActivationId, 
/**
 * The computer.
 */
device: DeviceId, 
/**
 * What the person calls the computer.
 */
device_name: string, 
/**
 * How the seat is held.
 */
kind: SeatKind, 
/**
 * Whether it is held now.
 */
live: boolean, 
/**
 * Since when.
 */
taken_at: Timestamp, 
/**
 * When it was given back.
 */
released_at: Timestamp | null, 
/**
 * When a floating seat falls free by itself.
 */
lease_ends_at: Timestamp | null, 
/**
 * When the computer was last heard of.
 */
seen_at: Timestamp, 
/**
 * The uses that it reported.
 */
uses: number, 
/**
 * The processings that it reported.
 */
processings: number, };

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

export type ArmoredFile = { 
/**
 * A name for it.
 */
file_name: string, 
/**
 * What stands in it.
 */
text: string, };

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

export type ArtifactKind = "deb" | "appimage" | "tar" | "setup";

export type BeginTeamArgs = { 
/**
 * What it is called.
 */
name: string, 
/**
 * The idempotency key.
 */
command: string, };

export type BillTo = { 
/**
 * The person or the company.
 */
name: string, 
/**
 * Street, town and country, in lines.
 */
address: string, 
/**
 * The buyer's tax number; may be empty.
 */
tax_number: string, };

export type BrowserSignIn = { 
/**
 * The address to open in the person's own browser.
 */
url: string, };

export type BuyTokensArgs = { 
/**
 * The currency.
 */
currency: Currency, 
/**
 * How many tokens.
 */
tokens?: Tokens | null, 
/**
 * A pack of the price list.
 */
pack?: PackId | null, 
/**
 * The total that the person saw.
 */
expected_total?: Money | null, 
/**
 * The cart that waits for the tokens: its price is kept.
 */
cart?: WaitingCart | null, 
/**
 * The idempotency key, a UUID made when the person pressed the button; a repetition answers the same purchase.
 */
command: string, };

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

export type ClockView = { 
/**
 * What its clock shows.
 */
shows: Timestamp, 
/**
 * The time that is decided by.
 */
believed: Timestamp, 
/**
 * Whether the clock may be right.
 */
right: boolean, 
/**
 * Whether nothing that ends by time runs any more.
 */
refused: boolean, 
/**
 * The latest time that is certain.
 */
certain: Timestamp | null, 
/**
 * By what that is known, in words.
 */
evidence: string | null, 
/**
 * Since when the clock is wrong.
 */
since: Timestamp | null, 
/**
 * How many seconds may still run so.
 */
left_seconds: number | null, 
/**
 * All that in sentences.
 */
sentences: Array<string>, 
/**
 * What to do, the likeliest first; empty where the clock is right.
 */
ways_out: Array<string>, };

export type CodeArgs = { 
/**
 * The code.
 */
code: SecretCode, };

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
password: Password, 
/**
 * How the person is called, where an account is opened.
 */
name?: string | null, 
/**
 * What the authenticator app shows, or a spare code, where the account has one.
 */
code?: string | null, };

export type Currency = string;

export type CursorArgs = { 
/**
 * The cursor of the page before; absent for the newest.
 */
cursor?: string | null, };

export type Deed = "send" | "receive" | "buy_tokens" | "order_on_bill";

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

export type DeviceArgs = { 
/**
 * The computer.
 */
device: DeviceId, };

export type DeviceId = string;

export type DeviceView = { 
/**
 * Its id.
 */
id: DeviceId, 
/**
 * What the person calls it.
 */
name: string, 
/**
 * The thumbprint of its key.
 */
thumbprint: string, 
/**
 * When it was registered.
 */
created_at: Timestamp, 
/**
 * Why it was taken for a computer that was registered before, in words.
 */
recognised: string | null, 
/**
 * Whether it is this computer.
 */
this_computer: boolean, };

export type DocumentArgs = { 
/**
 * The order.
 */
order: PurchaseId, 
/**
 * What the file is called.
 */
name: string, 
/**
 * The file, in base64: PDF, PNG or JPEG, 10 MiB at most.
 */
document: string, };

export type Email = string;

export type EmailArgs = { 
/**
 * The account's password.
 */
password: Password, 
/**
 * The new address.
 */
email: string, };

export type EmailChanged = { 
/**
 * Whether a mail was sent to it: the address changes when its code comes back. Otherwise it changed at once.
 */
mailed: boolean, };

export type EndArgs = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What `license.end_quote` said would come back; less than that is refused.
 */
at_least: Tokens, 
/**
 * The idempotency key, a UUID made when the person pressed the button.
 */
command: string, };

export type EndGiftArgs = { 
/**
 * The gift.
 */
gift: GiftId, 
/**
 * How.
 */
how: GiftEnd, };

export type EndQuote = { 
/**
 * What the wallet gets back.
 */
tokens: Tokens, 
/**
 * The part of the equity that was bought with it and goes.
 */
equity_back: Tokens, 
/**
 * The equity that stays.
 */
equity_after: Tokens, };

export type Ended = { 
/**
 * The license as it is now.
 */
license: LicenseView, 
/**
 * What the wallet got back.
 */
tokens: Tokens, 
/**
 * What the wallet holds now.
 */
balance_after: Tokens, };

export type EraseArgs = { 
/**
 * The account's password.
 */
password: Password, 
/**
 * What the authenticator app shows, or a spare code, where the account has one.
 */
code?: string | null, 
/**
 * How many tokens the person knows to lose.
 */
forfeit: Tokens, };

export type ErasurePreview = { 
/**
 * What has to be seen to first, each in a sentence; empty where the person can be erased.
 */
hindrances: Array<string>, 
/**
 * The tokens of the wallet, which are lost.
 */
forfeits: Tokens, 
/**
 * Licenses for which no further code is issued.
 */
licenses: number, 
/**
 * Bills and credit notes whose names the law of books keeps.
 */
bills_kept: number, 
/**
 * Until when the last of them keeps its names.
 */
bills_kept_until: Timestamp | null, };

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
failure: Failure | null, } | { "kind": "catalog_changed" } & CatalogState | { "kind": "library_changed" } | { "kind": "notices_changed", 
/**
 * How many notices the person has not seen here.
 */
unseen: number, } | { "kind": "session_changed" } & SessionState;

export type ExpiringTokens = { 
/**
 * The transfer that gave them.
 */
transfer: TransferId, 
/**
 * How many are left.
 */
left: Tokens, 
/**
 * When they run out.
 */
expires_at: Timestamp, };

export type FactorArgs = { 
/**
 * Six digits.
 */
code: string, };

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

export type Finding = { 
/**
 * What it is: `journal.gap`, `journal.fork`, `journal.rolled_back`, `journal.copied`, `journal.overdrawn`, `journal.edited`.
 */
kind: string, 
/**
 * What that means.
 */
explanation: string, };

export type GiftEnd = "accept" | "decline" | "withdraw";

export type GiftId = string;

export type GiftState = "waiting" | "accepted" | "declined" | "withdrawn" | "lapsed";

export type GiftView = { 
/**
 * Its id.
 */
id: GiftId, 
/**
 * Whether the caller gives; else the caller gets.
 */
outgoing: boolean, 
/**
 * The other person's name.
 */
other: string, 
/**
 * The product.
 */
product: ProductId, 
/**
 * The rental offer; absent where it is given for ever.
 */
offer: OfferId | null, 
/**
 * What was paid.
 */
price: Tokens, 
/**
 * A line to the recipient; may be empty.
 */
message: string, 
/**
 * Where it stands.
 */
state: GiftState, 
/**
 * When it was given.
 */
created_at: Timestamp, 
/**
 * When it goes back, where nobody takes it.
 */
lapses_at: Timestamp, 
/**
 * When it was taken, or went back.
 */
ended_at: Timestamp | null, };

export type GiftsView = { 
/**
 * The newest first.
 */
items: Array<GiftView>, 
/**
 * Asks for older ones; absent at the end.
 */
next_cursor: string | null, };

export type GiveArgs = { 
/**
 * The recipient's address.
 */
to: string, 
/**
 * The recipient's name, as the person confirmed it.
 */
name: string, 
/**
 * The product.
 */
product: ProductId, 
/**
 * The rental offer; absent to give it for ever.
 */
offer?: OfferId | null, 
/**
 * The price that the person saw.
 */
expected_price: Tokens, 
/**
 * A line to the recipient; may be empty.
 */
message: string, 
/**
 * The idempotency key.
 */
command: string, };

export type HistoryArgs = { 
/**
 * The cursor of the page before; absent for the newest entries.
 */
cursor?: string | null, 
/**
 * From this instant on.
 */
from?: Timestamp | null, 
/**
 * Before this instant.
 */
until?: Timestamp | null, 
/**
 * Of this kind alone.
 */
kind?: TransferKind | null, };

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

export type Imported = { 
/**
 * The products whose codes are stored here now.
 */
products: Array<ImportedCode>, 
/**
 * What was paid for.
 */
order: OfflineOrder | null, 
/**
 * What the vendor wrote, a sentence each.
 */
notes: Array<string>, };

export type ImportedCode = { 
/**
 * What it is for.
 */
product: ProductId, 
/**
 * What it says, in words.
 */
explanation: Array<string>, };

export type Inspection = { 
/**
 * What it is: `authorization`, `request`, `bundle`, `recovery`, `keys`, `revocations`, `prices`, `metering`.
 */
kind: string, 
/**
 * The product, where it is about one.
 */
product: ProductId | null, 
/**
 * What it says, a sentence each.
 */
sentences: Array<string>, 
/**
 * Whether it holds here and now.
 */
holds: boolean, 
/**
 * Why it does not.
 */
failure: Failure | null, 
/**
 * What stands in it.
 */
claims: Record<string, unknown>, };

export type Intent = "buy" | "rent" | "extend" | "convert" | "upgrade";

export type InvoiceArgs = { 
/**
 * The bill.
 */
invoice: InvoiceId, };

export type InvoiceId = string;

export type InvoiceKind = "invoice" | "credit_note";

export type InvoiceLine = { 
/**
 * What is billed.
 */
text: string, 
/**
 * Before tax.
 */
net: Money, 
/**
 * The tax, in thousandths.
 */
tax_permille: number, 
/**
 * What the tax is called.
 */
tax_name: string, 
/**
 * The tax.
 */
tax: Money, };

export type InvoiceStatus = "open" | "paid" | "credited" | "written_off";

export type InvoiceView = { 
/**
 * Its id.
 */
id: InvoiceId, 
/**
 * What it is.
 */
kind: InvoiceKind, 
/**
 * Its number.
 */
number: string, 
/**
 * What a transfer names (ISO 11649).
 */
reference: string, 
/**
 * The purchase that it is for.
 */
purchase: PurchaseId, 
/**
 * What it bills.
 */
lines: Array<InvoiceLine>, 
/**
 * What it asks for, tax included.
 */
gross: Money, 
/**
 * What was paid.
 */
paid: Money, 
/**
 * What was taken back by credit notes.
 */
credited: Money, 
/**
 * What is still to be paid.
 */
open: Money, 
/**
 * Where it stands.
 */
status: InvoiceStatus, 
/**
 * When it was sent.
 */
issued_at: Timestamp, 
/**
 * When it is to be paid.
 */
due_at: Timestamp, };

export type InvoicesView = { 
/**
 * The bills and credit notes.
 */
items: Array<InvoiceView>, 
/**
 * Where the next part begins.
 */
next_cursor: string | null, };

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

export type KeptCart = { 
/**
 * The items.
 */
items: Array<Item>, 
/**
 * What they cost, in tokens.
 */
total: Tokens, 
/**
 * Until when.
 */
until: Timestamp, };

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
 * Whether an authorization code for this computer is stored here that holds now.
 */
authorized: boolean, 
/**
 * What the stored code lets run; absent where there is none.
 */
standing: Standing | null, 
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

export type MemberArgs = { 
/**
 * The team.
 */
team: TeamId, 
/**
 * The account's address.
 */
email: string, 
/**
 * What the member may do.
 */
role: TeamRole, 
/**
 * What the member may draw in a calendar month (UTC).
 */
monthly_limit: Tokens, };

export type Money = { 
/**
 * The amount in the currency's smallest unit.
 */
minor: number, 
/**
 * The currency.
 */
currency: Currency, };

export type NewPasswordArgs = { 
/**
 * The code.
 */
code: SecretCode, 
/**
 * The new password; 8 to 256 characters.
 */
password: Password, };

export type Notice = { 
/**
 * Its id.
 */
id: string, 
/**
 * What it is about: `renewal.soon`, `renewal.paid`, `renewal.failed`, `license.received`, `license.given`, `seat.released`, `journal.finding`.
 */
kind: string, 
/**
 * The product that it is about.
 */
product: ProductId | null, 
/**
 * A sentence.
 */
text: string, 
/**
 * When it was made.
 */
created_at: Timestamp, };

export type NoticesArgs = { 
/**
 * Whether the person sees them now, so that they are not new any more.
 */
seen: boolean, };

export type NoticesView = { 
/**
 * The newest first.
 */
items: Array<Notice>, 
/**
 * How many of them the person has not seen here.
 */
unseen: number, };

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

export type OfflineAnswerView = { 
/**
 * The file to carry back.
 */
file: ArmoredFile, 
/**
 * What was done, a sentence each.
 */
notes: Array<string>, 
/**
 * The same as pictures.
 */
pictures: Array<QrPicture>, };

export type OfflineAsk = { "kind": "activate", 
/**
 * The product.
 */
product: ProductId, } | { "kind": "items", 
/**
 * The items, 1 to 100.
 */
items: Array<Item>, } | { "kind": "cart" };

export type OfflineOrder = { 
/**
 * The order's id.
 */
id: OrderId, 
/**
 * What was paid.
 */
total: Tokens, 
/**
 * What the wallet held afterwards.
 */
balance_after: Tokens, 
/**
 * What was paid for.
 */
lines: Array<QuoteLine>, };

export type OfflineRequestArgs = { 
/**
 * What is asked for.
 */
ask: OfflineAsk, 
/**
 * The e-mail address of the account; absent where somebody is or was signed in here.
 */
account?: string | null, };

export type OfflineRequestView = { 
/**
 * The file to carry.
 */
file: ArmoredFile, 
/**
 * The request's own id, by which its answer is recognised.
 */
nonce: string, 
/**
 * When it was made, by this computer's clock.
 */
made_at: Timestamp, 
/**
 * What it asks for, a sentence each.
 */
sentences: Array<string>, 
/**
 * What it may cost at most, by the prices that were signed last; absent where it costs nothing or they are unknown.
 */
expected_total: Tokens | null, 
/**
 * The same as pictures.
 */
pictures: Array<QrPicture>, };

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

export type OrderLineArgs = { 
/**
 * The order.
 */
order: OrderId, 
/**
 * The product.
 */
product: ProductId, };

export type OrderView = { 
/**
 * Its id.
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
 * What was taken back.
 */
refunds: Array<RefundedLine>, };

export type OrdersView = { 
/**
 * The newest first.
 */
items: Array<OrderView>, 
/**
 * Asks for older ones; absent at the end.
 */
next_cursor: string | null, };

export type PackId = string;

export type PageArgs = { 
/**
 * Where the part before ended.
 */
cursor?: string | null, };

export type Password = string;

export type PasswordArgs = { 
/**
 * The account's password.
 */
password: Password, 
/**
 * The new one; 8 to 256 characters.
 */
new_password: Password, };

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
from_cart: boolean, 
/**
 * The purchase of tokens with which the price of the items was kept.
 */
purchase?: PurchaseId | null, };

export type PdfFile = { 
/**
 * The PDF file, in base64.
 */
pdf: string, };

export type PeriodArgs = { 
/**
 * From this instant on; from the beginning where it is absent.
 */
from?: Timestamp | null, 
/**
 * Before this instant; until now where it is absent.
 */
until?: Timestamp | null, };

export type PersonalDetails = { 
/**
 * How the person is called, shown to whoever sends them tokens; 80 characters at most.
 */
name: string, 
/**
 * A telephone number; 40 characters at most.
 */
phone: string, 
/**
 * A postal address in lines; 400 characters at most.
 */
postal_address: string, };

export type PersonalExport = { 
/**
 * A JSON document.
 */
json: string, };

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

export type PriceListId = string;

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
 * Whether an authorization code for this computer is stored here that holds now.
 */
authorized: boolean, 
/**
 * What the stored code lets run; absent where there is none.
 */
standing: Standing | null, 
/**
 * The person's license of the product that this one upgrades, where there is one: it can be had with the intent `upgrade`.
 */
upgrade_of: ProductId | null, 
/**
 * Whether it stands in the cart.
 */
in_cart: boolean, };

export type Profile = { 
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
 * When the address was verified.
 */
verified_at: Timestamp | null, 
/**
 * What the person told of themselves.
 */
details: PersonalDetails, 
/**
 * Whether an authenticator app is asked for.
 */
second_factor: boolean, 
/**
 * How many spare codes are left.
 */
spare_codes: number, 
/**
 * The names of the account's passkeys.
 */
passkeys: Array<string>, 
/**
 * Whether the vendor sends mail.
 */
mail: boolean, 
/**
 * What the account may not do until its address is verified.
 */
barred: Array<Deed>, 
/**
 * Tokens of the registration that come once the address is verified.
 */
grant_waits: Tokens, };

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

export type ProofArgs = { 
/**
 * The account's password.
 */
password: Password, };

export type PurchaseArgs = { 
/**
 * Its id.
 */
purchase: PurchaseId, };

export type PurchaseId = string;

export type PurchaseMethod = "card" | "purchase_order" | "invoice" | "bank_transfer" | "cheque" | "money_order" | "cash";

export type PurchaseStatus = "open" | "paid" | "issued" | "canceled" | "refunded" | "disputed";

export type PurchasesArgs = { 
/**
 * The cursor of the page before; absent for the newest.
 */
cursor?: PurchaseId | null, };

export type PurchasesView = { 
/**
 * The purchases.
 */
items: Array<TokenPurchase>, 
/**
 * Asks for older ones; absent at the end.
 */
next_cursor: PurchaseId | null, };

export type QrPicture = { 
/**
 * Which picture, from 1.
 */
part: number, 
/**
 * How many there are.
 */
parts: number, 
/**
 * The text in it.
 */
text: string, 
/**
 * The picture as SVG.
 */
svg: string, 
/**
 * The picture as PNG, in base64.
 */
png: string, };

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

export type Recipient = { 
/**
 * The name to confirm.
 */
name: string, };

export type RecipientArgs = { 
/**
 * The address.
 */
to: string, };

export type RecoverArgs = { 
/**
 * The account's address.
 */
email: string, };

export type RedeemArgs = { 
/**
 * What is printed on it.
 */
code: string, 
/**
 * The idempotency key, a UUID made when the person pressed the button.
 */
command: string, };

export type Redeemed = { 
/**
 * The voucher's tokens.
 */
tokens: Tokens, 
/**
 * What the wallet holds now.
 */
balance_after: Tokens, 
/**
 * The ledger transfer.
 */
transfer: TransferId, };

export type RefundQuote = { 
/**
 * What the wallet would get, in tokens.
 */
tokens: Tokens, };

export type Refunded = { 
/**
 * What the wallet got back.
 */
tokens: Tokens, 
/**
 * What it holds now.
 */
balance_after: Tokens, };

export type RefundedLine = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What the wallet got back.
 */
tokens: Tokens, 
/**
 * When.
 */
at: Timestamp, };

export type ReleaseArgs = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * Which seat; absent for that of this computer. A computer that is another one is taken to be dead: its codes are
 * revoked, and how often that can be done is limited.
 */
activation?: ActivationId | null, };

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

export type RemoveMemberArgs = { 
/**
 * The team.
 */
team: TeamId, 
/**
 * The account; one's own to leave, or to decline an invitation.
 */
member: UserId, };

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

export type RenewalArgs = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * The offer that is paid again, one of the license's frozen terms.
 */
offer: OfferId, 
/**
 * The most that renewals may spend in all.
 */
cap: Tokens, };

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

export type Reported = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * What was reported now.
 */
usage: Usage, 
/**
 * What the vendor found wrong with the journal.
 */
findings: Array<Finding>, };

export type ScanArgs = { 
/**
 * PNG or JPEG files in base64, 1 to 16, each of 16 MiB at most.
 */
pictures: Array<string>, };

export type Scanned = { 
/**
 * The whole text, to pass to `code.inspect`, `code.import`, `offline.submit`, `offline.import` or `clock.recover`.
 */
text: string, };

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

export type SeatKind = "fixed" | "floating";

export type Seats = { 
/**
 * How many computers can have it.
 */
seats: number, 
/**
 * How many more can borrow it.
 */
floating_seats: number, 
/**
 * Those that have it, and those that gave it back within a year, the newest first.
 */
activations: Array<ActivationView>, };

export type SeatsView = { 
/**
 * The license.
 */
license: LicenseId, 
/**
 * What it is for.
 */
product: ProductId, 
/**
 * The seats, and the computers on them.
 */
seats: Seats, 
/**
 * This computer; absent where it was never registered.
 */
this_device: DeviceId | null, };

export type SecondFactorSetup = { 
/**
 * The secret as it is typed into an app.
 */
secret: string, 
/**
 * The address that an app reads from a QR picture.
 */
uri: string, };

export type SecretCode = string;

export type SendArgs = { 
/**
 * The recipient's address.
 */
to: string, 
/**
 * The recipient's name, as the person confirmed it.
 */
name: string, 
/**
 * How many.
 */
tokens: Tokens, 
/**
 * A line to the recipient; may be empty.
 */
message: string, 
/**
 * The idempotency key, a UUID made when the person pressed the button.
 */
command: string, };

export type SendingArgs = { 
/**
 * The transfer.
 */
transfer: SendingId, };

export type SendingId = string;

export type SendingState = "waiting" | "settled" | "canceled";

export type SessionArgs = { 
/**
 * Which, as the list names it; all others where none is named.
 */
session?: string | null, };

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
keystore: string, 
/**
 * How many times this run had looked at the session: of two states, the one with the smaller number is older.
 */
revision: number, };

export type SessionView = { 
/**
 * Names it.
 */
id: string, 
/**
 * What it is shown as; may be empty.
 */
label: string, 
/**
 * When it was opened.
 */
created_at: Timestamp, 
/**
 * When it was last used, to the hour.
 */
seen_at: Timestamp, 
/**
 * When it ends by itself.
 */
expires_at: Timestamp, 
/**
 * Whether it is the one that asks.
 */
current: boolean, };

export type Sha256 = string;

export type Shortfall = { 
/**
 * How many tokens are missing.
 */
missing: Tokens, 
/**
 * Exactly these, or the fewest that are sold.
 */
exact: TokenQuote, 
/**
 * The cheapest pack that holds them.
 */
pack: TokenQuote | null, };

export type ShortfallArgs = { 
/**
 * The currency.
 */
currency: Currency, 
/**
 * How many tokens are missing, at least 1.
 */
missing: Tokens, };

export type Show = "all" | "installed" | "licensed" | "downloadable";

export type Source = "dpkg" | "rpm" | "flatpak" | "snap" | "desktop_entry" | "appimage" | "prefix" | "executable";

export type SpareCodes = { 
/**
 * The codes.
 */
codes: Array<string>, };

export type Stage = "queued" | "downloading" | "verifying" | "installing" | "detecting" | "authorizing" | "done" | "failed" | "cancelled";

export type Standing = { 
/**
 * Whether the program may run here now.
 */
allowed: boolean, 
/**
 * Why it may not.
 */
failure: Failure | null, 
/**
 * What is left for this computer, to the unit; what was counted here since the last report is taken off.
 */
left: Remaining, 
/**
 * Whether the end has passed and only the grace lets it run.
 */
in_grace: boolean, 
/**
 * When the grace ends, where there is one.
 */
grace_ends_at: Timestamp | null, 
/**
 * When this code ends and is fetched anew, where it is a lease: a floating seat, or an offer that asks for it.
 */
lease_ends_at: Timestamp | null, 
/**
 * Whether uses or units of work are counted.
 */
counts: boolean, 
/**
 * What was counted here and is not reported yet.
 */
unreported: Usage, 
/**
 * What the person should know, a sentence each: the grace, a clock that is behind.
 */
warnings: Array<string>, };

export type StatementArgs = { 
/**
 * The file's content.
 */
text: string, 
/**
 * The vendor's address; the vendors that this computer knows where it is absent.
 */
vendor?: string | null, };

export type StatementLine = { 
/**
 * When it happened.
 */
at: Timestamp, 
/**
 * Why: `grant`, `order` and the like.
 */
kind: string, 
/**
 * Tokens that came in (positive) or went out (negative).
 */
amount: number, 
/**
 * What it was for, in words.
 */
reason: string, };

export type StatementView = { 
/**
 * The vendor's address.
 */
issuer: string, 
/**
 * When it was signed.
 */
signed_at: Timestamp, 
/**
 * The account's address then.
 */
email: string, 
/**
 * The first instant of the period.
 */
from: Timestamp, 
/**
 * The first instant after it.
 */
until: Timestamp, 
/**
 * What the wallet held at the beginning, in tokens.
 */
opening: number, 
/**
 * What it held at the end, in tokens.
 */
closing: number, 
/**
 * What happened, the oldest first.
 */
entries: Array<StatementLine>, };

export type SyncView = { 
/**
 * The journals that were reported.
 */
reported: Array<Reported>, 
/**
 * The products whose codes are fresh.
 */
fresh: Array<ProductId>, 
/**
 * What did not work; it is tried again next time.
 */
failures: Array<Failure>, };

export type TakeBackArgs = { 
/**
 * The order.
 */
order: OrderId, 
/**
 * The product.
 */
product: ProductId, 
/**
 * The least that the wallet gets, as the person saw it.
 */
at_least: Tokens, };

export type TeamArgs = { 
/**
 * The team.
 */
team: TeamId, };

export type TeamBalance = { 
/**
 * In tokens.
 */
balance: Tokens, };

export type TeamId = string;

export type TeamMember = { 
/**
 * The account.
 */
user: UserId, 
/**
 * The member's name.
 */
name: string, 
/**
 * What the member may do.
 */
role: TeamRole, 
/**
 * What the member may draw in a calendar month (UTC).
 */
monthly_limit: Tokens, 
/**
 * What the member drew in this month.
 */
drawn: Tokens, 
/**
 * When the member joined; absent while the invitation waits.
 */
joined_at: Timestamp | null, };

export type TeamMoveView = { 
/**
 * The transfer.
 */
transfer: TransferId, 
/**
 * Who moved them.
 */
name: string, 
/**
 * Tokens that were drawn (positive) or put in (negative).
 */
drawn: number, 
/**
 * When.
 */
at: Timestamp, };

export type TeamMovesArgs = { 
/**
 * The team.
 */
team: TeamId, 
/**
 * The cursor of the page before; absent for the newest.
 */
cursor?: string | null, };

export type TeamMovesView = { 
/**
 * The newest first.
 */
items: Array<TeamMoveView>, 
/**
 * Asks for older ones; absent at the end.
 */
next_cursor: string | null, };

export type TeamRole = "member" | "manager" | "owner";

export type TeamTokensArgs = { 
/**
 * The team.
 */
team: TeamId, 
/**
 * How many.
 */
tokens: Tokens, 
/**
 * Whether they are drawn out of the team's wallet; else they are put in.
 */
draw: boolean, 
/**
 * The idempotency key.
 */
command: string, };

export type TeamView = { 
/**
 * Its id.
 */
id: TeamId, 
/**
 * What it is called.
 */
name: string, 
/**
 * What its wallet holds.
 */
balance: Tokens, 
/**
 * What the caller may do.
 */
role: TeamRole, 
/**
 * What the caller may draw in a calendar month (UTC); owners have no limit.
 */
monthly_limit: Tokens, 
/**
 * What the caller drew in this month.
 */
drawn: Tokens, 
/**
 * When the caller joined; absent while the invitation waits for an answer.
 */
joined_at: Timestamp | null, 
/**
 * Its members, as far as the caller may see them; only where one team is asked for.
 */
members: Array<TeamMember>, };

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

export type TextArgs = { 
/**
 * The text, 1 MiB at most.
 */
text: string, };

export type TextFile = { 
/**
 * Its content.
 */
text: string, };

export type Timestamp = string;

export type TokenOrderArgs = { 
/**
 * The order.
 */
order: PurchaseId, };

export type TokenOrderPlaceArgs = { 
/**
 * The currency.
 */
currency: Currency, 
/**
 * How many tokens.
 */
tokens: Tokens | null, 
/**
 * A pack of the price list.
 */
pack: PackId | null, 
/**
 * How it will be paid.
 */
method: PurchaseMethod, 
/**
 * The total that the person saw.
 */
expected_total: Money | null, 
/**
 * The number of the purchase order; empty where it is none.
 */
number: string, 
/**
 * What else is to be said; may be empty.
 */
note: string, 
/**
 * Whom the bill is for.
 */
bill_to: BillTo, 
/**
 * The idempotency key, a UUID made when the person pressed the button.
 */
command: string, };

export type TokenOrderStatus = "submitted" | "approved" | "rejected" | "canceled";

export type TokenOrderView = { 
/**
 * Its id.
 */
id: PurchaseId, 
/**
 * What is bought, at what price.
 */
quote: TokenQuote, 
/**
 * How it will be paid.
 */
method: PurchaseMethod, 
/**
 * Where the order stands.
 */
status: TokenOrderStatus, 
/**
 * Where its tokens stand.
 */
purchase_status: PurchaseStatus, 
/**
 * The number of the purchase order; may be empty.
 */
number: string, 
/**
 * The name of its document, where one was handed in.
 */
document: string | null, 
/**
 * Why the vendor said no; may be empty.
 */
why: string, 
/**
 * Its bill.
 */
invoice: InvoiceId | null, 
/**
 * When it was placed.
 */
created_at: Timestamp, };

export type TokenOrdersView = { 
/**
 * The orders.
 */
items: Array<TokenOrderView>, 
/**
 * Where the next part begins.
 */
next_cursor: string | null, };

export type TokenPack = { 
/**
 * Its name in the list.
 */
id: PackId, 
/**
 * How many tokens it holds.
 */
tokens: Tokens, 
/**
 * What it costs before tax, in the currency's smallest unit.
 */
price_minor: number, };

export type TokenPriceList = { 
/**
 * Its id.
 */
id: PriceListId, 
/**
 * The currency.
 */
currency: Currency, 
/**
 * When it begins.
 */
effective_from: Timestamp, 
/**
 * When it ends; absent where it lasts until another begins.
 */
effective_until: Timestamp | null, 
/**
 * What it asks.
 */
terms: TokenPriceTerms, };

export type TokenPriceTerms = { 
/**
 * What `per_tokens` tokens cost before tax, in the currency's smallest unit.
 */
price_minor: number, 
/**
 * How many tokens cost that: 1, or more where one token costs less than the smallest unit.
 */
per_tokens: Tokens, 
/**
 * The fewest tokens that are sold at once.
 */
tokens_min: Tokens, 
/**
 * The most tokens that are sold at once.
 */
tokens_max: Tokens, 
/**
 * Discounts by volume, the smallest first.
 */
tiers: Array<TokenTier>, 
/**
 * Packs, in the order in which they are shown.
 */
packs: Array<TokenPack>, 
/**
 * The tax on top, in thousandths; 0 for none.
 */
tax_permille: number, 
/**
 * What the tax is called on a bill, such as `VAT 19 %`.
 */
tax_name: string, };

export type TokenPrices = { 
/**
 * The price list in force of each currency, by currency; empty where tokens are not sold.
 */
lists: Array<TokenPriceList>, 
/**
 * How tokens can be paid.
 */
methods: Array<PurchaseMethod>, };

export type TokenPurchase = { 
/**
 * Its id.
 */
id: PurchaseId, 
/**
 * How many tokens at what price.
 */
quote: TokenQuote, 
/**
 * How it is paid.
 */
method: PurchaseMethod, 
/**
 * Where it stands.
 */
status: PurchaseStatus, 
/**
 * What names it on paper; may be empty.
 */
reference: string, 
/**
 * The page on which it is paid, to be opened in a browser; absent once that is over.
 */
pay_url: string | null, 
/**
 * Why the last try to pay failed.
 */
failure: string | null, 
/**
 * When it was opened.
 */
created_at: Timestamp, 
/**
 * When it is given up unless it was paid.
 */
expires_at: Timestamp | null, 
/**
 * When the money arrived.
 */
paid_at: Timestamp | null, 
/**
 * When the tokens were issued.
 */
issued_at: Timestamp | null, 
/**
 * Tokens that were taken back since.
 */
reversed: Tokens, 
/**
 * Money that was given back since.
 */
returned: Money, 
/**
 * The cart that waits for it.
 */
cart: KeptCart | null, };

export type TokenQuote = { 
/**
 * The price list that it follows.
 */
list: PriceListId, 
/**
 * How many tokens.
 */
tokens: Tokens, 
/**
 * The pack that they are.
 */
pack: PackId | null, 
/**
 * What they cost one by one.
 */
gross: Money, 
/**
 * What volume, or the pack, saves of that.
 */
discount: Money, 
/**
 * The price before tax: `gross − discount`.
 */
net: Money, 
/**
 * What the tax is called; empty where there is none.
 */
tax_name: string, 
/**
 * The tax, in thousandths of the price.
 */
tax_permille: number, 
/**
 * The tax.
 */
tax: Money, 
/**
 * What is to be paid: `net + tax`.
 */
total: Money, };

export type TokenQuoteArgs = { 
/**
 * The currency.
 */
currency: Currency, 
/**
 * How many tokens.
 */
tokens?: Tokens | null, 
/**
 * A pack of the price list.
 */
pack?: PackId | null, };

export type TokenTier = { 
/**
 * The fewest tokens that get it.
 */
from: Tokens, 
/**
 * The discount, in thousandths of the price.
 */
discount_permille: number, };

export type TokenTransfer = { 
/**
 * Its id.
 */
id: SendingId, 
/**
 * Whether the caller sends; else the caller gets.
 */
outgoing: boolean, 
/**
 * The other person's name.
 */
other: string, 
/**
 * How many.
 */
tokens: Tokens, 
/**
 * A line to the recipient; may be empty.
 */
message: string, 
/**
 * Where it stands.
 */
state: SendingState, 
/**
 * When it was sent.
 */
created_at: Timestamp, 
/**
 * Until when the sender can take it back.
 */
settles_at: Timestamp, 
/**
 * When it reached the recipient, or came back.
 */
ended_at: Timestamp | null, };

export type Tokens = number;

export type TransferArgs = { 
/**
 * The product.
 */
product: ProductId, 
/**
 * The other account's e-mail address.
 */
to: string, 
/**
 * The idempotency key, a UUID made when the person pressed the button.
 */
command: string, };

export type TransferId = string;

export type TransferKind = "grant" | "order" | "refund" | "purchase" | "purchase_refund" | "voucher" | "transfer" | "gift" | "expiry" | "team" | "forfeit";

export type Transferred = { 
/**
 * The license.
 */
license: LicenseId, 
/**
 * What it is for.
 */
product: ProductId, 
/**
 * Whose it is now.
 */
to: string, };

export type TransfersView = { 
/**
 * The newest first.
 */
items: Array<TokenTransfer>, 
/**
 * Asks for older ones; absent at the end.
 */
next_cursor: string | null, };

export type Usage = { 
/**
 * Starts of the program.
 */
uses: number, 
/**
 * Units of work.
 */
processings: number, };

export type UsageArgs = { 
/**
 * In how many days, 1 to 366.
 */
days: number, };

export type UsageReport = { 
/**
 * The newest day first; a day and product once for each computer.
 */
rows: Array<UsageRow>, 
/**
 * The sums by product.
 */
totals: { [key in string]: UsageTotal }, };

export type UsageRow = { 
/**
 * The day (UTC), as `2025-06-15`.
 */
day: string, 
/**
 * The product.
 */
product: ProductId, 
/**
 * What the person calls the computer.
 */
device_name: string, 
/**
 * Starts of the program.
 */
uses: number, 
/**
 * Units of work.
 */
processings: number, };

export type UsageTotal = { 
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

export type WaitingCart = { 
/**
 * The items, 1 to 100.
 */
items: Array<Item>, 
/**
 * The total that the person saw; another total today answers `price.changed`.
 */
expected_total: Tokens, };

export type WaitingRequest = { 
/**
 * The request's own id.
 */
nonce: string, 
/**
 * When it was made.
 */
made_at: Timestamp, 
/**
 * What it asks for, a sentence each.
 */
sentences: Array<string>, };

export type WalletAlert = { 
/**
 * The balance; absent where the person wants to hear nothing.
 */
below: Tokens | null, };

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

export type WalletHolding = { 
/**
 * The balance, in tokens.
 */
balance: Tokens, 
/**
 * What of it can be sent to others.
 */
sendable: Tokens, 
/**
 * What of it runs out, the soonest first.
 */
lots: Array<ExpiringTokens>, };

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
  "session.browser_begin": { args: Record<string, never>, result: BrowserSignIn },
  "session.browser_wait": { args: Record<string, never>, result: SessionState },
  "account.profile": { args: Record<string, never>, result: Profile },
  "account.correct": { args: PersonalDetails, result: Profile },
  "account.email": { args: EmailArgs, result: EmailChanged },
  "account.password": { args: PasswordArgs, result: null },
  "account.send_verification": { args: Record<string, never>, result: null },
  "account.verify": { args: CodeArgs, result: null },
  "account.recover": { args: RecoverArgs, result: null },
  "account.recover_finish": { args: NewPasswordArgs, result: null },
  "account.claim": { args: NewPasswordArgs, result: SessionState },
  "account.sessions": { args: Record<string, never>, result: Array<SessionView> },
  "account.end_sessions": { args: SessionArgs, result: Array<SessionView> },
  "account.factor_begin": { args: ProofArgs, result: SecondFactorSetup },
  "account.factor_confirm": { args: FactorArgs, result: SpareCodes },
  "account.factor_remove": { args: ProofArgs, result: null },
  "account.export": { args: Record<string, never>, result: PersonalExport },
  "account.erasure": { args: Record<string, never>, result: ErasurePreview },
  "account.erase": { args: EraseArgs, result: SessionState },
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
  "tokens.prices": { args: Record<string, never>, result: TokenPrices },
  "tokens.quote": { args: TokenQuoteArgs, result: TokenQuote },
  "tokens.shortfall": { args: ShortfallArgs, result: Shortfall },
  "tokens.buy": { args: BuyTokensArgs, result: TokenPurchase },
  "tokens.purchase": { args: PurchaseArgs, result: TokenPurchase },
  "tokens.purchases": { args: PurchasesArgs, result: PurchasesView },
  "tokens.cancel": { args: PurchaseArgs, result: TokenPurchase },
  "wallet.history_csv": { args: HistoryArgs, result: TextFile },
  "wallet.holding": { args: Record<string, never>, result: WalletHolding },
  "wallet.statement": { args: PeriodArgs, result: TextFile },
  "wallet.statement_pdf": { args: PeriodArgs, result: PdfFile },
  "wallet.alert": { args: Record<string, never>, result: WalletAlert },
  "wallet.alert_set": { args: WalletAlert, result: WalletAlert },
  "statement.verify": { args: StatementArgs, result: StatementView },
  "transfers.recipient": { args: RecipientArgs, result: Recipient },
  "transfers.send": { args: SendArgs, result: TokenTransfer },
  "transfers.view": { args: CursorArgs, result: TransfersView },
  "transfers.cancel": { args: SendingArgs, result: TokenTransfer },
  "gifts.give": { args: GiveArgs, result: GiftView },
  "gifts.view": { args: CursorArgs, result: GiftsView },
  "gifts.end": { args: EndGiftArgs, result: GiftView },
  "teams.view": { args: Record<string, never>, result: Array<TeamView> },
  "teams.show": { args: TeamArgs, result: TeamView },
  "teams.begin": { args: BeginTeamArgs, result: TeamView },
  "teams.join": { args: TeamArgs, result: TeamView },
  "teams.close": { args: TeamArgs, result: TeamBalance },
  "teams.put_member": { args: MemberArgs, result: TeamMember },
  "teams.remove_member": { args: RemoveMemberArgs, result: null },
  "teams.move_tokens": { args: TeamTokensArgs, result: TeamBalance },
  "teams.moves": { args: TeamMovesArgs, result: TeamMovesView },
  "orders.view": { args: CursorArgs, result: OrdersView },
  "orders.refund_quote": { args: OrderLineArgs, result: RefundQuote },
  "orders.refund": { args: TakeBackArgs, result: Refunded },
  "voucher.redeem": { args: RedeemArgs, result: Redeemed },
  "token_order.place": { args: TokenOrderPlaceArgs, result: TokenOrderView },
  "token_order.document": { args: DocumentArgs, result: TokenOrderView },
  "token_order.cancel": { args: TokenOrderArgs, result: TokenOrderView },
  "token_orders.view": { args: PageArgs, result: TokenOrdersView },
  "invoices.view": { args: PageArgs, result: InvoicesView },
  "invoice.pdf": { args: InvoiceArgs, result: PdfFile },
  "code.show": { args: ProductArgs, result: CodeView },
  "code.export": { args: ProductArgs, result: ArmoredFile },
  "code.import": { args: TextArgs, result: Imported },
  "code.inspect": { args: TextArgs, result: Array<Inspection> },
  "code.qr": { args: ProductArgs, result: Array<QrPicture> },
  "code.scan": { args: ScanArgs, result: Scanned },
  "trial.start": { args: ProductArgs, result: LicenseView },
  "license.pause": { args: ProductArgs, result: LicenseView },
  "license.resume": { args: ProductArgs, result: LicenseView },
  "license.end_quote": { args: ProductArgs, result: EndQuote },
  "license.end": { args: EndArgs, result: Ended },
  "license.renewal_set": { args: RenewalArgs, result: LicenseView },
  "license.renewal_remove": { args: ProductArgs, result: LicenseView },
  "license.transfer": { args: TransferArgs, result: Transferred },
  "seats.view": { args: ProductArgs, result: SeatsView },
  "seats.release": { args: ReleaseArgs, result: SeatsView },
  "devices.view": { args: Record<string, never>, result: Array<DeviceView> },
  "offline.request": { args: OfflineRequestArgs, result: OfflineRequestView },
  "offline.waiting": { args: Record<string, never>, result: Array<WaitingRequest> },
  "offline.submit": { args: TextArgs, result: OfflineAnswerView },
  "offline.import": { args: TextArgs, result: Imported },
  "clock.status": { args: Record<string, never>, result: ClockView },
  "clock.recover": { args: TextArgs, result: ClockView },
  "clock.recovery_code": { args: DeviceArgs, result: ArmoredFile },
  "usage.view": { args: UsageArgs, result: UsageReport },
  "notices.view": { args: NoticesArgs, result: NoticesView },
  "journal.sync": { args: Record<string, never>, result: SyncView },
  "inventory.programs": { args: Record<string, never>, result: Array<Program> },
  "inventory.rescan": { args: Record<string, never>, result: Array<Program> },
}
