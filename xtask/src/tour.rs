//! The README's pictures: a customer's tour by clicking in the real window, an operator's from what the browser tests keep of the
//! console.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::clicks;
use crate::places::Places;
use crate::process::show;
use crate::steps::browser_tests;

/// What is kept below the folder of screenshots, and what the README calls it below docs/.
const PICTURES: [(&str, &str); 11] = [
    ("tour/window.png", "window"),
    ("tour/buy.png", "tour/buy"),
    ("tour/rent.png", "tour/rent"),
    ("tour/library.png", "tour/library"),
    ("tour/wallet.png", "tour/wallet"),
    ("tour/tokens.png", "tour/tokens"),
    ("tour/offline.png", "tour/offline"),
    ("pages/console-wide-light.png", "tour/console"),
    ("pages/console-orders-wide-light.png", "tour/orders"),
    ("pages/console-books-wide-light.png", "tour/books"),
    ("pages/console-log-wide-light.png", "tour/log"),
];

/// Clicks in the window, runs the tests that look at the console, and makes docs/window.png and docs/tour/*.png of what was seen.
pub(crate) fn take_pictures(places: &Places) -> Result<()> {
    let seen = places.target.join("screenshots");
    clicks::take_pictures(places, &seen.join("tour"))?;
    browser_tests(places, "test:pages")?;
    let docs = places.root.join("docs");
    fs::create_dir_all(docs.join("tour")).with_context(|| format!("making {}/tour", docs.display()))?;
    for (kept, name) in PICTURES {
        let mut convert = Command::new("convert");
        convert.arg(seen.join(kept));
        if name.starts_with("tour/") {
            // In a page of text: what fits into it, half as large, and small to fetch.
            convert.args([
                "-crop",
                "1280x900+0+0",
                "+repage",
                "-resize",
                "800x",
                "+dither",
                "-colors",
                "128",
            ]);
        }
        show(convert.arg("-strip").arg(docs.join(format!("{name}.png"))))?;
    }
    println!("    {}/window.png and tour/", docs.display());
    Ok(())
}
