//! A computer without a network, and one whose clock was wrong.

use std::path::{Path, PathBuf};

use scrip_app::contract::{ClockView, OfflineAsk, OfflineRequestArgs, TextArgs};
use scrip_app::{App, Failure};
use scrip_domain::{Intent, Item};
use serde_json::json;

use crate::args::{AskCommand, AskFile, AskProduct, ClockCommand, OfflineCommand};
use crate::codes::{imported_words, resolve_offline};
use crate::files;
use crate::output::Output;
use crate::shop::parse_offer;
use crate::table::{Table, plain};

pub(crate) async fn offline(app: &App, output: Output, command: OfflineCommand) -> Result<(), Failure> {
    match command {
        OfflineCommand::Request { ask } => request(app, output, ask).await,
        OfflineCommand::Submit {
            files: from,
            output: to,
            qr,
        } => submit(app, output, &from, &to, qr.as_deref()).await,
        OfflineCommand::Import { files: from } => {
            let text = files::read_text(app, &from)?;
            let imported = app.offline_import(TextArgs { text }).await?;
            output.show(&imported, || imported_words(&imported))
        }
        OfflineCommand::Waiting => {
            let waiting = app.offline_waiting().await?;
            output.show(&json!({ "waiting": waiting }), || {
                let mut table = Table::default();
                for one in &waiting {
                    table.row([&one.made_at.to_string(), &one.sentences.join(" ")]);
                }
                if waiting.is_empty() {
                    return "No request waits for an answer.".to_owned();
                }
                table.text()
            })
        }
    }
}

async fn request(app: &App, output: Output, ask: AskCommand) -> Result<(), Failure> {
    let (ask, file) = match ask {
        AskCommand::Activate(asked) => {
            let product = named(app, output, &asked.product).await?;
            (OfflineAsk::Activate { product }, asked.file)
        }
        AskCommand::Buy(asked) => item(app, output, asked, Intent::Buy).await?,
        AskCommand::Rent(asked) => item(app, output, asked, Intent::Rent).await?,
        AskCommand::Extend(asked) => item(app, output, asked, Intent::Extend).await?,
        AskCommand::Convert(asked) => item(app, output, asked, Intent::Convert).await?,
        AskCommand::Cart(file) => (OfflineAsk::Cart, file),
    };
    if let Some(vendor) = &file.vendor {
        app.pin_vendor(vendor)?;
    }
    let view = app
        .offline_request(OfflineRequestArgs {
            ask,
            account: file.account,
        })
        .await?;
    files::write_text(&file.output, &view.file.text)?;
    let drawn = draw(output, file.qr.as_deref(), &view.pictures)?;
    let result = json!({
        "file": file.output.to_string_lossy(), "pictures": drawn, "nonce": view.nonce, "made_at": view.made_at,
        "sentences": view.sentences, "expected_total": view.expected_total,
    });
    output.show(&result, || {
        let mut lines: Vec<String> = view.sentences.iter().map(|line| plain(line)).collect();
        lines.push(format!("The request is in {}.", file.output.display()));
        lines.extend(drawn.iter().map(|path| format!("Drawn into {path}")));
        lines.push(
            "Hand it in on the account page or with \"scrip offline submit\" where there is a network.".to_owned(),
        );
        lines.join("\n")
    })
}

async fn item(app: &App, output: Output, asked: AskProduct, intent: Intent) -> Result<(OfflineAsk, AskFile), Failure> {
    let product = named(app, output, &asked.product).await?;
    let offer = asked.offer.as_deref().map(parse_offer).transpose()?;
    let items = vec![Item { product, intent, offer }];
    Ok((OfflineAsk::Items { items }, asked.file))
}

/// The product that a person means: as the local catalog knows it, or as an id that it does not know.
async fn named(app: &App, output: Output, product: &str) -> Result<scrip_domain::ProductId, Failure> {
    match resolve_offline(app, output, product).await {
        Err(failure) if failure.code.starts_with("server.") || failure.code == "product.not_found" => {
            product.parse().map_err(|_| failure)
        }
        outcome => outcome,
    }
}

async fn submit(app: &App, output: Output, from: &[PathBuf], to: &Path, qr: Option<&Path>) -> Result<(), Failure> {
    let text = files::read_text(app, from)?;
    let answer = app.offline_submit(TextArgs { text }).await?;
    files::write_text(to, &answer.file.text)?;
    let drawn = draw(output, qr, &answer.pictures)?;
    let result = json!({ "file": to.to_string_lossy(), "pictures": drawn, "notes": answer.notes });
    output.show(&result, || {
        let mut lines: Vec<String> = answer.notes.iter().map(|note| plain(note)).collect();
        lines.push(format!(
            "The answer is in {}: carry it back and run \"scrip offline import\" there.",
            to.display()
        ));
        lines.extend(drawn.iter().map(|path| format!("Drawn into {path}")));
        lines.join("\n")
    })
}

/// Draws pictures where that was asked for; what is too long for them travels as a file alone.
fn draw(
    output: Output,
    path: Option<&Path>,
    pictures: &[scrip_app::contract::QrPicture],
) -> Result<Vec<String>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    if pictures.is_empty() {
        output.note("it is too long for pictures; use the file.");
    }
    files::write_pictures(path, pictures)
}

pub(crate) async fn clock(app: &App, output: Output, command: Option<ClockCommand>) -> Result<(), Failure> {
    match command {
        None => {
            let view = app.clock_status().await?;
            output.show(&view, || clock_words(&view))
        }
        Some(ClockCommand::Recover { file }) => {
            let text = files::read_text(app, &[file])?;
            let view = app.clock_recover(TextArgs { text }).await?;
            output.show(&view, || format!("The recovery code is taken.\n{}", clock_words(&view)))
        }
        Some(ClockCommand::Code { computer, output: to }) => {
            let device = app.device_named(&computer).await?;
            let file = app.clock_recovery_code(device).await?;
            files::write_text(&to, &file.text)?;
            output.show(&json!({ "computer": computer, "file": to.to_string_lossy() }), || {
                format!(
                    "The recovery code for \"{}\" is in {}: run \"scrip clock recover\" there.",
                    plain(&computer),
                    to.display()
                )
            })
        }
    }
}

fn clock_words(view: &ClockView) -> String {
    let mut table = Table::default();
    table.row(["The clock shows", &view.shows.to_string()]);
    table.row(["It is taken to be", &view.believed.to_string()]);
    let mut text = table.text();
    for sentence in &view.sentences {
        text.push_str(&plain(sentence));
        text.push('\n');
    }
    for way in &view.ways_out {
        text.push_str("  ");
        text.push_str(way);
        text.push('\n');
    }
    text
}
