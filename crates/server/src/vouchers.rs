//! Vouchers: making, printing, redeeming.

use scrip_domain::{Timestamp, UserId, VoucherCode, VoucherState};
use scrip_licensing::qr::Picture;
use scrip_store::{Act, RedeemedVoucher, Redemption, VoucherBatch, VoucherRow};
use uuid::Uuid;

use crate::pdf::{MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Paper};
use crate::{Error, Server};

/// Vouchers on one sheet: two columns of five cards.
const COLUMNS: usize = 2;
const ROWS: usize = 5;
/// The room around the cards, and between what stands on a card and its edge.
const EDGE: f32 = MARGIN / 2.0;
const PADDING: f32 = 12.0;
/// Vouchers read in one go.
const PAGE: i64 = 500;

/// Redeems what a person typed, into their wallet. `act` is an operator's who does it for them.
pub(crate) async fn redeem(
    server: &Server,
    user: UserId,
    typed: &str,
    command: Uuid,
    act: Option<Act<'_>>,
) -> Result<RedeemedVoucher, Error> {
    if act.is_none() {
        server.0.limits.count_account(&format!("voucher {user}"))?;
    }
    let code: VoucherCode = typed.parse()?;
    let redemption = Redemption {
        user,
        code,
        command,
        act,
    };
    let key = &server.0.vouchers;
    let redeemed = server
        .0
        .store
        .redeem_voucher(&redemption, |code, terms| key.verify(code, terms));
    Ok(redeemed.await?)
}

/// The same for an operator, by the account's address.
pub async fn redeem_for(
    server: &Server,
    email: &scrip_domain::Email,
    typed: &str,
    act: Act<'_>,
) -> Result<RedeemedVoucher, Error> {
    let user = server.0.store.user_by_email(email).await?;
    let user = user.ok_or_else(|| scrip_store::Error::AccountNotFound {
        email: email.to_string(),
    })?;
    // The log is never changed: it knows people by their ids, so that whoever is erased is gone from it too.
    let subject = user.id.to_string();
    let act = Act {
        subject: &subject,
        ..act
    };
    redeem(server, user.id, typed, server.0.ids.new_id(&*server.0.clock), Some(act)).await
}

/// The vouchers of a batch that can still be redeemed, with their codes.
pub async fn open_codes(server: &Server, batch: Uuid) -> Result<Vec<(VoucherRow, VoucherCode)>, Error> {
    let (mut codes, mut after) = (Vec::new(), None);
    loop {
        let rows = server.0.store.vouchers(batch, after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(codes) };
        after = Some(last.serial);
        let open = rows.into_iter().filter(|row| row.state == VoucherState::Open);
        codes.extend(open.map(|row| {
            let code = server.0.vouchers.code(&row.terms);
            (row, code)
        }));
    }
}

/// The vouchers of a batch that can still be redeemed, as PDF to print and to cut: ten to a page.
pub async fn voucher_sheet(server: &Server, batch: &VoucherBatch) -> Result<Vec<u8>, Error> {
    let vouchers = open_codes(server, batch.made.id).await?;
    let (vendor, now) = (server.0.config.settings.name.clone(), server.0.clock.now());
    let label = batch.made.label.clone();
    // Thousands of pictures take a moment of the processor, which no request should wait for.
    let drawn = tokio::task::spawn_blocking(move || draw_sheet(&vendor, &label, now, &vouchers)).await;
    drawn.map_err(|_| Error::Internal {
        operation: "draw vouchers",
    })?
}

fn draw_sheet(
    vendor: &str,
    label: &str,
    now: Timestamp,
    vouchers: &[(VoucherRow, VoucherCode)],
) -> Result<Vec<u8>, Error> {
    let mut paper = Paper::new(&format!("Vouchers of {vendor}"), now)?;
    if vouchers.is_empty() {
        paper.heading("Vouchers");
        paper.paragraph("No voucher of this batch can be redeemed any more.");
    }
    let width = (PAGE_WIDTH - 2.0 * EDGE) / 2.0;
    let height = (PAGE_HEIGHT - 2.0 * EDGE) / 5.0;
    for (page, cards) in vouchers.chunks(COLUMNS * ROWS).enumerate() {
        if page > 0 {
            paper.next_page();
        }
        let (mut x, mut y) = (EDGE, EDGE);
        for (at, (row, code)) in cards.iter().enumerate() {
            draw_card(&mut paper, (x, y), (width, height), vendor, label, row, *code)?;
            if at % COLUMNS == COLUMNS - 1 {
                (x, y) = (EDGE, y + height);
            } else {
                x += width;
            }
        }
    }
    paper.finish()
}

fn draw_card(
    paper: &mut Paper,
    (x, y): (f32, f32),
    (width, height): (f32, f32),
    vendor: &str,
    label: &str,
    row: &VoucherRow,
    code: VoucherCode,
) -> Result<(), Error> {
    let side = 78.0;
    let (left, room) = (x + PADDING, width - side - 2.0 * PADDING);
    paper.frame((x, y), width, height);
    paper.text_at((left, y + 22.0), room, 10.0, false, vendor);
    paper.text_at((left, y + 46.0), room, 18.0, true, &row.terms.tokens.to_string());
    paper.text_at((left, y + 62.0), room, 8.0, false, label);
    let end = row.terms.expires_at.map_or_else(String::new, |end| {
        // The last day on which it holds.
        let day: String = end.plus_seconds(-1).to_string().chars().take(10).collect();
        format!(" · until {day}")
    });
    paper.text_at((left, y + 76.0), room, 8.0, false, &format!("No. {}{end}", row.serial));
    let text = code.to_string();
    let picture = Picture::new(&text)?;
    paper.qr_at(
        (x + width - side - 4.0, y + 8.0),
        side,
        picture,
        &format!("The code {text}"),
    );
    let whole = width - 2.0 * PADDING;
    paper.whole_text_at((left, y + height - 42.0), whole, 15.0, &text);
    let how = "To redeem once: in the app, on the account page, or with scrip tokens redeem.";
    paper.text_at((left, y + height - 22.0), whole, 6.0, false, how);
    Ok(())
}
