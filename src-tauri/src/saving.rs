//! Files that the page lets a person save: requests, answers and codes to carry elsewhere.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use scrip_app::Failure;
use scrip_domain::ErrorCode;
use tauri::{AppHandle, Manager};

/// The longest name of a file, in bytes.
const NAME_BYTES_MAX: usize = 120;
/// The longest file, in bytes of base64: a little more than 16 MiB, for everything that a vendor keeps of a person.
const BASE64_BYTES_MAX: usize = 24_000_000;
/// How many names are tried before giving up.
const NAMES_MAX: u32 = 1000;

/// Writes a file into the person's folder for downloads, beside whatever has the same name there. Answers its path.
#[tauri::command]
pub(crate) async fn save_file(app: AppHandle, name: String, base64: String) -> Result<String, Failure> {
    // A product's id may hold a colon, which not every file system takes.
    let name = name.replace(':', "_");
    if !is_plain(&name) || base64.len() > BASE64_BYTES_MAX {
        return Err(failure(
            ErrorCode::CommandInvalid,
            "the file's name or size is not accepted",
        ));
    }
    let bytes = Base64::decode_vec(&base64)
        .map_err(|error| failure(ErrorCode::CommandInvalid, &format!("the file is not base64: {error}")))?;
    let folder = downloads(&app).map_err(|error| {
        failure(
            ErrorCode::StateIo,
            &format!("there is no folder for downloads: {error}"),
        )
    })?;
    let path = write_new(&folder, &name, &bytes)
        .map_err(|error| failure(ErrorCode::StateIo, &format!("{name} could not be written: {error}")))?;
    Ok(path.display().to_string())
}

/// The person's folder for downloads. A desktop that never wrote `user-dirs.dirs` (xdg-user-dirs(5)) names none.
fn downloads(app: &AppHandle) -> tauri::Result<PathBuf> {
    let paths = app.path();
    paths
        .download_dir()
        .or_else(|_| paths.home_dir().map(|home| home.join("Downloads")))
}

/// Writes `bytes` under a name that nothing in `folder` has yet: `a.scrip`, `a (2).scrip`, …
fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    for number in 1..=NAMES_MAX {
        let candidate = match (number, ending) {
            (1, _) => name.to_owned(),
            (_, "") => format!("{stem} ({number})"),
            (_, ending) => format!("{stem} ({number}).{ending}"),
        };
        let path = folder.join(candidate);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Whether a name stays in its folder and hides nothing.
fn is_plain(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@' | '~' | ' ');
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.starts_with('.') && name.chars().all(allowed)
}

fn failure(code: ErrorCode, message: &str) -> Failure {
    Failure {
        code: code.as_str().to_owned(),
        message: message.to_owned(),
        hints: Vec::new(),
        quote: None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_stay_in_their_folder() {
        assert!(is_plain("org.kde.krita.scrip"));
        for refused in ["", ".profile", "../a", "a/b", "a\\b", "a\n", "ä"] {
            assert!(!is_plain(refused), "{refused}");
        }
    }
}
