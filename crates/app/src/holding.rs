//! What wallets hold, what people send each other, teams, and taking orders back.

use base64ct::{Base64, Encoding as _};
use scrip_api::{
    GiftRequest, GiftView, OrderRefundRequest, Recipient, RecipientRequest, RefundQuote, Refunded, SendRequest,
    TeamBalance, TeamMember, TeamMemberRequest, TeamRequest, TeamTokensRequest, TeamView, TokenTransfer, WalletAlert,
    WalletHolding,
};
use scrip_client::HistoryWanted;
use scrip_licensing::{StatementFile, WalletStatement};

use crate::contract::{
    BeginTeamArgs, CursorArgs, EndGiftArgs, Event, GiftsView, GiveArgs, HistoryArgs, HistoryView, MemberArgs,
    OrderLineArgs, OrdersView, PdfFile, PeriodArgs, RecipientArgs, RemoveMemberArgs, SendArgs, SendingArgs,
    StatementArgs, StatementLine, StatementView, TakeBackArgs, TeamArgs, TeamMovesArgs, TeamMovesView, TeamTokensArgs,
    TextFile, TransfersView,
};
use crate::{App, Error};

fn wanted(args: &HistoryArgs) -> HistoryWanted<'_> {
    HistoryWanted {
        cursor: args.cursor.as_deref(),
        from: args.from,
        until: args.until,
        kind: args.kind,
    }
}

impl App {
    /// What the wallet holds, told apart: what can be sent, and what runs out.
    pub async fn wallet_holding(&self) -> Result<WalletHolding, Error> {
        self.require_session().await?;
        self.noted(self.client.wallet_holding().await).await
    }

    /// A part of the wallet's history, the newest first.
    pub async fn wallet_history(&self, args: HistoryArgs) -> Result<HistoryView, Error> {
        self.require_session().await?;
        let page = self.client.wallet_history_of(&wanted(&args)).await;
        let page = self.noted(page).await?;
        Ok(HistoryView {
            items: page.items,
            next_cursor: page.next_cursor,
        })
    }

    /// A part of the wallet's history as a table (CSV).
    pub async fn wallet_history_csv(&self, args: HistoryArgs) -> Result<TextFile, Error> {
        self.require_session().await?;
        let table = self.client.wallet_history_csv(&wanted(&args)).await;
        let table = self.noted(table).await?;
        Ok(TextFile {
            text: String::from_utf8_lossy(&table).into_owned(),
        })
    }

    /// A signed statement of a period as a file.
    pub async fn wallet_statement(&self, args: PeriodArgs) -> Result<TextFile, Error> {
        self.require_session().await?;
        let file = self.client.wallet_statement(args.from, args.until).await;
        Ok(TextFile {
            text: self.noted(file).await?,
        })
    }

    /// The same as a document to print (PDF), which holds what was signed.
    pub async fn wallet_statement_pdf(&self, args: PeriodArgs) -> Result<PdfFile, Error> {
        Ok(PdfFile {
            pdf: Base64::encode_string(&self.wallet_statement_bytes(args).await?),
        })
    }

    /// The same as the bytes of the file.
    pub async fn wallet_statement_bytes(&self, args: PeriodArgs) -> Result<Vec<u8>, Error> {
        self.require_session().await?;
        let file = self.client.wallet_statement_pdf(args.from, args.until).await;
        Ok(self.noted(file).await?.to_vec())
    }

    /// The text of a statement's file, for [`App::statement_verify`]: of JSON, or of a PDF that holds a statement.
    pub fn statement_text(file: &[u8]) -> Result<String, Error> {
        Ok(StatementFile::text_in(file)?)
    }

    /// The SHA-256 of the signed statement in a text, which stands in print on the document that holds it.
    pub fn statement_digest(text: &str) -> Result<String, Error> {
        Ok(StatementFile::digest_in(text)?.to_string())
    }

    /// Checks a statement file. Works with no network: the file holds the vendor's keys, and the vendor's address pins them.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn statement_verify(&self, args: StatementArgs) -> Result<StatementView, Error> {
        let vendors = match args.vendor {
            Some(vendor) => vec![vendor],
            None => self.known_issuers()?,
        };
        let mut refusal = None;
        for vendor in &vendors {
            match StatementFile::verify(&args.text, vendor) {
                Ok(statement) => return Ok(statement_view(statement)),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.map_or(Error::KeysUnknown, Error::from))
    }

    /// Below what balance the person wants to be told.
    pub async fn wallet_alert(&self) -> Result<WalletAlert, Error> {
        self.require_session().await?;
        self.noted(self.client.wallet_alert().await).await
    }

    /// Changes it.
    pub async fn wallet_alert_set(&self, alert: WalletAlert) -> Result<WalletAlert, Error> {
        self.require_session().await?;
        self.noted(self.client.set_wallet_alert(&alert).await).await
    }

    /// How somebody is called, to be confirmed before something is sent.
    pub async fn transfers_recipient(&self, args: RecipientArgs) -> Result<Recipient, Error> {
        self.require_session().await?;
        let request = RecipientRequest { to: args.to.parse()? };
        self.noted(self.client.recipient(&request).await).await
    }

    /// Sends tokens.
    pub async fn transfers_send(&self, args: SendArgs) -> Result<TokenTransfer, Error> {
        self.require_session().await?;
        let command = args.command.parse()?;
        let request = SendRequest {
            to: args.to.parse()?,
            name: args.name,
            tokens: args.tokens,
            message: args.message,
        };
        self.noted(self.client.send_tokens(&request, command).await).await
    }

    /// What was sent and is coming.
    pub async fn transfers_view(&self, args: CursorArgs) -> Result<TransfersView, Error> {
        self.require_session().await?;
        let page = self.client.transfers(args.cursor.as_deref()).await;
        let page = self.noted(page).await?;
        Ok(TransfersView {
            items: page.items,
            next_cursor: page.next_cursor,
        })
    }

    /// Takes back what has not arrived.
    pub async fn transfers_cancel(&self, args: SendingArgs) -> Result<TokenTransfer, Error> {
        self.require_session().await?;
        self.noted(self.client.cancel_transfer(args.transfer).await).await
    }

    /// Gives a product.
    pub async fn gifts_give(&self, args: GiveArgs) -> Result<GiftView, Error> {
        self.require_session().await?;
        let command = args.command.parse()?;
        let request = GiftRequest {
            to: args.to.parse()?,
            name: args.name,
            product: args.product,
            offer: args.offer,
            expected_price: args.expected_price,
            message: args.message,
        };
        self.noted(self.client.give(&request, command).await).await
    }

    /// What was given and received.
    pub async fn gifts_view(&self, args: CursorArgs) -> Result<GiftsView, Error> {
        self.require_session().await?;
        let page = self.client.gifts(args.cursor.as_deref()).await;
        let page = self.noted(page).await?;
        Ok(GiftsView {
            items: page.items,
            next_cursor: page.next_cursor,
        })
    }

    /// Takes a gift, sends it back, or takes it back.
    pub async fn gifts_end(&self, args: EndGiftArgs) -> Result<GiftView, Error> {
        self.require_session().await?;
        self.noted(self.client.end_gift(args.gift, args.how.as_str()).await)
            .await
    }

    /// The account's teams and invitations.
    pub async fn teams_view(&self) -> Result<Vec<TeamView>, Error> {
        self.require_session().await?;
        self.noted(self.client.teams().await).await
    }

    /// A team with its members.
    pub async fn teams_show(&self, args: TeamArgs) -> Result<TeamView, Error> {
        self.require_session().await?;
        self.noted(self.client.team(args.team).await).await
    }

    /// Begins a team.
    pub async fn teams_begin(&self, args: BeginTeamArgs) -> Result<TeamView, Error> {
        self.require_session().await?;
        let command = args.command.parse()?;
        let request = TeamRequest { name: args.name };
        self.noted(self.client.begin_team(&request, command).await).await
    }

    /// Joins a team into which one was invited.
    pub async fn teams_join(&self, args: TeamArgs) -> Result<TeamView, Error> {
        self.require_session().await?;
        self.noted(self.client.join_team(args.team).await).await
    }

    /// Closes a team; what its wallet holds goes to the owner.
    pub async fn teams_close(&self, args: TeamArgs) -> Result<TeamBalance, Error> {
        self.require_session().await?;
        self.noted(self.client.close_team(args.team).await).await
    }

    /// Invites somebody into a team, or changes what a member may do.
    pub async fn teams_put_member(&self, args: MemberArgs) -> Result<TeamMember, Error> {
        self.require_session().await?;
        let request = TeamMemberRequest {
            email: args.email.parse()?,
            role: args.role,
            monthly_limit: args.monthly_limit,
        };
        self.noted(self.client.put_member(args.team, &request).await).await
    }

    /// Takes somebody out of a team, leaves it, or declines an invitation.
    pub async fn teams_remove_member(&self, args: RemoveMemberArgs) -> Result<(), Error> {
        self.require_session().await?;
        self.noted(self.client.remove_member(args.team, args.member).await)
            .await
    }

    /// Moves tokens between one's own wallet and a team's; answers what the team's holds then.
    pub async fn teams_move_tokens(&self, args: TeamTokensArgs) -> Result<TeamBalance, Error> {
        self.require_session().await?;
        let command = args.command.parse()?;
        let request = TeamTokensRequest { tokens: args.tokens };
        let moved = self
            .client
            .move_team_tokens(args.team, args.draw, &request, command)
            .await;
        self.noted(moved).await
    }

    /// What moved into and out of a team's wallet.
    pub async fn teams_moves(&self, args: TeamMovesArgs) -> Result<TeamMovesView, Error> {
        self.require_session().await?;
        let page = self.client.team_moves(args.team, args.cursor.as_deref()).await;
        let page = self.noted(page).await?;
        Ok(TeamMovesView {
            items: page.items,
            next_cursor: page.next_cursor,
        })
    }

    /// What was paid for.
    pub async fn orders_view(&self, args: CursorArgs) -> Result<OrdersView, Error> {
        self.require_session().await?;
        let page = self.client.orders(args.cursor.as_deref()).await;
        let page = self.noted(page).await?;
        Ok(OrdersView {
            items: page.items,
            next_cursor: page.next_cursor,
        })
    }

    /// What taking a product of an order back now would give.
    pub async fn orders_refund_quote(&self, args: OrderLineArgs) -> Result<RefundQuote, Error> {
        self.require_session().await?;
        self.noted(self.client.refund_quote(args.order, &args.product).await)
            .await
    }

    /// Takes a product of an order back. This computer gives its code back first; no other one may have it.
    pub async fn orders_refund(&self, args: TakeBackArgs) -> Result<Refunded, Error> {
        self.require_session().await?;
        let license = self.license(&args.product)?;
        let surrender = match &license {
            Some(license) => self.give_back(license).await?,
            None => None,
        };
        let given_back = surrender.is_some();
        let request = OrderRefundRequest {
            product: args.product,
            at_least: args.at_least,
            surrender,
        };
        let answer = self.client.refund(args.order, &request).await;
        let refunded = match &license {
            Some(license) => self.settled(license, given_back, answer).await?,
            None => self.noted(answer).await?,
        };
        self.note_balance(refunded.balance_after)?;
        if let Err(error) = self.library_refresh().await {
            tracing::info!(%error, "the library is asked for later");
        }
        self.tell_session().await;
        self.tell(Event::LibraryChanged);
        Ok(refunded)
    }
}

fn statement_view(statement: WalletStatement) -> StatementView {
    let line = |entry: scrip_licensing::StatementEntry| StatementLine {
        at: entry.at,
        kind: entry.kind,
        amount: entry.amount,
        reason: entry.reason,
    };
    StatementView {
        issuer: statement.iss,
        signed_at: statement.iat,
        email: statement.email,
        from: statement.from,
        until: statement.until,
        opening: statement.opening,
        closing: statement.closing,
        entries: statement.entries.into_iter().map(line).collect(),
    }
}
