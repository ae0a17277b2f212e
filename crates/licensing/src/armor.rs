//! Codes and statements as a file: text that survives mail, in the manner of RFC 7468.
//!
//! ```text
//! -----BEGIN SCRIP AUTHORIZATION-----
//! the compact code, 64 characters a line
//! -----END SCRIP AUTHORIZATION-----
//! ```
//! A file holds one code or several, one after the other; or one request, one bundle, one recovery code.

use std::fmt;

use crate::{Error, StatementKind};

/// The line before a code.
pub const BEGIN: &str = Label::Authorization.begin();
/// The line after a code.
pub const END: &str = Label::Authorization.end();
/// The largest file of codes that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The largest file of any kind that is read, in bytes.
pub const MAX_ANY_FILE_BYTES: usize = 5 * 1024 * 1024;
/// The most codes of one file.
pub const MAX_CODES: usize = 1000;

const COLUMNS: usize = 64;

/// What a file says it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Codes.
    Authorization,
    /// A request of a computer without a network.
    Request,
    /// The vendor's answer to a request.
    Bundle,
    /// What sets a clock guard right.
    Recovery,
}

impl Label {
    /// Every label.
    pub const ALL: [Self; 4] = [Self::Authorization, Self::Request, Self::Bundle, Self::Recovery];

    /// The line before the text.
    pub const fn begin(self) -> &'static str {
        match self {
            Self::Authorization => "-----BEGIN SCRIP AUTHORIZATION-----",
            Self::Request => "-----BEGIN SCRIP REQUEST-----",
            Self::Bundle => "-----BEGIN SCRIP BUNDLE-----",
            Self::Recovery => "-----BEGIN SCRIP RECOVERY-----",
        }
    }

    /// The line after the text.
    pub const fn end(self) -> &'static str {
        match self {
            Self::Authorization => "-----END SCRIP AUTHORIZATION-----",
            Self::Request => "-----END SCRIP REQUEST-----",
            Self::Bundle => "-----END SCRIP BUNDLE-----",
            Self::Recovery => "-----END SCRIP RECOVERY-----",
        }
    }

    /// What is inside.
    pub const fn kind(self) -> StatementKind {
        match self {
            Self::Authorization => StatementKind::Code,
            Self::Request => StatementKind::Request,
            Self::Bundle => StatementKind::Bundle,
            Self::Recovery => StatementKind::Recovery,
        }
    }

    /// What a file says it holds by its first line that is not blank; `None` for another kind of file.
    pub fn of(file: &str) -> Option<Self> {
        let first = file.lines().find(|line| !line.trim().is_empty())?;
        Self::ALL.into_iter().find(|label| label.begin() == first)
    }

    const fn texts_max(self) -> usize {
        match self {
            Self::Authorization => MAX_CODES,
            Self::Request | Self::Bundle | Self::Recovery => 1,
        }
    }

    fn file_bytes_max(self) -> usize {
        match self {
            Self::Authorization => MAX_FILE_BYTES,
            // The lines' ends and both labels come on top.
            _ => self.kind().max_bytes() + self.kind().max_bytes() / 16,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorization => "authorization",
            Self::Request => "request",
            Self::Bundle => "bundle",
            Self::Recovery => "recovery",
        })
    }
}

/// The file that holds `codes`, each in compact form.
pub fn write<'c>(codes: impl IntoIterator<Item = &'c str>) -> String {
    let mut file = String::new();
    for code in codes {
        append(&mut file, Label::Authorization, code);
    }
    file
}

/// The file that holds one `text` in compact form under `label`.
pub fn write_one(label: Label, text: &str) -> String {
    let mut file = String::with_capacity(text.len() + text.len() / COLUMNS + 80);
    append(&mut file, label, text);
    file
}

fn append(file: &mut String, label: Label, text: &str) {
    file.push_str(label.begin());
    for (at, c) in text.chars().enumerate() {
        if at % COLUMNS == 0 {
            file.push('\n');
        }
        file.push(c);
    }
    file.push('\n');
    file.push_str(label.end());
    file.push('\n');
}

/// The codes of a file, in compact form and not yet verified; at least one.
///
/// Lines end in LF or CRLF; blank lines may stand between codes; anything else out of place is refused.
pub fn read(file: &str) -> Result<Vec<String>, Error> {
    read_all(Label::Authorization, file)
}

/// The one text of a file under `label`, in compact form and not yet verified. A file under another label is
/// refused as that.
pub fn read_one(label: Label, file: &str) -> Result<String, Error> {
    let mut texts = read_all(label, file)?;
    match (texts.pop(), texts.is_empty()) {
        (Some(text), true) => Ok(text),
        _ => Err(Error::Armor {
            label,
            line: 1,
            why: "one text is expected",
        }),
    }
}

fn read_all(label: Label, file: &str) -> Result<Vec<String>, Error> {
    let refuse = |line, why| Err(Error::Armor { label, line, why });
    // Of another kind before too large: what is long here may be short there.
    if let Some(other) = Label::of(file).filter(|found| *found != label) {
        return Err(Error::StatementKind {
            kind: label.kind(),
            found: other.kind(),
        });
    }
    if file.len() > label.file_bytes_max() {
        return refuse(1, "the file is larger than any that is written");
    }
    let mut texts = Vec::new();
    let mut open: Option<String> = None;
    let mut short = false;
    let mut number = 0;
    for line in file.lines() {
        number += 1;
        let Some(text) = open.as_mut() else {
            if line == label.begin() {
                if texts.len() == label.texts_max() {
                    return refuse(number, "the file holds more than it may");
                }
                (open, short) = (Some(String::new()), false);
            } else if !line.trim().is_empty() {
                return refuse(number, "the line that begins it is expected");
            }
            continue;
        };
        if line == label.end() {
            if text.is_empty() {
                return refuse(number, "there is nothing before it");
            }
            texts.extend(open.take());
        } else if short || line.is_empty() || line.len() > COLUMNS {
            return refuse(number, "every line but the last has 64 characters");
        } else if !line
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        {
            return refuse(number, "only letters, digits, dash, underscore and dot are expected");
        } else if text.len() + line.len() > label.kind().max_bytes() {
            return refuse(number, "it is too long");
        } else {
            short = line.len() < COLUMNS;
            text.push_str(line);
        }
    }
    if open.is_some() {
        return refuse(number, "the line that ends it is missing");
    }
    if texts.is_empty() {
        return refuse(1, "there is nothing in the file");
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_with_one_and_several_codes_read_back() {
        let long = "a".repeat(128);
        for codes in [vec!["x"], vec![long.as_str()], vec!["x.y.z", long.as_str(), "q"]] {
            let file = write(codes.iter().copied());
            assert!(file.lines().all(|line| line.len() <= 64));
            assert_eq!(read(&file).unwrap(), codes);
            assert_eq!(read(&file.replace('\n', "\r\n")).unwrap(), codes);
            assert_eq!(read(&file.replace(END, &format!("{END}\n\n"))).unwrap(), codes);
        }
    }

    #[test]
    fn what_is_out_of_place_is_refused_with_its_line() {
        let line = |file: &str| match read(file) {
            Err(Error::Armor { line, .. }) => line,
            other => panic!("{file}: {other:?}"),
        };
        assert_eq!(line(""), 1);
        assert_eq!(line("hello\n"), 1);
        assert_eq!(line(BEGIN), 1);
        assert_eq!(line(&format!("{BEGIN}\n{END}\n")), 2);
        assert_eq!(line(&format!("{BEGIN}\nabc\ndef\n{END}\n")), 3);
        assert_eq!(line(&format!("{BEGIN}\na b\n{END}\n")), 2);
        assert_eq!(line(&format!("{BEGIN}\nаbc\n{END}\n")), 2, "a Cyrillic letter");
        assert_eq!(line(&format!("{BEGIN}\n{BEGIN}\n{END}\n")), 2);
        assert_eq!(line(&format!("{BEGIN}\n{}\n{END}\n", "a".repeat(65))), 2);
        assert_eq!(line(&format!("{BEGIN}\nabc\n{END}\nP.S.\n")), 4);
        assert_eq!(
            line(&format!(
                "{BEGIN}\n{}{END}\n",
                format!("{}\n", "a".repeat(64)).repeat(129)
            )),
            130
        );
        assert_eq!(line(&"\n".repeat(MAX_FILE_BYTES + 1)), 1);
        assert_eq!(line(&format!("{BEGIN}\nabc\n{END}\n").repeat(1001)), 3001);
    }

    #[test]
    fn each_label_reads_its_own_files_only_and_names_the_other() {
        for label in Label::ALL {
            let file = write_one(label, &"x".repeat(100));
            assert_eq!(read_one(label, &file).unwrap(), "x".repeat(100));
            assert_eq!(Label::of(&file), Some(label));
            for other in Label::ALL.into_iter().filter(|other| *other != label) {
                assert_eq!(
                    read_one(other, &format!("\n{file}")).unwrap_err(),
                    Error::StatementKind {
                        kind: other.kind(),
                        found: label.kind()
                    }
                );
                let mixed = file.replace(label.end(), other.end());
                assert!(read_one(label, &mixed).is_err());
                assert!(read_one(other, &mixed).is_err());
            }
            assert!(read_one(label, &file.repeat(2)).is_err(), "{label}");
        }
        assert_eq!(Label::of("hello"), None);
        let largest = "x".repeat(StatementKind::Request.max_bytes());
        let file = write_one(Label::Request, &largest);
        assert!(file.len() <= MAX_ANY_FILE_BYTES);
        assert_eq!(read_one(Label::Request, &file).unwrap(), largest);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,200}") {
            prop_assert!(read(&text).is_err());
        }
    }
}
