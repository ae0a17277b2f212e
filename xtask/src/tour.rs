//! The pictures of the README's tours, from what the browser tests keep of the window's page, the account pages and the console.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process::show;
use crate::steps::browser_tests;

/// What the tests keep below the folder of screenshots, and what the README calls it.
const PICTURES: [(&str, &str); 8] = [
    ("core/confirm-light.png", "buy"),
    ("core/product-rented-light.png", "rent"),
    ("core/library-light.png", "library"),
    ("core/wallet-light.png", "wallet"),
    ("pages/console-wide-light.png", "console"),
    ("pages/console-orders-wide-light.png", "orders"),
    ("pages/console-books-wide-light.png", "books"),
    ("pages/console-log-wide-light.png", "log"),
];

/// Runs the tests that look at the pages, and makes docs/tour/*.png of what they saw.
pub(crate) fn take_pictures(places: &Places) -> Result<()> {
    for script in ["test:core", "test:pages"] {
        browser_tests(places, script)?;
    }
    let folder = places.root.join("docs/tour");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for (seen, name) in PICTURES {
        let mut convert = Command::new("convert");
        convert
            .arg(places.target.join("screenshots").join(seen))
            // A picture in a page of text: half as large, and small to fetch.
            .args([
                "-crop",
                "1280x900+0+0",
                "+repage",
                "-resize",
                "800x",
                "-strip",
                "-colors",
                "128",
            ])
            .arg(folder.join(format!("{name}.png")));
        show(&mut convert)?;
    }
    Ok(())
}
