//! Sending, gifts, teams, orders, history and statements.

use std::path::{Path, PathBuf};

use scrip_app::contract::{
    BeginTeamArgs, CursorArgs, EndGiftArgs, GiftEnd, GiftView, GiveArgs, HistoryArgs, MemberArgs, OrderLineArgs,
    PeriodArgs, ProductArgs, RecipientArgs, RemoveMemberArgs, SendArgs, SendingArgs, StatementArgs, TakeBackArgs,
    TeamArgs, TeamMovesArgs, TeamTokensArgs, TeamView, TokenTransfer, TransferKind, WalletAlert,
};
use scrip_app::{App, Failure};
use scrip_domain::{OfferId, TeamId, TeamRole, Tokens};
use serde_json::json;

use crate::args::{
    GiftsCommand, HistoryWords, OrdersCommand, SendingCommand, StatementCommand, StatementWords, TeamsCommand,
};
use crate::browse::resolve;
use crate::files::{read, write_bytes, write_text};
use crate::output::Output;
use crate::shop::parse_offer;
use crate::table::Table;

fn refused(message: String, hints: Vec<String>) -> Failure {
    Failure {
        code: "command.invalid".to_owned(),
        message,
        hints,
        quote: None,
    }
}

fn tokens(amount: i64) -> Result<Tokens, Failure> {
    Tokens::new(amount).map_err(|error| refused(error.to_string(), Vec::new()))
}

pub(crate) async fn history(app: &App, output: Output, words: HistoryWords) -> Result<(), Failure> {
    let kind = match words.kind.as_deref() {
        None => None,
        Some(word) => match TransferKind::parse(word) {
            Some(kind) => Some(kind),
            None => return Err(refused(format!("\"{word}\" is no kind of transfer"), Vec::new())),
        },
    };
    let args = HistoryArgs {
        cursor: words.cursor,
        from: words.from,
        until: words.to,
        kind,
    };
    if let Some(file) = words.csv {
        let table = app.wallet_history_csv(args).await?;
        if file == Path::new("-") {
            return output.show(&table, || table.text.clone());
        }
        write_text(&file, &table.text)?;
        let written = json!({ "file": file.display().to_string() });
        return output.show(&written, || format!("The history is in {}.", file.display()));
    }
    let history = app.wallet_history(args).await?;
    output.show(&history, || {
        let mut table = Table::default();
        for entry in &history.items {
            let amount = format!("{:+}", entry.amount);
            let balance = entry.balance_after.to_string();
            table.row([&entry.at.to_string(), &amount, &balance, &entry.reason]);
        }
        let more = history.next_cursor.as_ref();
        let more = more.map(|cursor| format!("\nOlder entries: --cursor {cursor}\n"));
        format!("{}{}", table.text(), more.unwrap_or_default())
    })
}

pub(crate) async fn statement(app: &App, output: Output, words: StatementWords) -> Result<(), Failure> {
    let args = PeriodArgs {
        from: words.from,
        until: words.to,
    };
    let ending = if words.pdf { "statement.pdf" } else { "statement.json" };
    let path = words.output.unwrap_or_else(|| PathBuf::from(ending));
    if words.pdf {
        write_bytes(&path, &app.wallet_statement_bytes(args).await?)?;
    } else {
        write_text(&path, &app.wallet_statement(args).await?.text)?;
    }
    let written = json!({ "file": path.display().to_string() });
    output.show(&written, || {
        let name = path.display();
        format!("The signed statement is in {name}. Anybody can check it: scrip statement verify {name}")
    })
}

pub(crate) async fn statements(app: &App, output: Output, command: StatementCommand) -> Result<(), Failure> {
    let StatementCommand::Verify { file, vendor } = command;
    let text = App::statement_text(&read(&file)?)?;
    let digest = App::statement_digest(&text)?;
    let view = app.statement_verify(StatementArgs { text, vendor }).await?;
    output.show(&view, || {
        let mut table = Table::default();
        table.row(["", "", &format!("{:+}", view.opening), "at the beginning"]);
        for line in &view.entries {
            table.row([
                &line.at.to_string(),
                &line.kind,
                &format!("{:+}", line.amount),
                &line.reason,
            ]);
        }
        table.row(["", "", &format!("{:+}", view.closing), "at the end"]);
        format!(
            "Signed by {} at {}, for {}, from {} until {}.\n\n{}\n\
             This is what was signed, and all that counts; what a document says in print is no proof.\n\
             SHA-256 of the signed statement: {}",
            view.issuer,
            view.signed_at,
            view.email,
            view.from,
            view.until,
            table.text(),
            digest
        )
    })
}

pub(crate) async fn sending(app: &App, output: Output, command: SendingCommand) -> Result<(), Failure> {
    match command {
        SendingCommand::Holding => holding(app, output).await,
        SendingCommand::Send {
            to,
            tokens: amount,
            name,
            message,
        } => send(app, output, to, tokens(amount)?, name, message).await,
        SendingCommand::Transfers { cursor } => {
            let view = app.transfers_view(CursorArgs { cursor }).await?;
            output.show(&view, || {
                let mut table = Table::default();
                for row in &view.items {
                    transfer_row(&mut table, row);
                }
                table.text()
            })
        }
        SendingCommand::TakeBack { transfer } => {
            let back = app.transfers_cancel(SendingArgs { transfer }).await?;
            output.show(&back, || format!("{} are back in your wallet.", back.tokens))
        }
        SendingCommand::Give {
            product,
            to,
            offer,
            name,
            message,
        } => {
            let offer = offer.as_deref().map(parse_offer).transpose()?;
            give(app, output, &product, to, offer, name, message).await
        }
        SendingCommand::Gifts { command } => gifts(app, output, command).await,
        SendingCommand::Teams { command } => teams(app, output, command).await,
        SendingCommand::Orders { command } => orders(app, output, command).await,
        SendingCommand::Alert { below } => {
            let alert = match below {
                None => app.wallet_alert().await?,
                Some(below) => {
                    let below = Some(tokens(below)?).filter(|below| !below.is_zero());
                    app.wallet_alert_set(WalletAlert { below }).await?
                }
            };
            output.show(&alert, || match alert.below {
                Some(below) => format!("You are told when the wallet holds less than {below}."),
                None => "You are not told when the wallet holds little.".to_owned(),
            })
        }
    }
}

async fn holding(app: &App, output: Output) -> Result<(), Failure> {
    let view = app.wallet_holding().await?;
    output.show(&view, || {
        let mut table = Table::default();
        table.row(["Balance", &view.balance.to_string()]);
        table.row(["Can be sent", &view.sendable.to_string()]);
        for lot in &view.lots {
            table.row(["Runs out", &format!("{} at {}", lot.left, lot.expires_at)]);
        }
        table.text()
    })
}

/// The recipient's name, where it is the one that the person gave; else shows it and refuses.
async fn confirmed(app: &App, to: &str, name: Option<String>, what: &str) -> Result<String, Failure> {
    let recipient = app.transfers_recipient(RecipientArgs { to: to.to_owned() }).await?;
    if name.as_deref() == Some(recipient.name.as_str()) {
        return Ok(recipient.name);
    }
    let hint = format!("To {what} to {}, add --name \"{}\".", recipient.name, recipient.name);
    Err(Failure {
        code: "sending.recipient".to_owned(),
        message: format!("{to} is {}; that was not confirmed", recipient.name),
        hints: vec![hint],
        quote: None,
    })
}

async fn send(
    app: &App,
    output: Output,
    to: String,
    tokens: Tokens,
    name: Option<String>,
    message: String,
) -> Result<(), Failure> {
    let name = confirmed(app, &to, name, &format!("send {tokens}")).await?;
    let args = SendArgs {
        to,
        name,
        tokens,
        message,
        command: app.new_command().to_string(),
    };
    let sent = app.transfers_send(args).await?;
    output.show(&sent, || {
        format!(
            "{} go to {}. Until {} you can take them back: scrip tokens take-back {}",
            sent.tokens, sent.other, sent.settles_at, sent.id
        )
    })
}

fn transfer_row(table: &mut Table, row: &TokenTransfer) {
    let who = format!("{} {}", if row.outgoing { "to" } else { "from" }, row.other);
    let (at, id, tokens) = (row.created_at.to_string(), row.id.to_string(), row.tokens.to_string());
    table.row([&at, &who, &tokens, row.state.as_str(), &id, &row.message]);
}

async fn give(
    app: &App,
    output: Output,
    product: &str,
    to: String,
    offer: Option<OfferId>,
    name: Option<String>,
    message: String,
) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let view = app
        .product_view(ProductArgs {
            product: product.clone(),
        })
        .await?;
    let price = match &offer {
        None => view.product.entry.offers.purchase_price(),
        Some(offer) => view
            .product
            .entry
            .offers
            .rentals()
            .find(|rental| rental.id == *offer)
            .map(|rental| rental.price),
    };
    let Some(expected_price) = price else {
        return Err(refused(
            format!("{product} is not offered so"),
            vec![format!("Run \"scrip show {product}\".")],
        ));
    };
    let name = confirmed(app, &to, name, &format!("give {product} for {expected_price}")).await?;
    let args = GiveArgs {
        to,
        name,
        product,
        offer,
        expected_price,
        message,
        command: app.new_command().to_string(),
    };
    let gift = app.gifts_give(args).await?;
    output.show(&gift, || {
        format!(
            "{} goes to {} for {}. It comes back where nobody takes it until {}.",
            gift.product, gift.other, gift.price, gift.lapses_at
        )
    })
}

async fn gifts(app: &App, output: Output, command: Option<GiftsCommand>) -> Result<(), Failure> {
    let (gift, how) = match command {
        None => {
            let view = app.gifts_view(CursorArgs { cursor: None }).await?;
            return output.show(&view, || {
                let mut table = Table::default();
                for gift in &view.items {
                    gift_row(&mut table, gift);
                }
                table.text()
            });
        }
        Some(GiftsCommand::Accept { gift }) => (gift, GiftEnd::Accept),
        Some(GiftsCommand::Decline { gift }) => (gift, GiftEnd::Decline),
        Some(GiftsCommand::Withdraw { gift }) => (gift, GiftEnd::Withdraw),
    };
    let gift = app.gifts_end(EndGiftArgs { gift, how }).await?;
    output.show(&gift, || {
        format!("The gift of {} is {}.", gift.product, gift.state.as_str())
    })
}

fn gift_row(table: &mut Table, gift: &GiftView) {
    let who = format!("{} {}", if gift.outgoing { "to" } else { "from" }, gift.other);
    let (at, id) = (gift.created_at.to_string(), gift.id.to_string());
    table.row([
        &at,
        &who,
        gift.product.as_str(),
        gift.state.as_str(),
        &id,
        &gift.message,
    ]);
}

async fn teams(app: &App, output: Output, command: Option<TeamsCommand>) -> Result<(), Failure> {
    match command {
        None => {
            let teams = app.teams_view().await?;
            output.show(&teams, || {
                let mut table = Table::default();
                for team in &teams {
                    let state = if team.joined_at.is_some() {
                        team.role.as_str()
                    } else {
                        "invited"
                    };
                    table.row([&team.id.to_string(), &team.name, state, &team.balance.to_string()]);
                }
                table.text()
            })
        }
        Some(TeamsCommand::Begin { name }) => {
            let command = app.new_command().to_string();
            let team = app.teams_begin(BeginTeamArgs { name, command }).await?;
            output.show(&team, || format!("{} has begun: {}", team.name, team.id))
        }
        Some(TeamsCommand::Show { team }) => show_team(app, output, team).await,
        Some(TeamsCommand::Join { team }) => {
            let team = app.teams_join(TeamArgs { team }).await?;
            output.show(&team, || format!("You belong to {} now.", team.name))
        }
        Some(TeamsCommand::Member {
            team,
            email,
            role,
            limit,
        }) => {
            let Some(role) = TeamRole::parse(&role) else {
                return Err(refused(
                    format!("\"{role}\" is no role"),
                    vec!["Give owner, manager or member.".to_owned()],
                ));
            };
            let monthly_limit = tokens(limit)?;
            let args = MemberArgs {
                team,
                email,
                role,
                monthly_limit,
            };
            let member = app.teams_put_member(args).await?;
            output.show(&member, || {
                format!("{} is {} of the team ({}).", member.name, role.as_str(), member.user)
            })
        }
        Some(TeamsCommand::Remove { team, member }) => {
            app.teams_remove_member(RemoveMemberArgs { team, member }).await?;
            output.show(&json!({ "removed": member }), || "Removed.".to_owned())
        }
        Some(TeamsCommand::Deposit { team, tokens }) => move_tokens(app, output, team, tokens, false).await,
        Some(TeamsCommand::Draw { team, tokens }) => move_tokens(app, output, team, tokens, true).await,
        Some(TeamsCommand::Close { team }) => {
            let left = app.teams_close(TeamArgs { team }).await?;
            output.show(&left, || {
                format!("The team is closed; {} are in your wallet.", left.balance)
            })
        }
    }
}

async fn move_tokens(app: &App, output: Output, team: TeamId, amount: i64, draw: bool) -> Result<(), Failure> {
    let args = TeamTokensArgs {
        team,
        tokens: tokens(amount)?,
        draw,
        command: app.new_command().to_string(),
    };
    let left = app.teams_move_tokens(args).await?;
    output.show(&left, || format!("The team's wallet holds {}.", left.balance))
}

async fn show_team(app: &App, output: Output, team: TeamId) -> Result<(), Failure> {
    let view = app.teams_show(TeamArgs { team }).await?;
    let moves = app.teams_moves(TeamMovesArgs { team, cursor: None }).await?;
    let result = json!({ "team": view, "moves": moves.items });
    output.show(&result, || {
        let mut text = team_words(&view);
        let mut table = Table::default();
        for moved in &moves.items {
            let what = if moved.drawn > 0 { "drew" } else { "put in" };
            table.row([&moved.at.to_string(), &moved.name, what, &moved.drawn.abs().to_string()]);
        }
        text.push_str(&table.text());
        text
    })
}

fn team_words(team: &TeamView) -> String {
    let mut table = Table::default();
    for member in &team.members {
        let limit = match member.role {
            TeamRole::Owner => "no limit".to_owned(),
            _ => format!("{} of {} drawn", member.drawn.get(), member.monthly_limit.get()),
        };
        table.row([&member.user.to_string(), &member.name, member.role.as_str(), &limit]);
    }
    format!("{} holds {}.\n\n{}\n", team.name, team.balance, table.text())
}

async fn orders(app: &App, output: Output, command: Option<OrdersCommand>) -> Result<(), Failure> {
    let Some(OrdersCommand::Refund { order, product, yes }) = command else {
        let view = app.orders_view(CursorArgs { cursor: None }).await?;
        return output.show(&view, || {
            let mut table = Table::default();
            for order in &view.items {
                for line in &order.lines {
                    let (at, id) = (order.created_at.to_string(), order.id.to_string());
                    table.row([&at, line.product.as_str(), &line.charge.to_string(), &id]);
                }
            }
            table.text()
        });
    };
    let product = resolve(app, output, &product).await?;
    let line = OrderLineArgs {
        order,
        product: product.clone(),
    };
    let quote = app.orders_refund_quote(line).await?;
    if !yes {
        return output.show(&quote, || {
            format!("Taking {product} back gives {}. Do so with --yes.", quote.tokens)
        });
    }
    let args = TakeBackArgs {
        order,
        product,
        at_least: quote.tokens,
    };
    let back = app.orders_refund(args).await?;
    output.show(&back, || {
        format!("{} are back; the wallet holds {}.", back.tokens, back.balance_after)
    })
}
