//! Tokens bought off-line: vouchers, orders on paper, bills.

use bytes::Bytes;
use scrip_api::{InvoiceView, Page, RedeemRequest, Redeemed, TokenOrderRequest, TokenOrderView};
use scrip_domain::{CommandId, InvoiceId, PurchaseId};
use serde::de::DeserializeOwned;

use crate::transport::Repeat;
use crate::{Client, Error};

/// What PDF files are served as (RFC 8118).
const PDF: &[&str] = &["application/pdf"];
/// The largest bill, in bytes.
const PDF_BYTES_MAX: u64 = 8 * 1024 * 1024;

impl Client {
    /// Redeems a voucher (`POST /v1/vouchers/redeem`); `command` is the idempotency key.
    pub async fn redeem_voucher(&self, request: &RedeemRequest, command: CommandId) -> Result<Redeemed, Error> {
        self.command("/v1/vouchers/redeem", request, command).await
    }

    /// Orders tokens on a bill (`POST /v1/token-orders`); `command` is the idempotency key.
    pub async fn order_tokens(&self, request: &TokenOrderRequest, command: CommandId) -> Result<TokenOrderView, Error> {
        self.command("/v1/token-orders", request, command).await
    }

    /// A page of the orders for tokens (`GET /v1/token-orders`).
    pub async fn token_orders(&self, cursor: Option<&str>, limit: u32) -> Result<Page<TokenOrderView>, Error> {
        self.page_of("/v1/token-orders", cursor, limit).await
    }

    /// Hands in the document of an order (`PUT /v1/token-orders/{id}/document`): PDF, PNG or JPEG.
    pub async fn put_order_document(
        &self,
        order: PurchaseId,
        name: &str,
        bytes: Bytes,
    ) -> Result<TokenOrderView, Error> {
        let path = format!("/v1/token-orders/{order}/document");
        let put = |url: &str| {
            let request = self.transport().http.put(url).header("file-name", name);
            request.body(bytes.clone())
        };
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(&path, Repeat::Safe, limit, put).await
    }

    /// Takes back an order that waits (`DELETE /v1/token-orders/{id}`).
    pub async fn cancel_token_order(&self, order: PurchaseId) -> Result<TokenOrderView, Error> {
        let path = format!("/v1/token-orders/{order}");
        let delete = |url: &str| self.transport().http.delete(url);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(&path, Repeat::Safe, limit, delete).await
    }

    /// A page of the bills (`GET /v1/invoices`).
    pub async fn invoices(&self, cursor: Option<&str>, limit: u32) -> Result<Page<InvoiceView>, Error> {
        self.page_of("/v1/invoices", cursor, limit).await
    }

    /// A bill as PDF (`GET /v1/invoices/{id}/pdf`).
    pub async fn invoice_pdf(&self, invoice: InvoiceId) -> Result<Bytes, Error> {
        let url = self.server().join(&format!("/v1/invoices/{invoice}/pdf"));
        let get = |url: &str| self.transport().http.get(url);
        let answer = self.transport().exchange(&url, Repeat::Safe, PDF_BYTES_MAX, PDF, &get);
        Ok(answer.await?.1)
    }

    async fn page_of<T: DeserializeOwned>(&self, path: &str, cursor: Option<&str>, limit: u32) -> Result<T, Error> {
        let get = |url: &str| {
            let request = self.transport().http.get(url).query(&[("limit", limit)]);
            request.query(&cursor.map(|cursor| [("cursor", cursor)]))
        };
        let answer_bytes = self.transport().limits.answer_bytes;
        self.transport().json(path, Repeat::Safe, answer_bytes, get).await
    }
}
