//! Tokens that one person sends to another: taken at once, kept for a while in which the sender can take them back, then given.

use scrip_domain::{SendingId, SendingPolicy, SendingState, SentToday, Timestamp, Tokens, UserId, check_message};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::checkpoints::read_holding_keeping;
use crate::db::{Tx, args, row_struct};
use crate::ledger::{KIND_TRANSFER, Leg, Movement, VENDOR_ESCROW, lock_wallet, read_tokens, retrying};
use crate::lots::{changed, put_reversal};
use crate::people::{self, People, Person};
use crate::{Error, Setting, Store};

impl Setting for SendingPolicy {
    const NAME: &'static str = "sending";

    fn check(&self) -> Result<(), scrip_domain::Error> {
        Self::check(self)
    }
}

/// Tokens to send.
#[derive(Clone, Copy, Debug)]
pub struct NewSending<'s> {
    /// Who sends.
    pub sender: UserId,
    /// The recipient's address.
    pub to: &'s str,
    /// The recipient's name, as the sender saw and confirmed it.
    pub name: &'s str,
    /// How many.
    pub tokens: Tokens,
    /// A line to the recipient; may be empty.
    pub message: &'s str,
    /// The client-made id of the command.
    pub command: Uuid,
    /// The SHA-256 digest of the request, to tell a repetition from a misuse of the id.
    pub digest: [u8; 32],
}

/// Tokens that one person sends to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its id, and that of the transfer that took the tokens from the sender.
    pub id: SendingId,
    /// Who sends.
    pub sender: Person,
    /// Who gets them.
    pub recipient: Person,
    /// How many.
    pub tokens: Tokens,
    /// A line to the recipient.
    pub message: String,
    /// Where it stands.
    pub state: SendingState,
    /// When it was sent.
    pub created_at: Timestamp,
    /// Until when the sender can take it back.
    pub settles_at: Timestamp,
    /// When it reached the recipient, or came back.
    pub ended_at: Option<Timestamp>,
}

row_struct! {
    /// A row of them.
    pub(crate) struct SendingRow {
        id: Uuid,
        sender: Uuid,
        recipient: Uuid,
        tokens: i64,
        message: String,
        request_digest: Vec<u8>,
        state: String,
        created_at: i64,
        settles_at: i64,
        ended_at: Option<i64>,
    }
}

const COLUMNS: &str = "id, sender, recipient, tokens, message, request_digest, state, created_at, settles_at, ended_at";

impl SendingRow {
    fn state(&self) -> Result<SendingState, Error> {
        SendingState::parse(&self.state).ok_or_else(|| Error::Corrupt {
            table: "sendings",
            id: self.id.to_string(),
            why: format!("the state {} is unknown", self.state),
        })
    }

    fn read(self, people: &People) -> Result<Sending, Error> {
        Ok(Sending {
            id: SendingId(self.id),
            sender: people.get(self.sender),
            recipient: people.get(self.recipient),
            tokens: read_tokens("sendings", self.id, self.tokens)?,
            state: self.state()?,
            message: self.message,
            created_at: Timestamp::from_micros(self.created_at),
            settles_at: Timestamp::from_micros(self.settles_at),
            ended_at: self.ended_at.map(Timestamp::from_micros),
        })
    }
}

async fn read_all(tx: &mut Tx, rows: Vec<SendingRow>) -> Result<Vec<Sending>, Error> {
    let people = People::read(tx, rows.iter().flat_map(|row| [row.sender, row.recipient])).await?;
    rows.into_iter().map(|row| row.read(&people)).collect()
}

async fn find(tx: &mut Tx, id: SendingId) -> Result<SendingRow, Error> {
    let sql = format!("SELECT {COLUMNS} FROM sendings WHERE id = $1");
    let found = tx.row::<SendingRow>("read a sending", &sql, &args![id.0]).await?;
    found.ok_or_else(|| Error::SendingNotFound {
        sending: id.to_string(),
    })
}

/// What an account sent, to people and with gifts and into teams, since an instant.
pub(crate) async fn sent_since(tx: &mut Tx, user: UserId, since: Timestamp) -> Result<SentToday, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN s.state IN ('canceled', 'declined', 'withdrawn', 'lapsed') THEN 0 \
               ELSE s.tokens END), 0) AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM ( \
               SELECT tokens, state FROM sendings WHERE sender = $1 AND created_at > $2 \
               UNION ALL SELECT price, state FROM gifts WHERE giver = $1 AND created_at > $2 \
               UNION ALL SELECT -drawn, 'settled' FROM team_moves WHERE user_id = $1 AND created_at > $2 AND drawn < 0) AS s";
    let found = tx
        .row::<(i64, i64)>("add up what was sent", sql, &args![user.0, since])
        .await?;
    let (tokens, transfers) = found.unwrap_or((0, 0));
    Ok(SentToday {
        tokens: read_tokens("sendings", user.0, tokens)?,
        transfers: transfers.unsigned_abs(),
    })
}

/// Refuses what an account may not send now, whoever gets it; holds its wallet until the transaction ends.
pub(crate) async fn check_sender(
    tx: &mut Tx,
    sender: UserId,
    tokens: Tokens,
    policy: &SendingPolicy,
    now: Timestamp,
) -> Result<(), Error> {
    let balance = lock_wallet(tx, sender.0).await?;
    let sql = "SELECT created_at FROM users WHERE id = $1";
    let opened = tx.row::<(i64,)>("find an account", sql, &args![sender.0]).await?;
    let opened = opened.map_or(now, |(at,)| Timestamp::from_micros(at));
    let sent = sent_since(tx, sender, now.plus_seconds(-86_400)).await?;
    policy.check_limits(tokens, sent, opened, now)?;
    if balance < tokens {
        return Err(scrip_domain::Error::WalletInsufficient {
            total: tokens,
            balance,
            missing: tokens.saturating_sub(balance),
        }
        .into());
    }
    Ok(())
}

/// Refuses to pass on tokens that were given.
pub(crate) async fn check_sendable(
    tx: &mut Tx,
    sender: UserId,
    tokens: Tokens,
    policy: &SendingPolicy,
    now: Timestamp,
) -> Result<(), Error> {
    let holding = read_holding_keeping(tx, sender.0, now).await?;
    let sendable = holding.sendable(policy.given_can_be_sent);
    if tokens <= sendable {
        return Ok(());
    }
    Err(scrip_domain::Error::SendingTied {
        sendable,
        balance: Tokens::new(holding.balance())?,
    }
    .into())
}

/// The recipient, where the sender confirmed the right one.
pub(crate) async fn confirmed(tx: &mut Tx, sender: UserId, to: &str, name: &str) -> Result<Person, Error> {
    let recipient = people::find(tx, to).await?;
    let refuse = |why| Err(scrip_domain::Error::SendingRecipient { why }.into());
    if recipient.id == sender {
        return refuse("it is your own account");
    }
    if recipient.name != name {
        return refuse("the account has another name");
    }
    Ok(recipient)
}

impl Store {
    /// Sends tokens to the account with an address. The same command sends once.
    pub async fn send_tokens(&self, new: &NewSending<'_>, policy: &SendingPolicy) -> Result<Sending, Error> {
        let message = check_message(new.message)?;
        retrying!("send tokens", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sender = new.sender;
            lock_wallet(&mut tx, sender.0).await?;
            let sql = format!("SELECT {COLUMNS} FROM sendings WHERE sender = $1 AND command_id = $2");
            let known = tx
                .row::<SendingRow>("look for a command", &sql, &args![sender.0, new.command])
                .await?;
            if let Some(known) = known {
                if known.request_digest != new.digest {
                    return Err(Error::IdempotencyConflict {
                        command: new.command.to_string(),
                    });
                }
                let people = People::read(&mut tx, [known.sender, known.recipient].into_iter()).await?;
                return known.read(&people);
            }
            let recipient = confirmed(&mut tx, sender, new.to, new.name).await?;
            check_sender(&mut tx, sender, new.tokens, policy, now).await?;
            check_sendable(&mut tx, sender, new.tokens, policy, now).await?;
            let movement = Movement {
                kind: KIND_TRANSFER,
                reason: "Sent to another account",
                at: now,
                legs: &[
                    Leg::wallet(sender, -new.tokens.get()),
                    Leg::vendor(VENDOR_ESCROW, new.tokens.get()),
                ],
            };
            let id = SendingId(self.move_tokens(&mut tx, &movement).await?);
            let sql = "INSERT INTO sendings (id, sender, recipient, tokens, message, command_id, request_digest, state, \
                       created_at, settles_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let settles_at = policy.settles_at(now);
            let waiting = SendingState::Waiting.as_str();
            let values = args![
                id.0,
                sender.0,
                recipient.id.0,
                new.tokens,
                message.as_str(),
                new.command,
                new.digest.to_vec(),
                waiting,
                now,
                settles_at
            ];
            tx.execute("record a sending", sql, &values).await?;
            let row = find(&mut tx, id).await?;
            let sent = read_all(&mut tx, vec![row]).await?.remove(0);
            if settles_at <= now {
                self.end(&mut tx, &sent, SendingState::Settled, now).await?;
            } else {
                self.tell_waiting(&mut tx, &sent, now).await?;
            }
            let row = find(&mut tx, id).await?;
            let sent = read_all(&mut tx, vec![row]).await?.remove(0);
            tx.commit().await?;
            Ok(sent)
        })
    }

    async fn tell_waiting(&self, tx: &mut Tx, sent: &Sending, now: Timestamp) -> Result<(), Error> {
        let (tokens, until) = (sent.tokens, sent.settles_at);
        let (from, to) = (&sent.sender.name, &sent.recipient.name);
        let mine = format!("You send {tokens} to {to}. You can take them back until {until}.");
        let theirs =
            format!("{from} sends you {tokens}. They are yours at {until}, unless they are taken back before.");
        self.tell(tx, sent.sender.id, "sending.sent", sent.id, &mine, now)
            .await?;
        self.tell(tx, sent.recipient.id, "sending.coming", sent.id, &theirs, now)
            .await
    }

    /// Gives what waits to the recipient, or back to the sender, and tells both.
    async fn end(&self, tx: &mut Tx, sent: &Sending, state: SendingState, now: Timestamp) -> Result<(), Error> {
        let tokens = sent.tokens.get();
        let arrives = state == SendingState::Settled;
        let (to, reason) = if arrives {
            (sent.recipient.id, "Received from another account")
        } else {
            (sent.sender.id, "Taken back from another account")
        };
        let movement = Movement {
            kind: KIND_TRANSFER,
            reason,
            at: now,
            legs: &[Leg::vendor(VENDOR_ESCROW, -tokens), Leg::wallet(to, tokens)],
        };
        let id = self.move_tokens(tx, &movement).await?;
        if !arrives {
            put_reversal(tx, id, sent.id.0).await?;
        }
        let sql =
            "UPDATE sendings SET state = $2, ended_at = $3, end_transfer = $4 WHERE id = $1 AND state = 'waiting'";
        changed(
            tx.execute("end a sending", sql, &args![sent.id.0, state.as_str(), now, id])
                .await?,
        )?;
        let (from, recipient, tokens) = (&sent.sender.name, &sent.recipient.name, sent.tokens);
        let (mine, theirs) = if arrives {
            (
                (
                    "sending.arrived",
                    format!("{recipient} has the {tokens} that you sent."),
                ),
                ("sending.received", format!("You received {tokens} from {from}.")),
            )
        } else {
            (
                (
                    "sending.returned",
                    format!("{tokens} that you sent to {recipient} are back in your wallet."),
                ),
                (
                    "sending.withdrawn",
                    format!("{tokens} that {from} sent you were taken back before they were yours."),
                ),
            )
        };
        self.tell(tx, sent.sender.id, mine.0, sent.id, &mine.1, now).await?;
        self.tell(tx, sent.recipient.id, theirs.0, sent.id, &theirs.1, now)
            .await
    }

    /// Takes back what waits: the sender's wish, or an operator's. Doing so again changes nothing.
    async fn cancel(&self, id: SendingId, sender: Option<UserId>, act: Option<&Act<'_>>) -> Result<Sending, Error> {
        retrying!("take a sending back", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let row = find(&mut tx, id).await?;
            if sender.is_some_and(|user| user.0 != row.sender) {
                return Err(Error::SendingNotFound {
                    sending: id.to_string(),
                });
            }
            let sent = read_all(&mut tx, vec![row]).await?.remove(0);
            let over = |state: SendingState| Error::SendingOver {
                sending: id.to_string(),
                state: state.as_str(),
            };
            match sent.state {
                SendingState::Canceled => return Ok(sent),
                // What is due is the recipient's, even where no job has said so yet.
                SendingState::Settled => return Err(over(sent.state)),
                SendingState::Waiting if sent.settles_at <= now => return Err(over(SendingState::Settled)),
                SendingState::Waiting => {}
            }
            self.end(&mut tx, &sent, SendingState::Canceled, now).await?;
            if let Some(act) = act {
                log_act(&mut tx, act, now).await?;
            }
            let row = find(&mut tx, id).await?;
            let sent = read_all(&mut tx, vec![row]).await?.remove(0);
            tx.commit().await?;
            Ok(sent)
        })
    }

    /// Takes back what the user sent and what has not arrived.
    pub async fn cancel_sending(&self, sender: UserId, id: SendingId) -> Result<Sending, Error> {
        self.cancel(id, Some(sender), None).await
    }

    /// Stops somebody's transfer that has not arrived: the operator's.
    pub async fn stop_sending(&self, id: SendingId, act: &Act<'_>) -> Result<Sending, Error> {
        self.cancel(id, None, Some(act)).await
    }

    /// Gives recipients what is due, up to `limit` of them; answers how many.
    pub async fn settle_sendings(&self, limit: i64) -> Result<usize, Error> {
        let sql =
            "SELECT id FROM sendings WHERE state = 'waiting' AND settles_at <= $1 ORDER BY settles_at, id LIMIT $2";
        let due = self
            .database
            .rows::<(Uuid,)>("look for sendings", sql, &args![self.clock.now(), limit])
            .await?;
        let mut settled = 0;
        for (id,) in due {
            let done: Result<bool, Error> = retrying!("settle a sending", {
                let (mut tx, now) = (self.database.write().await?, self.clock.now());
                let row = find(&mut tx, SendingId(id)).await?;
                let sent = read_all(&mut tx, vec![row]).await?.remove(0);
                if sent.state != SendingState::Waiting {
                    return Ok(false);
                }
                self.end(&mut tx, &sent, SendingState::Settled, now).await?;
                tx.commit().await?;
                Ok(true)
            });
            settled += usize::from(done?);
        }
        Ok(settled)
    }

    /// Up to `limit` transfers that the user sent or gets, the newest first, older than the one named `before`.
    pub async fn sendings(&self, user: UserId, before: Option<SendingId>, limit: i64) -> Result<Vec<Sending>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sendings WHERE id IN (SELECT id FROM (SELECT id FROM sendings WHERE sender = $1 AND id < $2 \
             ORDER BY id DESC LIMIT $3) AS a UNION SELECT id FROM (SELECT id FROM sendings WHERE recipient = $1 AND id < $2 \
             ORDER BY id DESC LIMIT $3) AS b) ORDER BY id DESC LIMIT $3"
        );
        let mut tx = self.database.read().await?;
        let before = before.map_or(Uuid::max(), |id| id.0);
        let rows = tx
            .rows::<SendingRow>("read sendings", &sql, &args![user.0, before, limit])
            .await?;
        read_all(&mut tx, rows).await
    }

    /// Up to `limit` transfers between people, of one state where it is given: the operator's.
    pub async fn all_sendings(
        &self,
        state: Option<SendingState>,
        before: Option<SendingId>,
        limit: i64,
    ) -> Result<Vec<Sending>, Error> {
        let mut values = args![before.map_or(Uuid::max(), |id| id.0), limit].to_vec();
        let in_state = state.map_or("", |state| {
            values.push(state.as_str().into());
            "AND state = $3"
        });
        let sql = format!("SELECT {COLUMNS} FROM sendings WHERE id < $1 {in_state} ORDER BY id DESC LIMIT $2");
        let mut tx = self.database.read().await?;
        let rows = tx.rows::<SendingRow>("read sendings", &sql, &values).await?;
        read_all(&mut tx, rows).await
    }
}
