//! Programs that ask for nothing themselves: what starts them here asks for them, and counts the use.

use std::io::Read;
use std::path::{Path, PathBuf};

use scrip_domain::{ProductId, Remaining};
use scrip_inventory::LaunchCommand;

use crate::contract::{Event, ProductArgs};
use crate::error::io_error;
use crate::shop::VIEW_PATIENCE;
use crate::{App, Error, platform, state};

/// The key that marks the menu entries made here.
const MARK: &str = "X-Scrip-Run";
/// What stands in every program that links the library which asks by itself.
const LIBRARY_MARKS: [&[u8]; 4] = [b"scrip-journal-v1", b"scrip-journal-v2", b"libscrip", b"scrip_sdk"];
/// How much of a program is looked through, in bytes.
const PROGRAM_BYTES_MAX: u64 = 256 << 20;

/// A program that may start now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The product.
    pub product: ProductId,
    /// What starts it, and its first arguments.
    pub argv: Vec<String>,
    /// The folder that it starts in.
    pub working_dir: Option<PathBuf>,
    /// Whether a use was counted.
    pub counted: bool,
    /// What is left after it.
    pub left: Remaining,
    /// What the person should know, a sentence each.
    pub warnings: Vec<String>,
}

impl App {
    /// Checks the code of a product, and counts one use where its license counts uses, before anything starts. A program that
    /// links the publisher's library asks and counts by itself, so that it is not counted twice.
    pub async fn begin_run(&self, product: &ProductId) -> Result<Start, Error> {
        let command = self.command_of(product).await?;
        if !self.has_code(product) {
            return Err(Error::CodeNotFound {
                product: product.clone(),
            });
        }
        if let Err(error) = self.recall_anchors().await {
            tracing::info!(%error, "the keyring is not asked about the journals");
        }
        // A lease that is over is fetched anew where the server answers.
        if self.lease_pause(product).is_some()
            && !self.authorized(product)
            && let Some(license) = self.license(product)?
            && let Err(error) = self.fetch_code(&license, None).await
        {
            tracing::info!(%error, %product, "the lease is not renewed now");
        }
        let counts = self.counts_uses(product)? && !links_library(&command)?;
        let authorization = if counts {
            self.use_once(product)?
        } else {
            self.authorize(product)?
        };
        if let Err(error) = self.keep_anchors().await {
            tracing::info!(%error, "the keyring is told later how far the journals have come");
        }
        if counts {
            self.tell(Event::LibraryChanged);
        }
        Ok(Start {
            product: product.clone(),
            argv: command.argv,
            working_dir: command.working_dir,
            counted: counts,
            left: authorization.remaining,
            warnings: authorization.warnings.iter().map(ToString::to_string).collect(),
        })
    }

    /// Starts a program that is installed here; it goes on when this one ends. Where its license counts uses, one is counted.
    pub async fn library_launch(&self, args: ProductArgs) -> Result<(), Error> {
        let product = args.product;
        let command = self.command_of(&product).await?;
        if self.counts_uses(&product).unwrap_or(false) && !links_library(&command)? {
            self.begin_run(&product).await?;
        }
        let failed = |why: String| Error::LaunchFailed {
            product: product.clone(),
            why,
        };
        let line = if command.terminal {
            platform::terminal_command(command.argv)
                .ok_or_else(|| failed("no terminal to run it in was found".to_owned()))?
        } else {
            command.argv
        };
        platform::start_detached(&line, command.working_dir.as_deref()).map_err(|error| failed(error.to_string()))
    }

    /// Whether the stored code of a product limits its uses.
    pub(crate) fn counts_uses(&self, product: &ProductId) -> Result<bool, Error> {
        let claims = self.stored_claims(product)?;
        Ok(claims.is_some_and(|claims| claims.grant.counts().0.is_some()))
    }

    /// What starts a product; where the catalog here does not have it, it is fetched first.
    async fn command_of(&self, product: &ProductId) -> Result<LaunchCommand, Error> {
        let found = self.find_command(product).await;
        if found.is_ok() || self.catalog.index().await?.get(product).is_some() {
            return found;
        }
        match tokio::time::timeout(VIEW_PATIENCE, self.catalog_sync()).await {
            Ok(Ok(_)) => self.find_command(product).await,
            _ => found,
        }
    }

    async fn find_command(&self, product: &ProductId) -> Result<LaunchCommand, Error> {
        let index = self.catalog.index().await?;
        let seen = self.look_again().await?;
        let detection = self.detect_listed(product, index.get(product), &seen).await?;
        self.launch_command(product, &detection, &seen).await
    }

    /// Writes a menu entry that starts a product through `scrip run`; answers where it is.
    pub async fn write_run_entry(&self, product: &ProductId) -> Result<PathBuf, Error> {
        let command = self.command_of(product).await?;
        let index = self.catalog.index().await?;
        let name = index
            .get(product)
            .map_or_else(|| product.to_string(), |listing| listing.name.clone());
        let path = self.run_entry(product);
        let text = entry(product, &name, &runner(), command.terminal);
        state::write_bytes(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Keeps the menu entry as the product's code asks for: there where it counts uses that the program does not count itself.
    pub(crate) async fn settle_run_entry(&self, product: &ProductId) -> Result<(), Error> {
        if !self.counts_uses(product)? {
            return self.remove_run_entry(product);
        }
        if !links_library(&self.command_of(product).await?)? {
            self.write_run_entry(product).await?;
        }
        Ok(())
    }

    /// Removes the menu entry, if it is one that was made here.
    pub(crate) fn remove_run_entry(&self, product: &ProductId) -> Result<(), Error> {
        let path = self.run_entry(product);
        let Some(bytes) = state::read_bytes(&path, 64 << 10)? else {
            return Ok(());
        };
        let mark = format!("{MARK}={product}");
        if String::from_utf8_lossy(&bytes).lines().any(|line| line == mark) {
            state::remove(&path)?;
        }
        Ok(())
    }

    fn run_entry(&self, product: &ProductId) -> PathBuf {
        let name = product.as_str().trim_end_matches(".desktop");
        self.places
            .prefix
            .join("share/applications")
            .join(format!("scrip-run-{name}.desktop"))
    }
}

/// The terminal program that belongs to this one.
fn runner() -> String {
    // Who does not know where it is finds the other by its name.
    let this = std::env::current_exe().ok();
    let beside = this
        .as_deref()
        .and_then(Path::parent)
        .map(|folder| folder.join("scrip"));
    match beside.filter(|path| path.is_file()) {
        Some(path) => path.display().to_string(),
        None => "scrip".to_owned(),
    }
}

/// A menu entry (freedesktop.org Desktop Entry Specification 1.5).
fn entry(product: &ProductId, name: &str, runner: &str, terminal: bool) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = name.replace('\\', "\\\\");
    let mut quoted = String::new();
    for c in runner.chars() {
        match c {
            '"' | '`' | '$' => quoted.extend(['\\', '\\', c]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            c => quoted.push(c),
        }
    }
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.5\nName={name} (with Scrip)\n\
         Comment=Checks the authorization and counts the use, then starts {name}\n\
         Exec=\"{quoted}\" run {product}\nTerminal={terminal}\n{MARK}={product}\n"
    )
}

/// Whether the program itself holds the library that asks and counts.
fn links_library(command: &LaunchCommand) -> Result<bool, Error> {
    let Some(program) = command.argv.first().map(Path::new).and_then(find) else {
        return Ok(false);
    };
    // The first argument of an interpreter is the program proper.
    let script = command.argv.get(1).map(PathBuf::from).filter(|path| path.is_file());
    for path in [Some(program), script].into_iter().flatten() {
        if holds_mark(&path).map_err(io_error("read", &path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where the program of that name is: as it is named, or on the path.
fn find(program: &Path) -> Option<PathBuf> {
    if program.is_absolute() {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn holds_mark(path: &Path) -> std::io::Result<bool> {
    const CHUNK: usize = 1 << 20;
    let longest = LIBRARY_MARKS.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let mut file = std::fs::File::open(path)?.take(PROGRAM_BYTES_MAX);
    let mut bytes = Vec::with_capacity(CHUNK + longest);
    loop {
        let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
        if read == 0 {
            return Ok(false);
        }
        if LIBRARY_MARKS.iter().any(|mark| contains(&bytes, mark)) {
            return Ok(true);
        }
        // A mark may lie across two pieces.
        bytes.drain(..bytes.len().saturating_sub(longest));
    }
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_starts_the_program_through_scrip_and_says_so() {
        let text = entry(&"org.example.Hello".parse().unwrap(), "Hello\n", "/opt/a b/$crip", true);
        assert!(text.contains("\nName=Hello (with Scrip)\n"));
        assert!(
            text.contains("\nExec=\"/opt/a b/\\\\$crip\" run org.example.Hello\n"),
            "{text}"
        );
        assert!(text.ends_with("Terminal=true\nX-Scrip-Run=org.example.Hello\n"));
    }

    #[test]
    fn a_program_that_counts_by_itself_is_recognised() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("program");
        let command = LaunchCommand {
            argv: vec![path.display().to_string()],
            working_dir: None,
            terminal: false,
        };
        let mut bytes = vec![b'x'; (1 << 20) - 5];
        std::fs::write(&path, &bytes).unwrap();
        assert!(!links_library(&command).unwrap());
        bytes.extend_from_slice(b"scrip-journal-v1\0and more");
        std::fs::write(&path, &bytes).unwrap();
        assert!(links_library(&command).unwrap());
        let absent = LaunchCommand {
            argv: vec!["/nowhere/at/all".to_owned()],
            ..command
        };
        assert!(!links_library(&absent).unwrap());
    }
}
