//! Codes as a file: text that survives mail, in the manner of RFC 7468.
//!
//! ```text
//! -----BEGIN SCRIP AUTHORIZATION-----
//! the compact code, 64 characters a line
//! -----END SCRIP AUTHORIZATION-----
//! ```
//! A file holds one code or several, one after the other.

use crate::{Error, MAX_CODE_BYTES};

/// The line before a code.
pub const BEGIN: &str = "-----BEGIN SCRIP AUTHORIZATION-----";
/// The line after a code.
pub const END: &str = "-----END SCRIP AUTHORIZATION-----";
/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The most codes of one file.
pub const MAX_CODES: usize = 1000;

const COLUMNS: usize = 64;

/// The file that holds `codes`, each in compact form.
pub fn write<'c>(codes: impl IntoIterator<Item = &'c str>) -> String {
    let mut file = String::new();
    for code in codes {
        file.push_str(BEGIN);
        for (at, c) in code.chars().enumerate() {
            if at % COLUMNS == 0 {
                file.push('\n');
            }
            file.push(c);
        }
        file.push('\n');
        file.push_str(END);
        file.push('\n');
    }
    file
}

/// The codes of a file, in compact form and not yet verified; at least one.
///
/// Lines end in LF or CRLF; blank lines may stand between codes; anything else out of place is refused.
pub fn read(file: &str) -> Result<Vec<String>, Error> {
    let refuse = |line, why| Err(Error::Armor { line, why });
    if file.len() > MAX_FILE_BYTES {
        return refuse(1, "the file is larger than 1 MiB");
    }
    let mut codes = Vec::new();
    let mut open: Option<String> = None;
    let mut short = false;
    let mut number = 0;
    for line in file.lines() {
        number += 1;
        let Some(code) = open.as_mut() else {
            match line {
                BEGIN if codes.len() == MAX_CODES => return refuse(number, "a file has 1000 codes at most"),
                BEGIN => (open, short) = (Some(String::new()), false),
                blank if blank.trim().is_empty() => {}
                _ => return refuse(number, "the first line of a code is expected"),
            }
            continue;
        };
        if line == END {
            if code.is_empty() {
                return refuse(number, "there is no code before it");
            }
            codes.extend(open.take());
        } else if short || line.is_empty() || line.len() > COLUMNS {
            return refuse(number, "every line of a code but the last has 64 characters");
        } else if !line
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        {
            return refuse(number, "only letters, digits, dash, underscore and dot are expected");
        } else if code.len() + line.len() > MAX_CODE_BYTES {
            return refuse(number, "the code is too long");
        } else {
            short = line.len() < COLUMNS;
            code.push_str(line);
        }
    }
    if open.is_some() {
        return refuse(number, "the last line of the code is missing");
    }
    if codes.is_empty() {
        return refuse(1, "there is no code in the file");
    }
    Ok(codes)
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

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,200}") {
            prop_assert!(read(&text).is_err());
        }
    }
}
