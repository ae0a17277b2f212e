//! Prices, the cart and the wallet.

use std::path::PathBuf;
use std::time::Duration;

use scrip_api::QuoteRequest;
use scrip_domain::{Quote, Timestamp, Tokens};
use serde::{Deserialize, Serialize};

use crate::contract::{QuoteArgs, WalletView};
use crate::{App, Error, state};

/// How long a view that also works from what is stored here waits for the server.
pub(crate) const VIEW_PATIENCE: Duration = Duration::from_secs(4);

/// The balance that the server named last.
#[derive(Serialize, Deserialize)]
struct StoredWallet {
    balance: Tokens,
    confirmed_at: Timestamp,
}

impl App {
    /// What some items cost now. Nothing is charged.
    pub async fn checkout_quote(&self, args: QuoteArgs) -> Result<Quote, Error> {
        self.require_session().await?;
        let quote = self
            .noted(self.client.quote(&QuoteRequest { items: args.items }).await)
            .await?;
        self.note_balance(quote.balance)?;
        Ok(quote)
    }

    /// The wallet: from the server, or as it was last confirmed where the server does not answer.
    pub async fn wallet_view(&self) -> Result<WalletView, Error> {
        let asked = async {
            self.require_session().await?;
            let wallet = self.noted(self.client.wallet().await).await?;
            self.note_balance(wallet.balance)
        };
        let outcome = tokio::time::timeout(VIEW_PATIENCE, asked).await;
        let stored: Option<StoredWallet> = state::read(&self.wallet_file())?;
        match (outcome, stored) {
            (Ok(Ok(())) | Err(_), Some(stored)) => Ok(WalletView {
                balance: stored.balance,
                confirmed_at: stored.confirmed_at,
            }),
            (Ok(Err(Error::Client(error))), Some(stored)) if error.is_offline() => Ok(WalletView {
                balance: stored.balance,
                confirmed_at: stored.confirmed_at,
            }),
            (Ok(Err(error)), _) => Err(error),
            (Ok(Ok(())) | Err(_), None) => Err(Error::NotSignedIn),
        }
    }

    /// The balance that was confirmed last.
    pub(crate) fn stored_balance(&self) -> Result<Option<Tokens>, Error> {
        let stored: Option<StoredWallet> = state::read(&self.wallet_file())?;
        Ok(stored.map(|stored| stored.balance))
    }

    pub(crate) fn store_wallet(&self, balance: Tokens) -> Result<(), Error> {
        state::write(
            &self.wallet_file(),
            &StoredWallet {
                balance,
                confirmed_at: self.clock.now(),
            },
        )
    }

    pub(crate) fn wallet_file(&self) -> PathBuf {
        self.folder.join("wallet.json")
    }
}
