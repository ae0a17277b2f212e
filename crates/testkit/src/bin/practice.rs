//! Practice payments, for a store that is tried out: serves on this computer until its standard input ends.
//!
//! `scrip-practice-payments ADDRESS FILE`, where ADDRESS is one of this computer and FILE remembers what was paid. It prints its
//! address and the key that it takes, for the server's `SCRIP_STRIPE_URL` and `SCRIP_STRIPE_SECRET_KEY`.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use scrip_testkit::{Practice, SECRET_KEY};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, file] = arguments.as_slice() else {
        eprintln!("usage: scrip-practice-payments ADDRESS FILE");
        return ExitCode::FAILURE;
    };
    match serve(address, Path::new(file)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("scrip-practice-payments: {why}");
            ExitCode::FAILURE
        }
    }
}

fn serve(address: &str, file: &Path) -> Result<(), String> {
    let address: SocketAddr = address.parse().map_err(|why| format!("{address}: {why}"))?;
    if !address.ip().is_loopback() {
        return Err(format!(
            "{address} is not of this computer, and play money is for nobody else"
        ));
    }
    let listener = TcpListener::bind(address).map_err(|why| format!("listening on {address}: {why}"))?;
    let address = listener.local_addr().map_err(|why| why.to_string())?;
    let url = format!("http://{address}");
    let practice = Practice::open(&url, file).map_err(|why| format!("{}: {why}", file.display()))?;
    std::thread::spawn(move || practice.serve(&listener));
    println!("{url} {SECRET_KEY}");
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).map_err(|why| why.to_string())?;
    Ok(())
}
