//! What wallets hold, what people send each other, teams, and taking orders back.

use bytes::Bytes;
use scrip_api::{
    GiftRequest, GiftView, OrderRefundRequest, OrderView, Page, Recipient, RecipientRequest, RefundQuote, Refunded,
    SendRequest, TeamBalance, TeamMember, TeamMemberRequest, TeamMoveView, TeamRequest, TeamTokensRequest, TeamView,
    TokenTransfer, TransferKind, WalletAlert, WalletEntry, WalletHolding, WalletStatementFile,
};
use scrip_domain::{CommandId, GiftId, OrderId, ProductId, SendingId, TeamId, Timestamp, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::Repeat;
use crate::{Client, Error};

/// The largest table or statement, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Which part of a wallet's history is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryWanted<'w> {
    /// The cursor of the page before.
    pub cursor: Option<&'w str>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Of this kind alone.
    pub kind: Option<TransferKind>,
}

impl HistoryWanted<'_> {
    fn query(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("cursor", self.cursor.map(str::to_owned)),
            ("from", self.from.map(|from| from.to_string())),
            ("until", self.until.map(|until| until.to_string())),
            ("kind", self.kind.map(|kind| kind.as_str().to_owned())),
        ];
        pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

impl Client {
    async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: u64,
    ) -> Result<T, Error> {
        let get = |url: &str| self.transport().http.get(url).query(query);
        self.transport().json(path, Repeat::Safe, limit, get).await
    }

    async fn page<T: DeserializeOwned>(&self, path: &str, cursor: Option<&str>) -> Result<Page<T>, Error> {
        let query: Vec<_> = cursor.map(|cursor| ("cursor", cursor.to_owned())).into_iter().collect();
        self.get_with(path, &query, self.transport().limits.answer_bytes).await
    }

    async fn put<B: Serialize + Sync, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Error> {
        let put = |url: &str| self.transport().http.put(url).json(body);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(path, Repeat::Safe, limit, put).await
    }

    /// What the session's wallet holds, told apart (`GET /v1/wallet/holding`).
    pub async fn wallet_holding(&self) -> Result<WalletHolding, Error> {
        self.get("/v1/wallet/holding").await
    }

    /// A page of a part of the wallet's history (`GET /v1/wallet/history`).
    pub async fn wallet_history_of(&self, wanted: &HistoryWanted<'_>) -> Result<Page<WalletEntry>, Error> {
        let limit = self.transport().limits.answer_bytes;
        self.get_with("/v1/wallet/history", &wanted.query(), limit).await
    }

    /// A part of the wallet's history as a table (`GET /v1/wallet/history.csv`).
    pub async fn wallet_history_csv(&self, wanted: &HistoryWanted<'_>) -> Result<Bytes, Error> {
        let url = self.transport().server.join("/v1/wallet/history.csv");
        let query = wanted.query();
        let get = |url: &str| self.transport().http.get(url).query(&query);
        let types = ["text/csv"];
        let answer = self
            .transport()
            .exchange(&url, Repeat::Safe, FILE_BYTES_MAX, &types, &get)
            .await?;
        Ok(answer.1)
    }

    /// A signed statement of a period as a file (`GET /v1/wallet/statement`).
    pub async fn wallet_statement(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Result<String, Error> {
        let wanted = HistoryWanted {
            from,
            until,
            ..HistoryWanted::default()
        };
        let file: WalletStatementFile = self
            .get_with("/v1/wallet/statement", &wanted.query(), FILE_BYTES_MAX)
            .await?;
        Ok(file.file)
    }

    /// The same as a document (`GET /v1/wallet/statement.pdf`).
    pub async fn wallet_statement_pdf(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Bytes, Error> {
        let url = self.transport().server.join("/v1/wallet/statement.pdf");
        let wanted = HistoryWanted {
            from,
            until,
            ..HistoryWanted::default()
        };
        let query = wanted.query();
        let get = |url: &str| self.transport().http.get(url).query(&query);
        let types = ["application/pdf"];
        let answer = self
            .transport()
            .exchange(&url, Repeat::Safe, FILE_BYTES_MAX, &types, &get)
            .await?;
        Ok(answer.1)
    }

    /// Below what balance the person wants to be told (`GET /v1/wallet/alert`).
    pub async fn wallet_alert(&self) -> Result<WalletAlert, Error> {
        self.get("/v1/wallet/alert").await
    }

    /// Changes it (`PUT /v1/wallet/alert`).
    pub async fn set_wallet_alert(&self, alert: &WalletAlert) -> Result<WalletAlert, Error> {
        self.put("/v1/wallet/alert", alert).await
    }

    /// How somebody is called, before something is sent (`POST /v1/recipients`).
    pub async fn recipient(&self, request: &RecipientRequest) -> Result<Recipient, Error> {
        self.post("/v1/recipients", Repeat::Safe, request).await
    }

    /// Sends tokens (`POST /v1/transfers`); `command` is the idempotency key.
    pub async fn send_tokens(&self, request: &SendRequest, command: CommandId) -> Result<TokenTransfer, Error> {
        self.command("/v1/transfers", request, command).await
    }

    /// What was sent and is coming (`GET /v1/transfers`).
    pub async fn transfers(&self, cursor: Option<&str>) -> Result<Page<TokenTransfer>, Error> {
        self.page("/v1/transfers", cursor).await
    }

    /// Takes back what has not arrived (`POST /v1/transfers/{id}/cancel`).
    pub async fn cancel_transfer(&self, transfer: SendingId) -> Result<TokenTransfer, Error> {
        self.post(&format!("/v1/transfers/{transfer}/cancel"), Repeat::Safe, &())
            .await
    }

    /// Gives a product (`POST /v1/gifts`); `command` is the idempotency key.
    pub async fn give(&self, request: &GiftRequest, command: CommandId) -> Result<GiftView, Error> {
        self.command("/v1/gifts", request, command).await
    }

    /// What was given (`GET /v1/gifts`).
    pub async fn gifts(&self, cursor: Option<&str>) -> Result<Page<GiftView>, Error> {
        self.page("/v1/gifts", cursor).await
    }

    /// Takes a gift (`accept`), sends it back (`decline`) or takes it back (`withdraw`) (`POST /v1/gifts/{id}/…`).
    pub async fn end_gift(&self, gift: GiftId, what: &str) -> Result<GiftView, Error> {
        self.post(&format!("/v1/gifts/{gift}/{what}"), Repeat::Safe, &()).await
    }

    /// Begins a team (`POST /v1/teams`); `command` is the idempotency key.
    pub async fn begin_team(&self, request: &TeamRequest, command: CommandId) -> Result<TeamView, Error> {
        self.command("/v1/teams", request, command).await
    }

    /// The account's teams and invitations (`GET /v1/teams`).
    pub async fn teams(&self) -> Result<Vec<TeamView>, Error> {
        self.get("/v1/teams").await
    }

    /// A team with its members (`GET /v1/teams/{id}`).
    pub async fn team(&self, team: TeamId) -> Result<TeamView, Error> {
        self.get(&format!("/v1/teams/{team}")).await
    }

    /// Closes a team (`DELETE /v1/teams/{id}`).
    pub async fn close_team(&self, team: TeamId) -> Result<TeamBalance, Error> {
        let path = format!("/v1/teams/{team}");
        let delete = |url: &str| self.transport().http.delete(url);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(&path, Repeat::Never, limit, delete).await
    }

    /// Invites somebody, or changes what a member may do (`PUT /v1/teams/{id}/members`).
    pub async fn put_member(&self, team: TeamId, request: &TeamMemberRequest) -> Result<TeamMember, Error> {
        self.put(&format!("/v1/teams/{team}/members"), request).await
    }

    /// Takes somebody out of a team (`DELETE /v1/teams/{id}/members/{user}`).
    pub async fn remove_member(&self, team: TeamId, member: UserId) -> Result<(), Error> {
        let url = self
            .transport()
            .server
            .join(&format!("/v1/teams/{team}/members/{member}"));
        let delete = |url: &str| self.transport().http.delete(url);
        let limit = self.transport().limits.answer_bytes;
        let types = ["application/json"];
        self.transport()
            .exchange(&url, Repeat::Safe, limit, &types, &delete)
            .await?;
        Ok(())
    }

    /// Joins a team (`POST /v1/teams/{id}/join`).
    pub async fn join_team(&self, team: TeamId) -> Result<TeamView, Error> {
        self.post(&format!("/v1/teams/{team}/join"), Repeat::Safe, &()).await
    }

    /// Moves tokens into a team's wallet, or with `draw` out of it (`POST /v1/teams/{id}/deposit`, `…/draw`).
    pub async fn move_team_tokens(
        &self,
        team: TeamId,
        draw: bool,
        request: &TeamTokensRequest,
        command: CommandId,
    ) -> Result<TeamBalance, Error> {
        let what = if draw { "draw" } else { "deposit" };
        self.command(&format!("/v1/teams/{team}/{what}"), request, command)
            .await
    }

    /// What moved into and out of a team's wallet (`GET /v1/teams/{id}/moves`).
    pub async fn team_moves(&self, team: TeamId, cursor: Option<&str>) -> Result<Page<TeamMoveView>, Error> {
        self.page(&format!("/v1/teams/{team}/moves"), cursor).await
    }

    /// The account's orders (`GET /v1/orders`).
    pub async fn orders(&self, cursor: Option<&str>) -> Result<Page<OrderView>, Error> {
        self.page("/v1/orders", cursor).await
    }

    /// What taking a product of an order back would give (`GET /v1/orders/{id}/refund`).
    pub async fn refund_quote(&self, order: OrderId, product: &ProductId) -> Result<RefundQuote, Error> {
        let query = [("product", product.to_string())];
        let limit = self.transport().limits.answer_bytes;
        self.get_with(&format!("/v1/orders/{order}/refund"), &query, limit)
            .await
    }

    /// Takes a product of an order back (`POST /v1/orders/{id}/refund`).
    pub async fn refund(&self, order: OrderId, request: &OrderRefundRequest) -> Result<Refunded, Error> {
        self.post(&format!("/v1/orders/{order}/refund"), Repeat::Safe, request)
            .await
    }
}
