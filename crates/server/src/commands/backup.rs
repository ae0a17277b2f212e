//! The commands that save a vendor's whole data and put it back.

use std::path::Path;
use std::process::ExitCode;

use scrip_server::{BackupReport, Config, Server};

pub(crate) async fn back_up(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    let BackupReport { files, bytes, .. } = scrip_server::back_up(config, file).await?;
    println!("{files} files, {bytes} bytes: {}", file.display());
    println!("it holds the vendor's keys: encrypt it before it leaves this machine");
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn restore(config: Config, file: &Path) -> anyhow::Result<ExitCode> {
    let BackupReport { files, bytes, taken_at } = scrip_server::restore(&config, file).await?;
    println!("{files} files, {bytes} bytes of {taken_at}: {}", config.data.display());
    let server = Server::open(config).await?;
    let code = crate::audit(&server).await;
    server.store().close().await;
    code
}
