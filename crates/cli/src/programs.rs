//! What is installed, installing, and the library.

use indicatif::{ProgressBar, ProgressStyle};
use scrip_app::contract::{AcquireArgs, Acquired, Action, Event, LibraryEntry, ProductArgs, Stage};
use scrip_app::{App, Failure};
use scrip_domain::{ProductId, Remaining};
use serde_json::json;

use crate::browse::{resolve, state_words};
use crate::output::Output;
use crate::session::settle;
use crate::table::{Table, bytes};

pub(crate) async fn installed(app: &App, output: Output) -> Result<(), Failure> {
    let programs = app.inventory_programs().await?;
    output.show(&json!({ "programs": programs }), || {
        let mut table = Table::default();
        for program in &programs {
            let version = program.version.as_ref().map(ToString::to_string).unwrap_or_default();
            table.row([program.name.as_str(), &version, program.source.describe()]);
        }
        table.text()
    })
}

pub(crate) async fn plan(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let plan = app.product_plan(ProductArgs { product }).await?;
    output.show(&plan, || {
        let mut lines = vec![match plan.action {
            Action::Authorize => "Only the authorization code will be fetched: 0 bytes to download.".to_owned(),
            Action::Update => format!("It can be updated: {} to download.", bytes(plan.download_bytes)),
            Action::Install => format!("It will be installed: {} to download.", bytes(plan.download_bytes)),
        }];
        lines.extend(
            plan.evidence
                .iter()
                .map(|evidence| format!("  {}", crate::table::plain(evidence))),
        );
        lines.extend(
            plan.obstacle
                .iter()
                .map(|failure| format!("But {} [{}]", failure.message, failure.code)),
        );
        lines.join("\n")
    })
}

pub(crate) async fn install(
    app: &App,
    output: Output,
    product: &str,
    update: bool,
    floating: bool,
) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    settle(app, output).await?;
    let events = app.events();
    let work = app.acquire_start(AcquireArgs {
        product: product.clone(),
        update,
        floating,
    });
    let acquired = watched(app, output, &product, events, work).await?;
    output.show(&acquired, || {
        let version = acquired
            .version
            .as_ref()
            .map(|version| format!(" {version}"))
            .unwrap_or_default();
        let done = match acquired.action {
            Action::Authorize => {
                format!("{product}{version} was here already and is authorized; nothing was downloaded.")
            }
            Action::Update => format!("{product} is updated to{version} and authorized."),
            Action::Install => {
                format!(
                    "{product}{version} is installed ({}) and authorized.",
                    bytes(acquired.downloaded_bytes)
                )
            }
        };
        let evidence = acquired
            .evidence
            .iter()
            .map(|line| format!("\n  {}", crate::table::plain(line)));
        done + &evidence.collect::<String>()
    })
}

pub(crate) async fn uninstall(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    app.library_uninstall(ProductArgs {
        product: product.clone(),
    })
    .await?;
    output.show(&json!({ "product": product, "removed": true }), || {
        format!("{product} is removed; its license stays yours.")
    })
}

pub(crate) async fn launch(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    app.library_launch(ProductArgs {
        product: product.clone(),
    })
    .await?;
    output.show(&json!({ "product": product, "started": true }), || {
        format!("{product} is started.")
    })
}

pub(crate) async fn library(app: &App, output: Output) -> Result<(), Failure> {
    settle(app, output).await?;
    let library = app.library_view().await?;
    output.show(&library, || {
        let mut table = Table::default();
        for entry in &library.entries {
            let here = match (&entry.detection.version, entry.authorized) {
                (Some(version), true) => format!("{version}, authorized"),
                (Some(version), false) => version.to_string(),
                (None, true) => "authorized".to_owned(),
                (None, false) => String::new(),
            };
            let here = match entry.standing.as_ref().and_then(|standing| standing.failure.as_ref()) {
                Some(failure) => format!("{here} ({} [{}])", failure.message, failure.code),
                None => here,
            };
            let product = entry.license.product.as_str();
            table.row([
                product,
                &entry.name,
                state_words(entry.license.state),
                &left(entry),
                &equity(entry),
                &here,
            ]);
        }
        match (library.entries.is_empty(), library.confirmed_at) {
            (true, _) => "You hold no license yet.".to_owned(),
            (false, Some(at)) => format!("{}(as of {at})\n", table.text()),
            (false, None) => table.text(),
        }
    })
}

/// What is left of a rental: for this computer where it has a code, else for all of them.
fn left(entry: &LibraryEntry) -> String {
    let here = entry.standing.as_ref().filter(|standing| standing.counts);
    let remaining = here.map_or(&entry.license.remaining, |standing| &standing.left);
    left_words(remaining)
}

/// What is left, in words; several limits are joined, as the first that is reached ends the rental.
pub(crate) fn left_words(remaining: &Remaining) -> String {
    let count = |count: u64, unit: &str| format!("{count} {unit}{} left", if count == 1 { "" } else { "s" });
    let parts: Vec<String> = [
        remaining.ends_at.map(|end| format!("until {end}")),
        remaining.uses.map(|uses| count(uses, "use")),
        remaining
            .processings
            .map(|processings| count(processings, "processing")),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.join(", ")
}

/// How much of it is owned.
fn equity(entry: &LibraryEntry) -> String {
    match (entry.license.terms.offers.purchase_price(), entry.license.price_to_own) {
        (Some(price), Some(missing)) if !missing.is_zero() => {
            format!("{} of {} paid toward owning", entry.license.equity.get(), price)
        }
        _ => String::new(),
    }
}

/// Waits for an acquisition, drawing its progress; Ctrl-C cancels it.
async fn watched(
    app: &App,
    output: Output,
    product: &ProductId,
    mut events: tokio::sync::broadcast::Receiver<Event>,
    work: impl Future<Output = Result<Acquired, scrip_app::Error>>,
) -> Result<Acquired, Failure> {
    let bar = if output.draws_progress() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    let template = ProgressStyle::with_template("{msg:12} {bar:30} {bytes} of {total_bytes} {bytes_per_sec}");
    bar.set_style(template.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut work = std::pin::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            event = events.recv() => draw(&bar, event.ok(), product),
            signal = tokio::signal::ctrl_c() => match signal {
                Ok(()) => app.acquire_cancel(ProductArgs { product: product.clone() }).await?,
                Err(_) => break work.await,
            },
        }
    };
    bar.finish_and_clear();
    Ok(outcome?)
}

fn draw(bar: &ProgressBar, event: Option<Event>, wanted: &ProductId) {
    let Some(Event::Progress {
        product,
        stage,
        done_bytes,
        total_bytes,
        ..
    }) = event
    else {
        return;
    };
    if product != *wanted {
        return;
    }
    bar.set_length(total_bytes);
    bar.set_position(done_bytes);
    bar.set_message(match stage {
        Stage::Queued => "waiting",
        Stage::Downloading => "downloading",
        Stage::Verifying => "verifying",
        Stage::Installing => "installing",
        Stage::Detecting => "looking",
        Stage::Authorizing => "authorizing",
        Stage::Done | Stage::Failed | Stage::Cancelled => "",
    });
}
