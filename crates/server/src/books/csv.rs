//! Tables as files for a spreadsheet (RFC 4180).

use scrip_store::{AccountTotal, MoneyLine, MoneyTotal};

use super::{RevenueMonth, account_name, day_name, money_account_name};

/// A file of rows; text that a spreadsheet would take for a formula is quoted as text.
pub(crate) fn write_csv<'r>(head: &[&str], rows: impl IntoIterator<Item = Vec<Cell<'r>>>) -> String {
    let mut text = head.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(Cell::write).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell of a file.
pub(crate) enum Cell<'r> {
    /// Words.
    Text(&'r str),
    /// A whole number.
    Number(i64),
}

impl Cell<'_> {
    fn write(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => {
                let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let text = if formula { format!("'{text}") } else { text.to_owned() };
                if text.contains([',', '"', '\r', '\n']) {
                    format!("\"{}\"", text.replace('"', "\"\""))
                } else {
                    text
                }
            }
        }
    }
}

/// The trial balance.
pub(super) fn accounts_csv(accounts: &[AccountTotal]) -> String {
    write_csv(
        &["account", "name", "before", "gained", "lost", "after"],
        accounts.iter().map(|total| {
            vec![
                Cell::Text(&total.account),
                Cell::Text(account_name(&total.account)),
                Cell::Number(total.before),
                Cell::Number(total.gained),
                Cell::Number(total.lost),
                Cell::Number(total.after()),
            ]
        }),
    )
}

/// Revenue by month.
pub(super) fn revenue_csv(months: &[RevenueMonth]) -> String {
    write_csv(
        &["month", "booked_tokens", "earned_tokens", "unearned_tokens"],
        months.iter().map(|month| {
            vec![
                Cell::Text(&month.month),
                Cell::Number(month.booked),
                Cell::Number(month.earned),
                Cell::Number(month.unearned),
            ]
        }),
    )
}

/// The trial balance of money; amounts in the smallest unit of their currency.
pub(super) fn money_accounts_csv(accounts: &[MoneyTotal]) -> String {
    let head = [
        "account",
        "name",
        "currency",
        "before_minor",
        "gained_minor",
        "lost_minor",
        "after_minor",
    ];
    let names: Vec<String> = accounts
        .iter()
        .map(|total| money_account_name(&total.account))
        .collect();
    let rows = accounts.iter().zip(&names).map(|(total, name)| {
        vec![
            Cell::Text(&total.account),
            Cell::Text(name),
            Cell::Text(total.before.currency.as_str()),
            Cell::Number(total.before.minor),
            Cell::Number(total.gained),
            Cell::Number(total.lost),
            Cell::Number(total.after().minor),
        ]
    });
    write_csv(&head, rows)
}

/// Money by day, what happened and account; amounts in the smallest unit of their currency.
pub(super) fn money_csv(lines: &[MoneyLine]) -> String {
    let head = ["day", "kind", "account", "currency", "minor", "moves"];
    let days: Vec<String> = lines.iter().map(|line| day_name(line.day)).collect();
    let rows = lines.iter().zip(&days).map(|(line, day)| {
        vec![
            Cell::Text(day),
            Cell::Text(&line.kind),
            Cell::Text(&line.account),
            Cell::Text(line.money.currency.as_str()),
            Cell::Number(line.money.minor),
            Cell::Number(line.moves),
        ]
    });
    write_csv(&head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_and_no_formula() {
        let text = write_csv(
            &["a", "b"],
            [
                vec![Cell::Text("=1+1"), Cell::Number(-3)],
                vec![Cell::Text("x, \"y\""), Cell::Number(4)],
            ],
        );
        assert_eq!(text, "a,b\r\n'=1+1,-3\r\n\"x, \"\"y\"\"\",4\r\n");
    }
}
