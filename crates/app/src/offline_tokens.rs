//! Tokens bought off-line: vouchers, orders on paper, bills.

use std::path::Path;

use base64ct::{Base64, Encoding as _};
use scrip_api::{Page, RedeemRequest, Redeemed, TokenOrderRequest, TokenOrderView};
use scrip_domain::{CommandId, PurchaseId};

use crate::contract::{
    DocumentArgs, InvoiceArgs, InvoicesView, PageArgs, PdfFile, RedeemArgs, TokenOrderArgs, TokenOrderPlaceArgs,
    TokenOrdersView,
};
use crate::{App, Error};

/// Rows of one view.
const ROWS: u32 = 50;
/// The longest name of a document that is told.
const NAME_CHARS_MAX: usize = 120;

impl App {
    /// Redeems a voucher into the wallet. Pressed again under the same key, it answers what the first time did.
    pub async fn voucher_redeem(&self, args: RedeemArgs) -> Result<Redeemed, Error> {
        self.require_session().await?;
        let command: CommandId = args.command.parse()?;
        let request = RedeemRequest { code: args.code };
        let redeemed = self.noted(self.client.redeem_voucher(&request, command).await).await?;
        self.note_balance(redeemed.balance_after)?;
        self.tell_session().await;
        Ok(redeemed)
    }

    /// Orders tokens on a bill. Pressed again under the same key, it answers what the first time did.
    pub async fn token_order_place(&self, args: TokenOrderPlaceArgs) -> Result<TokenOrderView, Error> {
        self.require_session().await?;
        let command: CommandId = args.command.parse()?;
        let request = TokenOrderRequest {
            currency: args.currency,
            tokens: args.tokens,
            pack: args.pack,
            method: args.method,
            expected_total: args.expected_total,
            number: args.number,
            note: args.note,
            bill_to: args.bill_to,
        };
        self.noted(self.client.order_tokens(&request, command).await).await
    }

    /// The orders for tokens, the newest first.
    pub async fn token_orders_view(&self, args: PageArgs) -> Result<TokenOrdersView, Error> {
        self.require_session().await?;
        let page = self.client.token_orders(args.cursor.as_deref(), ROWS).await;
        let Page { items, next_cursor } = self.noted(page).await?;
        Ok(TokenOrdersView { items, next_cursor })
    }

    /// Takes back an order that waits.
    pub async fn token_order_cancel(&self, args: TokenOrderArgs) -> Result<TokenOrderView, Error> {
        self.require_session().await?;
        self.noted(self.client.cancel_token_order(args.order).await).await
    }

    /// Hands in the document of an order that waits, as the window read it.
    pub async fn token_order_document(&self, args: DocumentArgs) -> Result<TokenOrderView, Error> {
        let bytes = Base64::decode_vec(&args.document).map_err(|error| Error::CommandInvalid {
            name: "token_order.document".to_owned(),
            why: format!("the document is not base64: {error}"),
        })?;
        self.send_document(args.order, &args.name, bytes).await
    }

    /// The same from a file of this computer.
    pub async fn hand_in_document(&self, order: TokenOrderArgs, path: &Path) -> Result<TokenOrderView, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            operation: "read",
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.send_document(order.order, &name.unwrap_or_default(), bytes).await
    }

    async fn send_document(&self, order: PurchaseId, name: &str, bytes: Vec<u8>) -> Result<TokenOrderView, Error> {
        self.require_session().await?;
        // The name travels in a header, which takes no others.
        let plain = |letter: &char| letter.is_ascii_graphic() || *letter == ' ';
        let name: String = name.chars().filter(plain).take(NAME_CHARS_MAX).collect();
        let sent = self.client.put_order_document(order, &name, bytes.into()).await;
        self.noted(sent).await
    }

    /// The bills and credit notes, the newest first.
    pub async fn invoices_view(&self, args: PageArgs) -> Result<InvoicesView, Error> {
        self.require_session().await?;
        let page = self.client.invoices(args.cursor.as_deref(), ROWS).await;
        let Page { items, next_cursor } = self.noted(page).await?;
        Ok(InvoicesView { items, next_cursor })
    }

    /// A bill as PDF.
    pub async fn invoice_pdf(&self, args: InvoiceArgs) -> Result<PdfFile, Error> {
        Ok(PdfFile {
            pdf: Base64::encode_string(&self.invoice_bytes(args).await?),
        })
    }

    /// The same as the bytes of the file.
    pub async fn invoice_bytes(&self, args: InvoiceArgs) -> Result<Vec<u8>, Error> {
        self.require_session().await?;
        let bytes = self.noted(self.client.invoice_pdf(args.invoice).await).await?;
        Ok(bytes.to_vec())
    }
}
