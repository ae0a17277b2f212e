//! A statement as a table: text with columns, the first line naming them (RFC 4180, with commas, semicolons or tabs).

use scrip_domain::{Currency, Money};

use super::{Line, read_day};

/// What the columns that matter are called, in small letters.
const DATE: [&str; 8] = [
    "date",
    "booking date",
    "booked",
    "value date",
    "buchungstag",
    "buchungsdatum",
    "datum",
    "valuta",
];
const AMOUNT: [&str; 4] = ["amount", "credit", "betrag", "gutschrift"];
const CURRENCY: [&str; 3] = ["currency", "währung", "waehrung"];
const PAYER: [&str; 6] = [
    "payer",
    "name",
    "counterparty",
    "auftraggeber",
    "zahlungspflichtiger",
    "beguenstigter/zahlungspflichtiger",
];
const TEXT: [&str; 6] = [
    "reference",
    "text",
    "description",
    "purpose",
    "verwendungszweck",
    "remittance",
];
const NAME: [&str; 4] = ["id", "transaction id", "bank reference", "umsatz-id"];
/// The most columns.
const COLUMNS_MAX: usize = 64;

pub(super) fn read(text: &str) -> Result<Vec<Line>, String> {
    let head = text.lines().next().unwrap_or_default();
    let count = |mark: char| head.matches(mark).count();
    let mark = [';', '\t', ',']
        .into_iter()
        .max_by_key(|mark| count(*mark))
        .unwrap_or(',');
    let mut rows = rows(text, mark)?.into_iter();
    let names: Vec<String> = rows
        .next()
        .unwrap_or_default()
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    let place = |wanted: &[&str]| {
        let mut places = wanted
            .iter()
            .filter_map(|name| names.iter().position(|known| known == name));
        places.next()
    };
    let need = |wanted: &[&str]| {
        place(wanted).ok_or_else(|| format!("no column is called {}: the first line names the columns", wanted[0]))
    };
    let (date, amount, currency, text) = (need(&DATE)?, need(&AMOUNT)?, need(&CURRENCY)?, need(&TEXT)?);
    let (payer, name) = (place(&PAYER), place(&NAME));
    let mut lines = Vec::new();
    for (at, row) in rows.enumerate() {
        let cell = |place: usize| row.get(place).map_or("", |cell| cell.trim());
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let fault = |why: String| format!("line {}: {why}", at + 2);
        let currency: Currency = cell(currency)
            .parse()
            .map_err(|why: scrip_domain::Error| fault(why.to_string()))?;
        let money = read_amount(cell(amount), currency).map_err(fault)?;
        if money.minor < 1 {
            continue;
        }
        lines.push(Line {
            booked_at: read_date(cell(date)).map_err(fault)?,
            money,
            payer: payer.map_or("", cell).to_owned(),
            text: cell(text).to_owned(),
            name: name.map_or("", cell).to_owned(),
        });
    }
    Ok(lines)
}

/// The cells of all lines. A cell in quotes may hold marks, line breaks, and quotes written twice.
fn rows(text: &str, mark: char) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(letter),
            '"' if cell.is_empty() => quoted = true,
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' => {}
            _ if letter == mark => row.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
        if row.len() > COLUMNS_MAX {
            return Err("it has more than 64 columns".to_owned());
        }
    }
    if quoted {
        return Err("it ends in the middle of a quoted text".to_owned());
    }
    row.push(cell);
    rows.push(row);
    Ok(rows)
}

/// `1234.56`, `1.234,56`, `1,234.56` or `1234`. What could be read in two ways is refused.
fn read_amount(text: &str, currency: Currency) -> Result<Money, String> {
    let refused = || {
        format!(
            "\"{}\" is not an amount of {currency}",
            text.chars().take(30).collect::<String>()
        )
    };
    let plain: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '\'')
        .collect();
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let last = digits.rfind(['.', ',']);
    let places = usize::from(currency.digits());
    let (whole, fraction) = match last {
        None => (digits, ""),
        Some(at) => {
            let (whole, fraction) = (&digits[..at], &digits[at + 1..]);
            let mark = &digits[at..=at];
            match fraction.len() {
                // One mark before three digits groups them, unless the currency has three.
                3 if places != 3 && !whole.contains(other(mark)) => (digits, ""),
                len if len <= places && len > 0 && !whole.contains(mark) => (whole, fraction),
                _ => return Err(refused()),
            }
        }
    };
    // What is left of the marks groups digits by three.
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let grouped = groups.len() == 1 || groups[1..].iter().all(|group| group.len() == 3) && !groups[0].is_empty();
    if !grouped {
        return Err(refused());
    }
    let point = if fraction.is_empty() { "" } else { "." };
    Money::parse(&format!("{sign}{}{point}{fraction}", groups.concat()), currency).map_err(|_| refused())
}

/// The mark that is not this one.
fn other(mark: &str) -> &'static str {
    if mark == "." { "," } else { "." }
}

/// `2026-01-31`, or `31.01.2026`.
fn read_date(text: &str) -> Result<scrip_domain::Timestamp, String> {
    let mut parts = text.split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(month), Some(year)) if year.len() == 4 => read_day(&format!("{year}-{month:0>2}-{day:0>2}")),
        _ => read_day(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_banks_are_read_by_the_names_of_their_columns() {
        let german = "Buchungstag;Betrag;Währung;Auftraggeber;Verwendungszweck\n\
                      01.03.2026;1.234,56;EUR;\"Müller; GmbH\";\"INV-2026-000001\nDanke\"\"!\"\"\"\n\
                      02.03.2026;-5,00;EUR;Shop;out\n\n";
        let lines = read(german).unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (lines[0].money.to_string().as_str(), lines[0].payer.as_str()),
            ("1234.56 EUR", "Müller; GmbH")
        );
        assert_eq!(lines[0].text, "INV-2026-000001\nDanke\"!\"");
        assert_eq!(lines[0].booked_at.to_string(), "2026-03-01T00:00:00Z");
        let tabs = "Date\tAmount\tCurrency\tReference\tID\r\n2026-03-01\t1500\tJPY\tx\t7\r\n";
        assert_eq!(read(tabs).unwrap()[0].money.to_string(), "1500 JPY");
    }

    #[test]
    fn amounts_are_read_in_one_way_or_refused() {
        let euro: Currency = "EUR".parse().unwrap();
        for (text, minor) in [
            ("1234.56", 123_456),
            ("1.234,56", 123_456),
            ("1,234.56", 123_456),
            ("1'234.5", 123_450),
            ("1.234", 123_400),
            ("1.234.567", 123_456_700),
            ("12", 1200),
            ("-3,10", -310),
        ] {
            assert_eq!(read_amount(text, euro).unwrap().minor, minor, "{text}");
        }
        for text in ["", "1.2345", "1.23.45", "12,34,56", "1e5", "٣", ".50.", "1.234,567"] {
            assert!(read_amount(text, euro).is_err(), "{text}");
        }
    }

    #[test]
    fn a_missing_column_and_a_bad_line_are_named() {
        assert!(read("date,amount\n").err().unwrap().contains("currency"));
        let bad = "date,amount,currency,reference\n2026-03-01,5,EUR,x\n2026-13-01,5,EUR,x\n";
        assert!(read(bad).err().unwrap().starts_with("line 3"));
        assert!(read("date,amount,currency,reference\n\"2026").is_err());
    }
}
