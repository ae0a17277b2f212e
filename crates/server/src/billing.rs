//! Tokens sold on paper: what is asked, kept and printed.

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use scrip_domain::{
    BillTo, BillingPolicy, Currency, Deed, InvoiceKind, Money, OrderChannel, PurchaseId, PurchaseMethod, TokenAmount,
    UserId, check_text,
};
use scrip_licensing::qr::Picture;
use scrip_store::{Act, Invoice, NewTokenOrder, NewTokenPurchase, OrderDocument, TokenOrder};
use uuid::Uuid;

use crate::pdf::{Align, MARGIN, PAGE_WIDTH, Paper, TEXT, TEXT_WIDTH};
use crate::{Error, Server};

/// The largest document of an order, in bytes.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The longest texts that come with an order, in characters.
const REFERENCE_CHARS_MAX: usize = 60;
const NOTE_CHARS_MAX: usize = 500;
/// Bills that the job looks at in one go.
const REMINDERS_PAGE: i64 = 200;

/// An order as it was asked for.
pub(crate) struct Asked {
    pub(crate) command: Uuid,
    pub(crate) method: PurchaseMethod,
    pub(crate) currency: Currency,
    pub(crate) wanted: TokenAmount,
    pub(crate) expected_total: Option<Money>,
    /// The number that the buyer gave the order.
    pub(crate) number: String,
    pub(crate) channel: OrderChannel,
    pub(crate) channel_reference: String,
    pub(crate) note: String,
    pub(crate) bill_to: BillTo,
    pub(crate) approved: bool,
}

/// The vendor's rules for bills.
pub(crate) async fn policy(server: &Server) -> Result<BillingPolicy, Error> {
    let policy: BillingPolicy = server.0.store.setting().await?;
    policy.check().map_err(scrip_domain::Error::from)?;
    Ok(policy)
}

/// How customers may order on paper: in no way while there is no seller to stand on bills.
pub(crate) fn offered(policy: &BillingPolicy) -> impl Iterator<Item = PurchaseMethod> {
    let methods = policy.methods.iter().copied();
    methods.filter(|method| !policy.seller.is_empty() && policy.offers(*method))
}

/// Takes an order of `user`, who placed it, or for whom an operator took it (`act`).
pub(crate) async fn place(
    server: &Server,
    user: UserId,
    asked: Asked,
    act: Option<&Act<'_>>,
) -> Result<(TokenOrder, bool), Error> {
    // What an operator takes down is the operator's to judge.
    if act.is_none() {
        server.require_verified_id(user, Deed::OrderOnBill).await?;
    }
    let policy = policy(server).await?;
    let offered = match act {
        None => policy.offers(asked.method),
        Some(_) => asked.method != PurchaseMethod::Card,
    };
    if !offered || policy.seller.is_empty() {
        return Err(Error::PaymentMethodOff { method: asked.method });
    }
    let text = |field, text: &str, max| check_text(field, text, 0, max).map_err(scrip_domain::Error::from);
    let number = text("order number", &asked.number, REFERENCE_CHARS_MAX)?;
    if asked.method == PurchaseMethod::PurchaseOrder {
        check_text("order number", &number, 1, REFERENCE_CHARS_MAX).map_err(scrip_domain::Error::from)?;
    }
    let digest = request_digest(&asked);
    let new = NewTokenOrder {
        channel: asked.channel,
        channel_reference: text("reference", &asked.channel_reference, REFERENCE_CHARS_MAX)?,
        note: text("note", &asked.note.replace(['\r', '\n'], " "), NOTE_CHARS_MAX)?,
        bill_to: asked.bill_to.check().map_err(scrip_domain::Error::from)?,
        approved: asked.approved,
        purchase: NewTokenPurchase {
            user,
            command: asked.command,
            digest,
            method: asked.method,
            currency: asked.currency,
            wanted: asked.wanted,
            expected_total: asked.expected_total,
            reference: number,
            expires_at: None,
            hold: None,
        },
    };
    Ok(server.0.store.place_token_order(&new, &policy, act).await?)
}

fn request_digest(asked: &Asked) -> [u8; 32] {
    use sha2::Digest as _;
    let said = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        asked.method,
        asked.currency,
        asked.wanted,
        asked.expected_total,
        asked.number,
        asked.channel,
        asked.channel_reference,
        asked.note,
        asked.bill_to
    );
    sha2::Sha256::digest(said).into()
}

/// Keeps the document of an order: a PDF file or a picture, told by its first bytes.
pub(crate) async fn keep_document(
    server: &Server,
    user: Option<UserId>,
    order: PurchaseId,
    name: &str,
    bytes: Bytes,
) -> Result<TokenOrder, Error> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(Error::TooLarge {
            limit_bytes: DOCUMENT_BYTES_MAX,
        });
    }
    let media_type = match &bytes[..] {
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        _ => {
            return Err(Error::Malformed {
                why: "the document is neither PDF, PNG nor JPEG".to_owned(),
            });
        }
    };
    // Whose order it is is asked before anything is stored.
    server.0.store.token_order(user, order).await?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let sha256 = server.0.files.put_document(bytes).await?;
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(80).collect();
    let document = OrderDocument {
        sha256,
        name: if name.trim().is_empty() {
            "document".to_owned()
        } else {
            name
        },
        media_type: media_type.to_owned(),
        bytes: size,
    };
    Ok(server.0.store.attach_order_document(user, order, &document).await?)
}

/// The document of an order, to download.
pub(crate) async fn document(server: &Server, order: &TokenOrder) -> Result<Response, Error> {
    let document = order.document.as_ref().ok_or_else(|| Error::NotFound {
        path: format!("the document of {}", order.id),
    })?;
    let bytes = server.0.files.get_document(&document.sha256).await?;
    Ok(download(bytes, &document.media_type, &document.name))
}

/// A file to keep, never to be shown by the browser itself.
pub(crate) fn download(bytes: Bytes, media_type: &str, name: &str) -> Response {
    let safe: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || ".-_".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    for (field, value) in [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}\"")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(field, value);
        }
    }
    response
}

/// Reminds of bills that are overdue; answers how many reminders went out.
pub(crate) async fn remind(server: &Server) -> Result<String, Error> {
    match server.0.store.remind_of_invoices(REMINDERS_PAGE).await? {
        0 => Ok(String::new()),
        count => Ok(format!("{count} reminders")),
    }
}

/// A bill or a credit note as PDF, as it was sent.
pub fn invoice_pdf(invoice: &Invoice) -> Result<Vec<u8>, Error> {
    let day = |at: scrip_domain::Timestamp| at.to_string().chars().take(10).collect::<String>();
    let (seller, state) = (&invoice.seller, invoice.state);
    let title = format!("{} {}", invoice.kind.label(), invoice.number);
    let mut paper = Paper::new(&title, invoice.issued_at)?;
    let right = PAGE_WIDTH / 2.0 + 40.0;
    let width = PAGE_WIDTH - MARGIN - right;
    let mut y = MARGIN + 10.0;
    let mut put = |paper: &mut Paper, bold: bool, text: &str| {
        if !text.trim().is_empty() {
            paper.text_at((right, y), width, TEXT - 1.0, bold, text);
            y += 13.0;
        }
    };
    put(&mut paper, true, &seller.seller);
    for line in seller.address.split(['\n', ';']).map(str::trim) {
        put(&mut paper, false, line);
    }
    put(&mut paper, false, &seller.contact);
    if !seller.tax_number.is_empty() {
        put(&mut paper, false, &format!("Tax number {}", seller.tax_number));
    }
    paper.skip(90.0);
    let to = &invoice.bill_to;
    paper.strong(&to.name);
    for line in to.address.lines() {
        paper.paragraph(line);
    }
    if !to.tax_number.is_empty() {
        paper.paragraph(&format!("Tax number {}", to.tax_number));
    }
    paper.skip(24.0);
    paper.heading(&title);
    let mut facts = vec![("Date", day(invoice.issued_at))];
    if invoice.kind == InvoiceKind::Invoice {
        facts.push(("To be paid until", day(invoice.due_at)));
        facts.push(("Please name", invoice.reference()));
    } else {
        facts.push(("Reason", invoice.why.clone()));
    }
    if !invoice.buyer_reference.is_empty() {
        facts.push(("Your order", invoice.buyer_reference.clone()));
    }
    for (name, fact) in facts {
        paper.paragraph(&format!("{name}: {fact}"));
    }
    paper.skip(8.0);
    let rows: Vec<[String; 3]> = invoice
        .lines
        .iter()
        .map(|line| {
            let tax = if line.tax_name.is_empty() {
                "–".to_owned()
            } else {
                line.tax_name.clone()
            };
            [line.text.clone(), tax, line.net.to_string()]
        })
        .collect();
    let columns = [
        ("What", 5.0, Align::Left),
        ("Tax", 2.0, Align::Left),
        ("Before tax", 2.0, Align::Right),
    ];
    paper.table(columns, &rows);
    let sums = [
        ["Before tax".to_owned(), invoice.net.to_string()],
        ["Tax".to_owned(), invoice.tax.to_string()],
        ["To be paid".to_owned(), state.gross.to_string()],
    ];
    paper.table([("Sum", 7.0, Align::Left), ("Amount", 2.0, Align::Right)], &sums);
    if invoice.kind == InvoiceKind::Invoice {
        pay_how(&mut paper, invoice)?;
    }
    for line in seller.footer.lines() {
        paper.small(line);
    }
    paper.finish()
}

/// How a bill is paid: the account, and a picture that a bank's app reads.
fn pay_how(paper: &mut Paper, invoice: &Invoice) -> Result<(), Error> {
    let (seller, side) = (&invoice.seller, 110.0);
    let reference = invoice.reference();
    paper.make_room(side + 40.0);
    paper.skip(10.0);
    let top = paper.y();
    let mut lines = Vec::new();
    if seller.iban.is_empty() {
        lines.push("How to pay: ask the seller.".to_owned());
    } else {
        lines.push(format!("Account holder: {}", seller.seller));
        lines.push(format!("IBAN: {}", seller.iban));
        if !seller.bic.is_empty() {
            lines.push(format!("BIC: {}", seller.bic));
        }
    }
    lines.push(format!("Amount: {}", invoice.state.gross));
    lines.push(format!("Reference: {reference}"));
    let mut y = top + 14.0;
    for line in &lines {
        paper.text_at((MARGIN, y), TEXT_WIDTH - side - 20.0, TEXT, false, line);
        y += 15.0;
    }
    let place = (PAGE_WIDTH - MARGIN - side, top);
    let (text, alt) = qr_text(invoice, &reference);
    paper.qr_at(place, side, Picture::new(&text)?, &alt);
    paper.skip(side + 12.0);
    Ok(())
}

/// What the picture holds: a credit transfer in euros as EPC069-12 writes it, else the reference.
fn qr_text(invoice: &Invoice, reference: &str) -> (String, String) {
    let (seller, gross) = (&invoice.seller, invoice.state.gross);
    if seller.iban.is_empty() || gross.currency.as_str() != "EUR" {
        return (reference.to_owned(), format!("The reference {reference}"));
    }
    let squeezed = |text: &str| {
        text.chars()
            .filter(|letter| !letter.is_whitespace())
            .collect::<String>()
    };
    let name: String = seller.seller.chars().take(70).collect();
    let text = format!(
        "BCD\n002\n1\nSCT\n{}\n{name}\n{}\nEUR{}\n\n{reference}\n\n",
        squeezed(&seller.bic),
        squeezed(&seller.iban),
        gross.amount()
    );
    (text, format!("A transfer of {gross} with the reference {reference}"))
}
