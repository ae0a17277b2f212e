//! `scrip`: the marketplace in a terminal.
//!
//! The same use cases as the window's. With `--json` a command prints exactly one JSON object: its result on standard
//! output, or `{code, message, hints}` on standard error. The exit status is 0 for success, 1 for a failure, 2 for a command
//! that was not understood.

mod account;
mod args;
mod browse;
mod codes;
mod files;
mod licenses;
mod offline;
mod output;
mod paper;
mod programs;
mod runs;
mod session;
mod shop;
mod table;
mod tokens;

use std::process::ExitCode;

use clap::Parser;
use scrip_app::{App, Failure, Options};

use crate::args::{Arguments, CartCommand, CatalogCommand, CodeCommand, Command, WalletCommand};
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::refuse_usage(&error, std::env::args_os().any(|argument| argument == "--json")),
    };
    let output = Output { json: arguments.json };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, output)),
        Err(error) => Err(output::internal("no thread can be started", &error)),
    };
    match outcome {
        Ok(status) => status,
        Err(failure) => output.fail(&failure),
    }
}

async fn run(arguments: Arguments, output: Output) -> Result<ExitCode, Failure> {
    let mut options = Options::from_environment().map_err(Failure::from)?;
    if let Some(server) = arguments.server.filter(|server| !server.trim().is_empty()) {
        options.server = server
            .parse()
            .map_err(|error| Failure::from(scrip_app::Error::Client(error)))?;
    }
    if options.server.is_exposed() {
        output.note(&format!(
            "{} is not encrypted: what you send can be read on the way.",
            options.server
        ));
    }
    let app = App::open(options).map_err(Failure::from)?;
    let done = match arguments.command {
        Command::Register(credentials) => session::register(&app, output, credentials).await,
        Command::Login(login) => account::login(&app, output, login).await,
        Command::Account { command } => account::run(&app, output, command).await,
        Command::Logout => session::logout(&app, output).await,
        Command::Whoami => session::whoami(&app, output).await,
        Command::Wallet { command: None } => session::wallet(&app, output).await,
        Command::Wallet {
            command: Some(WalletCommand::History { cursor }),
        } => session::wallet_history(&app, output, cursor).await,
        Command::Tokens { command } => tokens::tokens(&app, output, command).await,
        Command::Search(search) => browse::search(&app, output, search).await,
        Command::Show { product } => browse::show(&app, output, &product).await,
        Command::Catalog {
            command: CatalogCommand::Sync,
        } => browse::sync(&app, output).await,
        Command::Installed => programs::installed(&app, output).await,
        Command::Plan { product } => programs::plan(&app, output, &product).await,
        Command::Install {
            product,
            update,
            floating,
        } => programs::install(&app, output, &product, update, floating).await,
        Command::Uninstall { product } => programs::uninstall(&app, output, &product).await,
        Command::Launch { product } => programs::launch(&app, output, &product).await,
        Command::Library => programs::library(&app, output).await,
        Command::Buy(purchase) => shop::buy(&app, output, purchase).await,
        Command::Rent(rental) => shop::rent(&app, output, rental).await,
        Command::Extend(extension) => shop::extend(&app, output, extension).await,
        Command::Convert(purchase) => shop::convert(&app, output, purchase).await,
        Command::Run(run) => return runs::run(&app, output, run).await,
        Command::Trial { product } => licenses::trial(&app, output, &product).await,
        Command::Pause { product } => licenses::pause(&app, output, &product).await,
        Command::Resume { product } => licenses::resume(&app, output, &product).await,
        Command::End { product, yes } => licenses::end(&app, output, &product, yes).await,
        Command::Renew(renewal) => licenses::renew(&app, output, renewal).await,
        Command::Gift { product, to } => licenses::gift(&app, output, &product, to).await,
        Command::Upgrade(purchase) => shop::upgrade(&app, output, purchase).await,
        Command::Seats { command, product } => licenses::seats(&app, output, command, product).await,
        Command::Devices => licenses::devices(&app, output).await,
        Command::Usage { days } => licenses::usage(&app, output, days).await,
        Command::Notices => licenses::notices(&app, output).await,
        Command::Sync => licenses::sync(&app, output).await,
        Command::Offline { command } => offline::offline(&app, output, command).await,
        Command::Clock { command } => offline::clock(&app, output, command).await,
        Command::Cart { command } => match command {
            CartCommand::Add { product, rent } => shop::cart_add(&app, output, &product, rent).await,
            CartCommand::Remove { product } => shop::cart_remove(&app, output, &product).await,
            CartCommand::Show => shop::cart_show(&app, output).await,
            CartCommand::Checkout { expect, bought } => shop::cart_checkout(&app, output, expect, bought).await,
        },
        Command::Code { command } => match command {
            CodeCommand::Show { product, qr, png } => codes::show(&app, output, &product, qr, png.as_deref()).await,
            CodeCommand::Export { product, output: file } => codes::export(&app, output, &product, &file).await,
            CodeCommand::Import { file } => codes::import(&app, output, &file).await,
            CodeCommand::Inspect { file } => codes::inspect(&app, output, &file).await,
            CodeCommand::Verify {
                file,
                keys,
                any_computer,
            } => codes::verify(&app, output, &file, keys.as_deref(), any_computer).await,
        },
    };
    done.map(|()| ExitCode::SUCCESS)
}
