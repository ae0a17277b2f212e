//! The license: who sells this program, and what is left, in words.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use scrip_sdk::{Authorization, Equity, Kind, Scrip, Settings};

use crate::failure::Failure;

/// The product in the vendor's catalog.
const PRODUCT: &str = "org.example.ContactSheet";

/// The vendor, as the build said it: who wants another one must change the program.
const ISSUER: Option<&str> = option_env!("SCRIP_ISSUER");

/// A longer file names no vendor.
const ISSUER_BYTES_MAX: u64 = 4096;

/// Asks nothing yet.
pub(crate) fn open() -> Result<Scrip, Failure> {
    let issuer = match ISSUER {
        Some(issuer) => issuer.to_owned(),
        None => issuer_beside()?,
    };
    Ok(Scrip::open(Settings::new(issuer, PRODUCT))?)
}

/// What is left and what is paid, one line each.
pub(crate) fn words(answer: &Authorization) -> String {
    let mut lines = Vec::new();
    match answer.kind {
        Kind::Perpetual => lines.push("Contact Sheet is yours, for ever; photos cost nothing".to_owned()),
        Kind::Rental => {
            lines.push("Contact Sheet is rented".to_owned());
            let left = &answer.remaining;
            match left.processings {
                Some(count) => lines.push(format!("  {} left", photos(count))),
                None => lines.push("  photos cost nothing".to_owned()),
            }
            if let Some(count) = left.uses {
                lines.push(format!("  {count} starts left"));
            }
            if let Some(end) = left.ends_at {
                lines.push(format!("  until {end}"));
            }
            lines.extend(equity(&answer.equity));
        }
    }
    lines.extend(answer.warnings.iter().map(|warning| format!("  note: {warning}")));
    lines.join("\n")
}

/// "1 photo", "12 photos".
pub(crate) fn photos(count: u64) -> String {
    format!("{count} photo{}", if count == 1 { "" } else { "s" })
}

fn equity(equity: &Equity) -> Option<String> {
    let price = equity.price?;
    let missing = price.saturating_sub(equity.credited);
    let credited = equity.credited.get();
    Some(format!("  {credited} of {price} paid: {missing} more make it yours"))
}

/// The vendor from a file beside the program. Only for showing and testing the sample without building it anew: who can
/// write that file can name himself as the vendor and sign himself a license. What is sold has the vendor compiled in.
fn issuer_beside() -> Result<String, Failure> {
    let program = env::current_exe().map_err(|why| Failure::Folder {
        path: PathBuf::from("contact-sheet"),
        why,
    })?;
    let folder = program.parent().map(PathBuf::from).unwrap_or_default();
    let installed = folder.join("../share/contact-sheet/issuer");
    let beside = folder.join("contact-sheet.issuer");
    let path = if beside.exists() { beside } else { installed };
    let hint = "write the vendor's issuer into it, urn:scrip:vendor:…, which scrip-server prints when it starts";
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(ISSUER_BYTES_MAX).read_to_string(&mut text));
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    match (read, line) {
        (Ok(_), Some(issuer)) => Ok(issuer.to_owned()),
        _ => Err(Failure::NoIssuer { path, hint }),
    }
}
