//! The catalog.

use std::time::Duration;

use scrip_app::contract::{CatalogState, Description, Offer, ProductArgs, ProductView, SearchArgs, Show};
use scrip_app::{App, Failure};
use scrip_domain::{LicenseKind, LicenseState, ProductId};

use crate::args;
use crate::output::Output;
use crate::session::is_offline;
use crate::table::{Table, bytes, plain};

/// How long a command waits for news of the catalog before it takes what is here.
const NEWS_PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn search(app: &App, output: Output, search: args::SearchArgs) -> Result<(), Failure> {
    refresh(app, output).await?;
    let show = match (search.installed, search.licensed, search.downloadable) {
        (true, _, _) => Show::Installed,
        (_, true, _) => Show::Licensed,
        (_, _, true) => Show::Downloadable,
        _ => Show::All,
    };
    let asked = SearchArgs {
        words: search.words.join(" "),
        category: search.category,
        show,
        offset: search.offset,
        limit: search.limit,
    };
    let found = app.catalog_search(asked).await?;
    output.show(&found, || {
        let mut table = Table::default();
        for card in &found.items {
            let mark = match (&card.license, card.installed) {
                (Some(license), _) if license.kind == LicenseKind::Perpetual => "owned",
                (Some(_), _) => "rented",
                (None, true) => "installed",
                (None, false) => "",
            };
            table.row([
                card.id.as_str(),
                &card.name,
                &prices(card.offers.as_slice()),
                mark,
                &card.summary,
            ]);
        }
        let counted = if found.total == 1 {
            "1 product".to_owned()
        } else {
            format!("{} products", found.total)
        };
        let shown = found.items.len();
        let part = if (shown as u64) < u64::from(found.total) {
            format!("{shown} of ")
        } else {
            String::new()
        };
        format!("{}{part}{counted}\n", table.text())
    })
}

pub(crate) async fn show(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let view = app.product_view(ProductArgs { product }).await?;
    output.show(&view, || describe(&view))
}

pub(crate) async fn sync(app: &App, output: Output) -> Result<(), Failure> {
    let state = app.catalog_sync().await?;
    output.show(&state, || {
        format!("{} products, revision {}.", state.products, state.revision)
    })
}

/// Compares the local catalog with the server's, where that answers soon; otherwise what is here serves.
pub(crate) async fn refresh(app: &App, output: Output) -> Result<(), Failure> {
    let error = match tokio::time::timeout(NEWS_PATIENCE, app.catalog_sync()).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) if !is_offline(&error) => return Err(error.into()),
        Ok(Err(error)) => Some(error),
        Err(_) => None,
    };
    let state: CatalogState = app.catalog_state().await?;
    match (state.synced_at, error) {
        (Some(at), _) => {
            output.note(&format!("the server does not answer; the catalog is that of {at}."));
            Ok(())
        }
        (None, Some(error)) => Err(error.into()),
        // A large catalog may take longer the first time.
        (None, None) => app.catalog_sync().await.map(|_| ()).map_err(Failure::from),
    }
}

/// The product that a person means.
pub(crate) async fn resolve(app: &App, output: Output, product: &str) -> Result<ProductId, Failure> {
    match refresh(app, output).await {
        Ok(()) => {}
        // What is owned can be named without a catalog.
        Err(failure) if failure.code.starts_with("server.") => {
            return app.resolve(product).await.map_err(|_| failure);
        }
        Err(failure) => return Err(failure),
    }
    Ok(app.resolve(product).await?)
}

/// The prices of a product in a few words.
fn prices(offers: &[Offer]) -> String {
    let own = offers
        .iter()
        .find(|offer| matches!(offer, Offer::Purchase { .. }))
        .map(Offer::price);
    let rent = offers
        .iter()
        .filter(|offer| matches!(offer, Offer::Rental(_)))
        .map(Offer::price)
        .min();
    match (own, rent) {
        (Some(own), Some(rent)) => format!("{own}, rent from {}", rent.get()),
        (Some(own), None) => own.to_string(),
        (None, Some(rent)) => format!("rent from {rent}"),
        (None, None) => "not for sale".to_owned(),
    }
}

fn describe(view: &ProductView) -> String {
    let entry = &view.product.entry;
    let mut text = format!("{}\n{}\n\n", plain(&entry.name), plain(&entry.summary));
    let mut table = Table::default();
    table.row(["Id", entry.id.as_str()]);
    let version = entry
        .latest_version
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let size = entry
        .artifacts
        .first()
        .map(|artifact| bytes(artifact.size))
        .unwrap_or_default();
    let facts = [
        ("Developer", entry.developer.as_str()),
        ("Version", version.as_str()),
        ("Licence", view.product.license.as_str()),
        ("Home page", view.product.homepage.as_deref().unwrap_or_default()),
        ("Download", size.as_str()),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row([name, value]);
    }
    for offer in entry.offers.as_slice() {
        let terms = match offer {
            Offer::Purchase { price, .. } => format!("own it for {price}"),
            Offer::Rental(rental) if rental.credit_permille > 0 => {
                let percent = rental.credit_permille / 10;
                format!(
                    "{} for {}, {percent} % of it counts toward owning",
                    rental.allowance, rental.price
                )
            }
            Offer::Rental(rental) => format!("{} for {}", rental.allowance, rental.price),
            Offer::Trial { allowance, .. } => format!("try it for {allowance}, once"),
        };
        table.row([&format!("Offer {}", offer.id()), &terms]);
    }
    if let Some(license) = &view.license {
        table.row(["Your license", state_words(license.state)]);
    }
    for evidence in &view.plan.evidence {
        table.row(["This computer", evidence]);
    }
    text.push_str(&table.text());
    for block in &view.product.description {
        text.push('\n');
        match block {
            Description::Paragraph { text: paragraph } => text.push_str(&plain(paragraph)),
            Description::List { items, .. } => {
                let lines: Vec<_> = items.iter().map(|item| format!("  - {}", plain(item))).collect();
                text.push_str(&lines.join("\n"));
            }
        }
        text.push('\n');
    }
    text
}

/// What a license allows, in a few words.
pub(crate) fn state_words(state: LicenseState) -> &'static str {
    match state {
        LicenseState::Owned => "owned",
        LicenseState::Active => "rented",
        LicenseState::Expired => "rental over",
        LicenseState::Exhausted => "rental used up",
        LicenseState::Grace => "rental over, in its grace period",
        LicenseState::Paused => "paused",
        LicenseState::Suspended => "suspended by the vendor",
        LicenseState::Revoked => "revoked by the vendor",
    }
}
