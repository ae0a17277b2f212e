//! A renderer that pays for each picture: `render ISSUER PRODUCT PICTURES`
//!
//! A real program has the issuer and the product compiled in. It ends with 2 where it may not run.

use std::process::ExitCode;

use scrip_sdk::{Coded, Kind, Refusal, Scrip, Settings};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Before anything is taken: a mistyped number costs nothing.
    let ([issuer, product, _], Some(pictures)) = (&arguments[..], pictures(&arguments)) else {
        eprintln!("usage: render ISSUER PRODUCT PICTURES");
        return ExitCode::from(1);
    };
    match render(issuer, product, pictures) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("{}: {refusal}\n{}", refusal.code(), refusal.hints().join("\n"));
            ExitCode::from(2)
        }
    }
}

fn pictures(arguments: &[String]) -> Option<u32> {
    arguments.get(2)?.parse().ok()
}

fn render(issuer: &str, product: &str, pictures: u32) -> Result<(), Refusal> {
    let scrip = Scrip::open(Settings::new(issuer, product))?;
    // Once for each start: may it run?
    let answer = scrip.use_once()?;
    println!(
        "{}",
        if answer.kind == Kind::Perpetual {
            "owned"
        } else {
            "rented"
        }
    );
    for warning in &answer.warnings {
        eprintln!("note: {warning}");
    }
    for picture in 1..=pictures {
        // Before the work, so that nobody gets it for nothing.
        let left = scrip.consume(1)?.remaining.processings;
        println!("picture {picture}, {} left", left.map_or(-1, i128::from));
    }
    Ok(())
}
