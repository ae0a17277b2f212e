//! A program without the SDK, which `footprint` is measured against: `bare ISSUER PRODUCT`
//!
//! It does what `footprint` does but for asking for a license, and prints how many bytes of memory it holds.

mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, product] = &arguments[..] else {
        eprintln!("usage: bare ISSUER PRODUCT");
        return ExitCode::from(1);
    };
    memory::tell(&format!("{product} of {issuer}"))
}
