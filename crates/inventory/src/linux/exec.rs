//! The command line of a desktop entry (Desktop Entry Specification 1.5, "The Exec key").

use super::desktop_entry::DesktopEntry;

/// The program and its arguments without field codes, or `None` where the line cannot be understood.
///
/// Quoting is that of the specification (double quotes), and single quotes as shells and `GLib` know them, because entries use
/// them. File and address codes are dropped, since nothing is opened; `%i` and `%c` are filled in.
pub(crate) fn argv(entry: &DesktopEntry) -> Option<Vec<String>> {
    let mut argv = Vec::new();
    for argument in split(entry.exec.as_deref()?)? {
        expand(&argument, entry, &mut argv)?;
    }
    (!argv.first()?.is_empty()).then_some(argv)
}

/// The program that really runs: behind `env` and its assignments, the next word.
pub(crate) fn program(argv: &[String]) -> Option<&str> {
    let first = argv.first()?;
    if first.rsplit('/').next() != Some("env") {
        return Some(first);
    }
    let behind = argv[1..]
        .iter()
        .find(|word| !word.contains('=') && !word.starts_with('-'));
    Some(behind.unwrap_or(first))
}

struct Argument {
    text: String,
    was_quoted: bool,
}

fn split(line: &str) -> Option<Vec<Argument>> {
    let mut arguments = Vec::new();
    let mut current: Option<Argument> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if matches!(c, ' ' | '\t' | '\n') {
            arguments.extend(current.take());
            continue;
        }
        let argument = current.get_or_insert_with(|| Argument {
            text: String::new(),
            was_quoted: false,
        });
        match c {
            '"' => {
                argument.was_quoted = true;
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            escaped @ ('"' | '`' | '$' | '\\') => argument.text.push(escaped),
                            other => argument.text.extend(['\\', other]),
                        },
                        other => argument.text.push(other),
                    }
                }
            }
            '\'' => {
                argument.was_quoted = true;
                loop {
                    match chars.next()? {
                        '\'' => break,
                        other => argument.text.push(other),
                    }
                }
            }
            '\\' => argument.text.push(chars.next()?),
            other => argument.text.push(other),
        }
    }
    arguments.extend(current);
    Some(arguments)
}

/// Adds the argument with its field codes replaced; one that only consisted of dropped codes is left out.
fn expand(argument: &Argument, entry: &DesktopEntry, argv: &mut Vec<String>) -> Option<()> {
    if argument.text == "%i" {
        argv.extend(entry.icon.iter().flat_map(|icon| ["--icon".to_owned(), icon.clone()]));
        return Some(());
    }
    let mut text = String::with_capacity(argument.text.len());
    let mut chars = argument.text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            '%' => text.push('%'),
            'c' => text.push_str(&entry.name),
            'f' | 'F' | 'u' | 'U' | 'i' | 'k' | 'd' | 'D' | 'n' | 'N' | 'v' | 'm' => {}
            // "Command lines that contain a field code that is not listed are invalid and must not be processed."
            _ => return None,
        }
    }
    if !text.is_empty() || (argument.was_quoted && argument.text.is_empty()) {
        argv.push(text);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(exec: &str) -> Option<Vec<String>> {
        argv(&DesktopEntry {
            name: "My App".to_owned(),
            icon: Some("icon".to_owned()),
            exec: Some(exec.to_owned()),
            ..DesktopEntry::default()
        })
    }

    #[test]
    fn command_lines_are_split_and_filled_in() {
        for (exec, expected) in [
            ("gimp-2.10 %U", vec!["gimp-2.10"]),
            ("/usr/bin/x --new  --file=%f", vec!["/usr/bin/x", "--new", "--file="]),
            (
                r#""/opt/My App/run" "a \"b\" \$c \\" "#,
                vec!["/opt/My App/run", r#"a "b" $c \"#],
            ),
            ("x %i -t %c 100%%", vec!["x", "--icon", "icon", "-t", "My App", "100%"]),
            ("sh -c 'a \"b\" c'", vec!["sh", "-c", "a \"b\" c"]),
            ("x \"\" y", vec!["x", "", "y"]),
            ("x %F%u \"%f\"", vec!["x"]),
            (r"x a\ b", vec!["x", "a b"]),
        ] {
            assert_eq!(of(exec).unwrap(), expected, "{exec}");
        }
    }

    #[test]
    fn command_lines_that_mean_nothing_are_refused() {
        for exec in ["", "  ", "%U", "x \"open", "x 'open", "x %z", "x %", "\"\" x", "x \\"] {
            assert_eq!(of(exec), None, "{exec}");
        }
    }

    #[test]
    fn env_is_looked_through() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(program(&words("env A=1 B=2 /snap/bin/x --flag")), Some("/snap/bin/x"));
        assert_eq!(program(&words("/usr/bin/env x")), Some("x"));
        assert_eq!(program(&words("vim A=1")), Some("vim"));
        assert_eq!(program(&words("env A=1")), Some("env"));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[a-z %\"'\\\\$é=]{0,40}") {
            if let Some(argv) = of(&line) {
                prop_assert!(program(&argv).is_some());
            }
        }
    }
}
