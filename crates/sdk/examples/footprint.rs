//! The smallest program that asks for its license and takes a unit: `footprint ISSUER PRODUCT`
//!
//! It prints how many bytes of memory it holds then. `bare` is the same without the SDK.

mod memory;

use std::process::ExitCode;

use scrip_sdk::{Refusal, Scrip, Settings};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, product] = &arguments[..] else {
        eprintln!("usage: footprint ISSUER PRODUCT");
        return ExitCode::from(1);
    };
    match take(issuer, product) {
        // The handle lives on, as in a program that goes on taking.
        Ok((_scrip, license)) => memory::tell(&license),
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(2)
        }
    }
}

fn take(issuer: &str, product: &str) -> Result<(Scrip, String), Refusal> {
    let scrip = Scrip::open(Settings::new(issuer, product))?;
    scrip.authorize()?;
    let license = scrip.consume(1)?.license.to_string();
    Ok((scrip, license))
}
