//! Why there is no sheet.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use scrip_sdk::{Coded as _, Refusal};

/// Why there is no sheet; its `Display` is a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("{0}")]
    Usage(&'static str),
    #[error("{path} cannot be read: {why}", path = path.display())]
    Folder { path: PathBuf, why: io::Error },
    #[error("there is no photo (.png, .jpg or .jpeg) in {}", .0.display())]
    NoPhotos(PathBuf),
    #[error("there are {count} photos in {}; a sheet holds at most {max}", path.display())]
    TooManyPhotos { path: PathBuf, count: usize, max: usize },
    #[error("{path} is no place for a sheet: a name that ends in .png or .jpg is expected", path = .0.display())]
    OutputName(PathBuf),
    #[error("{path} cannot be written: {why}", path = path.display())]
    Write { path: PathBuf, why: String },
    #[error("{path} names no vendor; {hint}", path = path.display())]
    NoIssuer { path: PathBuf, hint: &'static str },
    #[error("nobody listens: {0}")]
    Output(io::Error),
}

impl Failure {
    /// Says what happened and what to do next, and answers how the program ends.
    pub(crate) fn tell(&self, out: &mut impl Write) -> ExitCode {
        let (code, hints, status) = match self {
            Self::Refused(refusal) => (format!(" [{}]", refusal.code()), refusal.hints(), 3),
            Self::Usage(_) => (String::new(), Vec::new(), 2),
            _ => (String::new(), Vec::new(), 1),
        };
        let mut text = format!("contact-sheet: {self}{code}\n");
        for hint in hints {
            text.push_str("  ");
            text.push_str(&hint);
            text.push('\n');
        }
        // Where nobody hears the reason, the status alone says it.
        out.write_all(text.as_bytes()).map_or(status, |()| status).into()
    }
}
