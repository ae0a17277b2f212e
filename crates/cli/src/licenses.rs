//! What a person does with a license, and who has its seats.

use scrip_app::contract::{
    EndArgs, LicenseView, NoticesArgs, ProductArgs, ReleaseArgs, RenewalArgs, SeatsView, TransferArgs, UsageArgs,
};
use scrip_app::{App, Failure};
use scrip_domain::{SeatKind, Tokens};
use serde_json::json;

use crate::args::{RenewArgs, SeatsCommand};
use crate::browse::{resolve, state_words};
use crate::output::Output;
use crate::shop::parse_offer;
use crate::table::{Table, plain};

pub(crate) async fn trial(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let license = app.trial_start(ProductArgs { product }).await?;
    output.show(&license, || {
        format!("The trial of {} has begun{}", license.product, left(&license))
    })
}

pub(crate) async fn pause(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let license = app.license_pause(ProductArgs { product }).await?;
    output.show(&license, || {
        format!(
            "{} is paused: its time stands still and it does not run. \"scrip resume {}\" lets it go on.",
            license.product, license.product
        )
    })
}

pub(crate) async fn resume(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let license = app.license_resume(ProductArgs { product }).await?;
    output.show(&license, || format!("{} goes on{}", license.product, left(&license)))
}

pub(crate) async fn end(app: &App, output: Output, product: &str, yes: bool) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let quote = app
        .license_end_quote(ProductArgs {
            product: product.clone(),
        })
        .await?;
    let refund = format!(
        "Ending the rental of {product} now gives {} back; of what counts toward owning it {} go and {} stay.",
        quote.tokens,
        quote.equity_back.get(),
        quote.equity_after.get()
    );
    if !yes {
        return output.show(&json!({ "product": product, "quote": quote, "ended": false }), || {
            format!("{refund}\nNothing was changed. To end it: scrip end {product} --yes")
        });
    }
    output.note(&refund);
    let ended = app
        .license_end(EndArgs {
            product: product.clone(),
            at_least: quote.tokens,
            command: app.new_command().to_string(),
        })
        .await?;
    let result = json!({ "product": product, "quote": quote, "ended": true, "result": ended });
    output.show(&result, || {
        format!(
            "The rental of {product} is ended; {} came back and your wallet holds {}.",
            ended.tokens, ended.balance_after
        )
    })
}

pub(crate) async fn renew(app: &App, output: Output, renewal: RenewArgs) -> Result<(), Failure> {
    let product = resolve(app, output, &renewal.product).await?;
    let license = match (renewal.offer, renewal.cap) {
        (Some(offer), Some(cap)) => {
            let args = RenewalArgs {
                product,
                offer: parse_offer(&offer)?,
                cap: Tokens::new(cap).map_err(scrip_app::Error::Rule)?,
            };
            app.license_renewal_set(args).await?
        }
        _ => app.license_renewal_remove(ProductArgs { product }).await?,
    };
    output.show(&license, || match &license.renewal {
        Some(renewal) => format!(
            "{} extends itself by the offer \"{}\" until {} are spent; {} are so far.",
            license.product,
            renewal.offer,
            renewal.cap,
            renewal.spent.get()
        ),
        None => format!("{} runs out by itself{}", license.product, left(&license)),
    })
}

pub(crate) async fn gift(app: &App, output: Output, product: &str, to: String) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let args = TransferArgs {
        product,
        to,
        command: app.new_command().to_string(),
    };
    let given = app.license_transfer(args).await?;
    output.show(&given, || {
        format!("Your license of {} is now {}'s.", given.product, given.to)
    })
}

pub(crate) async fn seats(
    app: &App,
    output: Output,
    command: Option<SeatsCommand>,
    product: Option<String>,
) -> Result<(), Failure> {
    match command {
        Some(SeatsCommand::Release { product, computer }) => release(app, output, &product, computer).await,
        None => {
            let product = resolve(app, output, &product.unwrap_or_default()).await?;
            let view = app.seats_view(ProductArgs { product }).await?;
            output.show(&view, || seats_words(&view))
        }
    }
}

async fn release(app: &App, output: Output, product: &str, computer: Option<String>) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let activation = match &computer {
        None => None,
        Some(name) => {
            let view = app
                .seats_view(ProductArgs {
                    product: product.clone(),
                })
                .await?;
            let seats = view.seats.activations;
            let same = |name: &str, seat: &scrip_app::contract::ActivationView| {
                seat.device_name == name || seat.device.to_string() == name
            };
            let found = seats
                .iter()
                .find(|seat| seat.live && same(name, seat))
                .map(|seat| seat.id);
            let known = || {
                seats
                    .iter()
                    .filter(|seat| seat.live)
                    .map(|seat| seat.device_name.clone())
            };
            Some(found.ok_or_else(|| scrip_app::Error::ComputerUnknown {
                name: name.clone(),
                known: known().collect(),
            })?)
        }
    };
    let view = app.seats_release(ReleaseArgs { product, activation }).await?;
    output.show(&view, || {
        let whose = computer.map_or_else(|| "of this computer".to_owned(), |name| format!("of \"{name}\""));
        format!("The seat {} is given back.\n\n{}", plain(&whose), seats_words(&view))
    })
}

fn seats_words(view: &SeatsView) -> String {
    let live = view.seats.activations.iter().filter(|seat| seat.live);
    let fixed = live.clone().filter(|seat| seat.kind == SeatKind::Fixed).count();
    let floating = if view.seats.floating_seats > 0 {
        let taken = live.filter(|seat| seat.kind == SeatKind::Floating).count();
        format!(", {taken} of {} floating ones", view.seats.floating_seats)
    } else {
        String::new()
    };
    let text = format!(
        "{}: {fixed} of {} seats are taken{floating}.\n",
        view.product, view.seats.seats
    );
    let mut table = Table::default();
    for seat in &view.seats.activations {
        let name = if Some(seat.device) == view.this_device {
            format!("{} (this computer)", seat.device_name)
        } else {
            seat.device_name.clone()
        };
        let state = match (seat.live, seat.released_at, seat.lease_ends_at) {
            (true, _, Some(end)) => format!("floating until {end}"),
            (true, _, None) => format!("since {}", seat.taken_at),
            (false, Some(at), _) => format!("given back {at}"),
            (false, None, _) => "free again".to_owned(),
        };
        let seen = format!("last heard of {}", seat.seen_at);
        table.row([&name, &state, &seen, &counts(seat.uses, seat.processings)]);
    }
    text + &table.text()
}

pub(crate) async fn devices(app: &App, output: Output) -> Result<(), Failure> {
    let devices = app.devices_view().await?;
    output.show(&json!({ "devices": devices }), || {
        let mut table = Table::default();
        for device in &devices {
            let here = if device.this_computer { "this computer" } else { "" };
            let since = format!("since {}", device.created_at);
            let recognised = device.recognised.as_deref().unwrap_or_default();
            table.row([&device.name, here, &since, recognised]);
        }
        if devices.is_empty() {
            return "No computer is registered yet.".to_owned();
        }
        table.text()
    })
}

pub(crate) async fn usage(app: &App, output: Output, days: u32) -> Result<(), Failure> {
    let report = app.usage_view(UsageArgs { days }).await?;
    output.show(&report, || {
        if report.rows.is_empty() {
            return format!("Nothing was counted in the last {days} days.");
        }
        let mut table = Table::default();
        for row in &report.rows {
            let counts = counts(row.uses, row.processings);
            table.row([&row.day, row.product.as_str(), &row.device_name, &counts]);
        }
        for (product, total) in &report.totals {
            table.row(["in all", product, "", &counts(total.uses, total.processings)]);
        }
        table.text()
    })
}

pub(crate) async fn notices(app: &App, output: Output) -> Result<(), Failure> {
    let view = app.notices_view(NoticesArgs { seen: true }).await?;
    output.show(&view, || {
        let mut table = Table::default();
        for notice in &view.items {
            table.row([&notice.created_at.to_string(), &notice.text]);
        }
        if view.items.is_empty() {
            return "The vendor has nothing to tell you.".to_owned();
        }
        table.text()
    })
}

pub(crate) async fn sync(app: &App, output: Output) -> Result<(), Failure> {
    let view = app.journal_sync().await?;
    output.show(&view, || {
        let mut lines = Vec::new();
        for report in &view.reported {
            let counted = counts(report.usage.uses, report.usage.processings);
            let counted = if counted.is_empty() {
                "nothing new".to_owned()
            } else {
                counted
            };
            lines.push(format!("{}: {counted} reported.", report.product));
            lines.extend(
                report
                    .findings
                    .iter()
                    .map(|finding| format!("  But: {} [{}]", plain(&finding.explanation), finding.kind)),
            );
        }
        lines.extend(view.fresh.iter().map(|product| format!("{product} has a fresh code.")));
        lines.extend(
            view.failures
                .iter()
                .map(|failure| format!("Later: {} [{}]", failure.message, failure.code)),
        );
        if lines.is_empty() {
            lines.push("Everything is up to date.".to_owned());
        }
        lines.join("\n")
    })
}

/// Uses and processings in words; empty where there are none.
fn counts(uses: u64, processings: u64) -> String {
    let say = |count: u64, unit: &str| match count {
        0 => None,
        1 => Some(format!("1 {unit}")),
        count => Some(format!("{count} {unit}s")),
    };
    let parts: Vec<String> = say(uses, "use")
        .into_iter()
        .chain(say(processings, "processing"))
        .collect();
    parts.join(", ")
}

/// What is left of a rental, as the end of a sentence.
fn left(license: &LicenseView) -> String {
    let words = crate::programs::left_words(&license.remaining);
    if words.is_empty() {
        format!(" ({}).", state_words(license.state))
    } else {
        format!(": {words}.")
    }
}
