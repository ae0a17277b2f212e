//! The program `scrip-server`.

mod commands;
mod failure;
mod operator;
mod user;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use clap::{Args, Parser, Subcommand};
use commands::approvals::held;
use failure::fail;
use scrip_appstream::PricePolicy;
use scrip_domain::{DeedKind, Email, ProductId, Tokens};
use scrip_server::deeds::{GRANT, OneGrant};
use scrip_server::{Config, Publication, Server};
use tracing_subscriber::EnvFilter;

/// Requests are many small allocations, made by one thread and freed by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The vendor's server of Scrip: accounts, tokens, catalog, orders and authorization codes.
#[derive(Parser)]
#[command(name = "scrip-server", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    place: Place,
    /// Do it without the second operator whom the settings ask for, because it cannot wait; the audit log and the dashboard say so
    #[arg(long, global = true, value_name = "WHY", value_parser = parse_emergency)]
    emergency: Option<String>,
    #[command(subcommand)]
    command: Command,
}

/// Where the data is.
#[derive(Args)]
struct Place {
    /// The data folder: database, keys, files and scrip-server.toml
    #[arg(long, global = true, env = "SCRIP_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database: sqlite:PATH or postgres://…; an SQLite file in the data folder by default
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the HTTP API until interrupted
    Serve {
        /// Where to listen; port 0 takes a free one
        #[arg(long, env = "SCRIP_LISTEN", default_value = "127.0.0.1:7747", value_name = "ADDR")]
        listen: SocketAddr,
    },
    /// List the programs of catalogs
    #[command(subcommand)]
    Import(Import),
    /// Publish a file that installs a listed product
    Publish {
        /// A .deb, an .AppImage or a .tar archive
        file: PathBuf,
        /// The product's id
        #[arg(long, value_name = "ID")]
        product: ProductId,
        /// The version that it installs; read from the name of a .deb
        #[arg(long = "release", visible_alias = "version", value_name = "VERSION")]
        release: Option<String>,
        /// The processor (aarch64, any …); read from the name of a .deb
        #[arg(long, value_name = "ARCH")]
        arch: Option<String>,
    },
    /// Take a product off the catalog; licenses of it stay
    Unlist {
        /// The product's id
        product: ProductId,
    },
    /// Issue tokens to an account
    Grant {
        /// The account's e-mail address
        #[arg(long, value_name = "EMAIL")]
        user: Email,
        /// How many
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_tokens)]
        tokens: Tokens,
        /// Why; stands in the wallet's history
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The command's id: repeating it issues nothing again
        #[arg(long, value_name = "UUID")]
        command: Option<uuid::Uuid>,
    },
    /// Show and change the vendor's keys
    #[command(subcommand)]
    Keys(commands::Keys),
    /// Answer computers without a network
    #[command(subcommand)]
    Offline(commands::Offline),
    /// Show what was used, by day and product
    Usage(commands::Usage),
    /// Show, stop and reinstate a license
    #[command(subcommand)]
    License(operator::LicenseCommand),
    /// Show what the server does by itself, and do it now
    #[command(subcommand)]
    Jobs(commands::jobs::Jobs),
    /// Admit the vendor's people to the console
    #[command(subcommand)]
    Operator(commands::operators::OperatorCommand),
    /// Copy the database, the keys, the files and the settings into one new file, while the server runs
    Backup {
        /// The file to make; it holds the vendor's keys
        file: PathBuf,
    },
    /// Put a backup back: into a new, empty data folder (--data) and an empty database
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Show and export the books
    #[command(subcommand)]
    Books(commands::books::BooksCommand),
    /// Tokens that are sold for money: price lists, purchases, refunds
    #[command(subcommand)]
    Tokens(commands::tokens::TokensCommand),
    /// Open people's accounts, help them back in, send mail
    #[command(subcommand)]
    User(user::UserCommand),
    /// Approve orders on paper; list, print and settle bills; read bank statements
    #[command(subcommand)]
    Invoice(commands::invoices::InvoiceCommand),
    /// Make, print, cancel and redeem vouchers
    #[command(subcommand)]
    Voucher(commands::vouchers::VoucherCommand),
    /// Show and decide what waits for a second operator. Where the settings ask for one, a command files its deed here and exits with 3
    #[command(subcommand)]
    Approvals(commands::approvals::ApprovalsCommand),
    /// Prove that the books balance; exits with 1 where they do not
    Audit,
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
}

#[derive(Subcommand)]
enum Import {
    /// List the programs of AppStream catalogs (metainfo XML, catalog XML, DEP-11 YAML; plain or gzip)
    Appstream {
        /// Files, or folders that are searched for catalogs
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The price policy, a TOML file; without one nothing is for sale
        #[arg(long, value_name = "FILE")]
        prices: Option<PathBuf>,
    },
}

fn parse_emergency(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() < 10 || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err("say why in 10 to 200 visible characters; everybody will read it".to_owned());
    }
    Ok(text.to_owned())
}

fn parse_tokens(text: &str) -> Result<Tokens, String> {
    let amount: i64 = text.parse().map_err(|_| format!("\"{text}\" is not a whole number"))?;
    match Tokens::new(amount) {
        Ok(tokens) if !tokens.is_zero() => Ok(tokens),
        _ => Err("at least 1 token".to_owned()),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("SCRIP_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    log.with_ansi(std::io::stderr().is_terminal()).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return fail(&anyhow::Error::new(why).context("cannot start")),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if matches!(cli.command, Command::Openapi) {
        println!("{}", scrip_server::document());
        return Ok(ExitCode::SUCCESS);
    }
    let data = cli.place.data.map_or_else(default_data, Ok)?;
    let config = Config::load(&data, cli.place.database)?;
    let emergency = cli.emergency.as_deref();
    if let Command::Keys(command) = &cli.command {
        commands::keys(&config, emergency, command).await?;
        return Ok(ExitCode::SUCCESS);
    }
    match &cli.command {
        Command::Backup { file } => return commands::backup::back_up(&config, file).await,
        Command::Restore { file } => return commands::backup::restore(config, file).await,
        _ => {}
    }
    let server = Server::open(config).await?;
    let code = match cli.command {
        Command::Serve { listen } => serve(&server, &data, listen).await?,
        Command::Import(Import::Appstream { paths, prices }) => import(&server, &paths, prices.as_deref()).await?,
        Command::Publish {
            file,
            product,
            release,
            arch,
        } => {
            let publication = Publication {
                path: file,
                product,
                version: release,
                arch,
            };
            publish(&server, &publication).await?
        }
        Command::Unlist { product } => unlist(&server, &product).await?,
        Command::Grant {
            user,
            tokens,
            reason,
            command,
        } => grant(&server, emergency, &user, tokens, &reason, command).await?,
        Command::License(command) => {
            operator::run(&server, emergency, command).await?;
            ExitCode::SUCCESS
        }
        Command::Jobs(command) => {
            commands::jobs::run(&server, command).await?;
            ExitCode::SUCCESS
        }
        Command::Books(command) => {
            commands::books::run(&server, command).await?;
            ExitCode::SUCCESS
        }
        Command::Operator(command) => {
            commands::operators::run(&server, emergency, command).await?;
            ExitCode::SUCCESS
        }
        Command::Tokens(command) => {
            commands::tokens::run(&server, emergency, command).await?;
            ExitCode::SUCCESS
        }
        Command::User(command) => {
            user::run(&server, command).await?;
            ExitCode::SUCCESS
        }
        Command::Invoice(command) => {
            commands::invoices::run(&server, emergency, command).await?;
            ExitCode::SUCCESS
        }
        Command::Voucher(command) => {
            commands::vouchers::run(&server, emergency, command).await?;
            ExitCode::SUCCESS
        }
        Command::Approvals(command) => {
            commands::approvals::run(&server, command).await?;
            ExitCode::SUCCESS
        }
        Command::Audit => audit(&server).await?,
        Command::Offline(command) => {
            commands::offline(&server, command).await?;
            ExitCode::SUCCESS
        }
        Command::Usage(command) => {
            commands::usage(&server, &command).await?;
            ExitCode::SUCCESS
        }
        Command::Backup { .. } | Command::Restore { .. } | Command::Keys(_) | Command::Openapi => ExitCode::SUCCESS,
    };
    server.store().close().await;
    Ok(code)
}

async fn grant(
    server: &Server,
    emergency: Option<&str>,
    user: &Email,
    tokens: Tokens,
    reason: &str,
    command: Option<uuid::Uuid>,
) -> anyhow::Result<ExitCode> {
    let command = command.unwrap_or_else(uuid::Uuid::new_v4);
    let one = OneGrant {
        command,
        email: user.clone(),
        tokens,
        reason: reason.to_owned(),
        expires_at: None,
    };
    let summary = format!("Give {tokens} to {user}.");
    let kind = DeedKind::Grant(tokens.get());
    held(server, emergency, &GRANT, kind, (&summary, &one, reason)).await?;
    let balance = server
        .store()
        .grant(user.as_str(), tokens, reason, command, "cli")
        .await
        .map_err(scrip_server::Error::from)?;
    println!("issued {tokens} to {user}; the wallet holds {balance}");
    Ok(ExitCode::SUCCESS)
}

async fn publish(server: &Server, publication: &Publication) -> anyhow::Result<ExitCode> {
    let artifact = scrip_server::publish(server, publication).await?;
    let (version, size) = (&artifact.version, artifact.size);
    println!(
        "published {} {version}: {size} bytes, sha256 {}",
        artifact.product, artifact.sha256
    );
    Ok(ExitCode::SUCCESS)
}

/// `$XDG_DATA_HOME/scrip-server` (XDG Base Directory Specification 0.8).
fn default_data() -> anyhow::Result<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    Ok(base
        .context("neither XDG_DATA_HOME nor HOME is set: give --data DIR")?
        .join("scrip-server"))
}

async fn serve(server: &Server, data: &Path, listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|source| scrip_server::Error::Listen {
            address: listen,
            source,
        })?;
    let address = listener.local_addr().context("the socket has no address")?;
    println!("scrip-server listens on http://{address}");
    println!("data: {} ({})", data.display(), server.store().backend());
    println!("issuer: {}", server.issuer());
    if !server.mails() {
        println!("mail: none is sent, because scrip-server.toml has no [mail]");
    }
    if let Some(root) = server.root_here() {
        println!("{}", commands::root_advice(root));
    }
    let service = server.router().into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let stop = async move {
        interrupted().await;
        tracing::info!("stopping: running requests are finished first");
        stopping.send_replace(true);
    };
    // A long answer goes out in pieces: none of them waits until the one before it is confirmed.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small pieces back");
        }
    });
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
    let patience = async {
        if stopped.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(SHUTDOWN_MAX).await;
    };
    tokio::select! {
        ended = async { serving.await } => ended.context("serving failed")?,
        () = patience => tracing::warn!("some requests did not end in time and were dropped"),
        () = scrip_server::run_jobs(server) => {}
    }
    scrip_server::release_jobs(server).await?;
    Ok(ExitCode::SUCCESS)
}

/// How long running requests may take once the server is told to stop.
const SHUTDOWN_MAX: Duration = Duration::from_secs(20);

/// Waits for Ctrl-C, or a polite request to end (SIGTERM).
async fn interrupted() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminate => {}
    }
}

async fn unlist(server: &Server, product: &ProductId) -> anyhow::Result<ExitCode> {
    let act = scrip_store::Act {
        actor: "cli",
        action: "product.unlisted",
        subject: product.as_str(),
        why: "",
    };
    let listed = server.store().unlist_product(product, &act).await;
    let was = if listed.map_err(scrip_server::Error::from)? {
        "is no longer listed"
    } else {
        "was not listed"
    };
    println!("{product} {was}");
    Ok(ExitCode::SUCCESS)
}

async fn import(server: &Server, paths: &[PathBuf], prices: Option<&Path>) -> anyhow::Result<ExitCode> {
    let policy = match prices {
        Some(path) => PricePolicy::read(path).map_err(scrip_server::Error::from)?,
        None => PricePolicy::default(),
    };
    let report = scrip_server::import_appstream(server, paths, policy).await?;
    for problem in &report.problems {
        eprintln!("left out: {problem}");
    }
    println!(
        "listed {} programs from {} catalogs: {} new or changed, {} with icons; {} other components passed over, {} left out",
        report.listed,
        report.catalogs,
        report.changed,
        report.icons,
        report.passed_over,
        report.problems.len()
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn audit(server: &Server) -> anyhow::Result<ExitCode> {
    let report = server.store().audit().await.map_err(scrip_server::Error::from)?;
    println!(
        "{} transfers, {} orders, {} licenses, {} wallets holding {} tokens, {} entries of money",
        report.transfers,
        report.orders,
        report.licenses,
        report.wallets,
        report.tokens_in_wallets,
        report.money_entries
    );
    for breach in &report.breaches {
        println!("BREACH: {}: {}: {}", breach.rule, breach.subject, breach.detail);
    }
    if report.breaches.is_empty() {
        println!("the books balance");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} breaches: stop selling and look into them", report.breaches.len());
    Ok(ExitCode::FAILURE)
}
