//! Desktop entries (freedesktop.org Desktop Entry Specification 1.5).

use std::path::Path;

use scrip_domain::ProductId;

/// A larger file is not a desktop entry.
pub(crate) const ENTRY_BYTES_MAX: u64 = 256 * 1024;

/// The key that marks the entries made here.
const MARK: &str = "X-Scrip-Product";

/// What an entry says.
pub(crate) struct Entry<'a> {
    pub(crate) product: &'a ProductId,
    pub(crate) name: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) command: &'a Path,
    /// The field code of what the program opens: `%f`, `%F`, `%u` or `%U`.
    pub(crate) takes: Option<&'a str>,
    pub(crate) icon: Option<&'a Path>,
    pub(crate) categories: &'a [String],
    pub(crate) terminal: bool,
}

/// The text of an entry.
pub(crate) fn entry(entry: &Entry<'_>) -> String {
    let command = entry.command.display().to_string();
    let mut exec = escape(&quote(&command));
    if let Some(takes) = entry.takes {
        exec.push(' ');
        exec.push_str(takes);
    }
    let mut lines = vec![
        "[Desktop Entry]".to_owned(),
        "Type=Application".to_owned(),
        "Version=1.5".to_owned(),
        format!("Name={}", escape(entry.name)),
    ];
    if !entry.summary.is_empty() {
        lines.push(format!("Comment={}", escape(entry.summary)));
    }
    lines.push(format!("Exec={exec}"));
    lines.push(format!("TryExec={}", escape(&command)));
    if let Some(icon) = entry.icon {
        lines.push(format!("Icon={}", escape(&icon.display().to_string())));
    }
    lines.push(format!("Terminal={}", entry.terminal));
    let plain = |category: &&String| category.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let categories: Vec<_> = entry
        .categories
        .iter()
        .filter(plain)
        .map(|category| format!("{category};"))
        .collect();
    if !categories.is_empty() {
        lines.push(format!("Categories={}", categories.concat()));
    }
    lines.push(format!("{MARK}={}", entry.product));
    lines.join("\n") + "\n"
}

/// Whether `text` is an entry that was made here for `product`.
pub(crate) fn is_of(text: &str, product: &ProductId) -> bool {
    text.lines()
        .any(|line| line.strip_prefix(MARK).and_then(|rest| rest.strip_prefix('=')) == Some(product.as_str()))
}

/// What an entry made by others says of starting its program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The command and its arguments, without field codes.
    pub(crate) command: Vec<String>,
    /// The field code of what the program opens.
    pub(crate) takes: Option<String>,
    pub(crate) icon: Option<String>,
    pub(crate) terminal: bool,
    /// Whether it is meant for menus.
    pub(crate) shown: bool,
}

/// Reads an entry; none where it starts nothing.
pub(crate) fn parse(text: &str) -> Option<Parsed> {
    let mut parsed = Parsed {
        shown: true,
        ..Parsed::default()
    };
    let mut in_group = false;
    for line in text.lines() {
        if line.starts_with('[') {
            in_group = line.trim() == "[Desktop Entry]";
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| in_group) else {
            continue;
        };
        let value = value.trim();
        match key.trim() {
            "Exec" => (parsed.command, parsed.takes) = split_exec(&unescape(value)),
            "Icon" => parsed.icon = Some(unescape(value)),
            "Terminal" => parsed.terminal = value == "true",
            "NoDisplay" | "Hidden" => parsed.shown &= value != "true",
            "Type" => parsed.shown &= value == "Application",
            _ => {}
        }
    }
    (!parsed.command.is_empty()).then_some(parsed)
}

/// One argument, as the specification's section "The Exec key" quotes it.
fn quote(argument: &str) -> String {
    let argument = argument.replace('%', "%%");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,%~".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) && !argument.starts_with('~') {
        return argument;
    }
    let mut quoted = String::from("\"");
    for c in argument.chars() {
        if matches!(c, '"' | '`' | '$' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A value of the type string: one line, whatever it holds.
fn escape(value: &str) -> String {
    let mut escaped = String::new();
    for c in value.chars() {
        match c {
            '\\' => escaped.push_str(r"\\"),
            '\n' => escaped.push_str(r"\n"),
            '\r' => escaped.push_str(r"\r"),
            '\t' => escaped.push_str(r"\t"),
            ' ' if escaped.is_empty() => escaped.push_str(r"\s"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn unescape(value: &str) -> String {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('s') => text.push(' '),
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            (c, false) => text.push(c),
        }
    }
    text
}

/// The arguments of an Exec key without its field codes, and the code of what the program opens.
fn split_exec(exec: &str) -> (Vec<String>, Option<String>) {
    let (mut arguments, mut takes) = (Vec::new(), None);
    let mut chars = exec.chars().peekable();
    while chars.peek().is_some() {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let (mut argument, mut quoted, mut any) = (String::new(), false, false);
        while let Some(c) = chars.next_if(|c| quoted || !c.is_whitespace()) {
            any = true;
            match c {
                '"' => quoted = !quoted,
                '\\' if quoted => argument.extend(chars.next()),
                c => argument.push(c),
            }
        }
        match argument.as_str() {
            "%f" | "%F" | "%u" | "%U" => takes = Some(argument),
            code if code.len() == 2 && code.starts_with('%') && code != "%%" => {}
            _ if any => arguments.push(argument.replace("%%", "%")),
            _ => {}
        }
    }
    (arguments, takes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec_of(path: &str) -> String {
        let product = "org.example.App".parse().unwrap();
        let text = entry(&Entry {
            product: &product,
            name: "App\nExec=/bin/evil",
            summary: "  spaced",
            command: Path::new(path),
            takes: Some("%U"),
            icon: None,
            categories: &["Game".to_owned(), "Bad;\nX".to_owned()],
            terminal: false,
        });
        assert!(is_of(&text, &product));
        assert!(text.contains("Categories=Game;\n") && text.contains("Comment=\\s spaced\n"));
        let execs: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("Exec=")).collect();
        assert_eq!(execs.len(), 1, "{text}");
        let parsed = parse(&text).unwrap();
        assert_eq!(parsed.command, [path], "{text}");
        assert_eq!(parsed.takes.as_deref(), Some("%U"));
        execs[0].to_owned()
    }

    #[test]
    fn commands_are_quoted_as_the_specification_asks() {
        assert_eq!(exec_of("/opt/app/run"), "/opt/app/run %U");
        assert_eq!(exec_of("/home/a b/100%/run"), "\"/home/a b/100%%/run\" %U");
        // The quote's own backslash is escaped once more by the rules of the type string.
        assert_eq!(exec_of("/x/$HOME/`y`\"\\"), r#""/x/\\$HOME/\\`y\\`\\"\\\\" %U"#);
    }

    #[test]
    fn entries_of_others_are_read() {
        let text = "[Desktop Entry]\nType=Application\nExec=env A=1 \"my app\" --new %F %i\nIcon=app\nTerminal=true\n\
            [Desktop Action x]\nExec=other\n";
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.command, ["env", "A=1", "my app", "--new"]);
        assert_eq!(
            (parsed.takes.as_deref(), parsed.icon.as_deref()),
            (Some("%F"), Some("app"))
        );
        assert!(parsed.terminal && parsed.shown);
        assert!(parse("[Desktop Entry]\nType=Link\n").is_none());
    }
}
