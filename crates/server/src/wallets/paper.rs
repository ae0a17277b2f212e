//! A signed statement of a wallet as a document: what it says in words, and what was signed, inside of it.

use scrip_domain::Timestamp;
use scrip_licensing::{StatementFile, WalletStatement};

use crate::Error;
use crate::account::kind_name;
use crate::html::grouped;
use crate::pdf::{Align, Attachment, Paper};

/// The document. `seller` is what the vendor is called on bills; empty where it sells on none.
pub(super) fn write(file: &StatementFile, seller: &str) -> Result<Vec<u8>, Error> {
    let content = &file.content;
    let mut paper = Paper::new(&format!("Statement of the wallet of {}", content.email), content.iat)?;
    if !seller.is_empty() {
        paper.strong(seller);
    }
    paper.heading("Statement of a wallet");
    for (name, fact) in [
        ("Account", format!("{} ({})", content.email, content.sub)),
        ("Period", period(content)),
        ("Vendor", content.iss.clone()),
        ("Signed", minute(content.iat)),
    ] {
        paper.paragraph(&format!("{name}: {fact}"));
    }
    paper.skip(6.0);
    movements(&mut paper, content);
    paper.skip(8.0);
    paper.strong("What was signed");
    paper.paragraph(
        "This document holds the same statement with the vendor's signature, as the attached file statement.json and as lines of \
         text. What counts is what is signed, not what is printed: scrip statement verify FILE shows it, with no network and \
         without the vendor's help, and the number below with it.",
    );
    paper.paragraph(&format!("SHA-256 of the signed statement: {}", file.digest()));
    let json = serde_json::to_vec_pretty(file).map_err(|_| Error::Internal {
        operation: "write a statement",
    })?;
    paper.attach(Attachment {
        name: "statement.json",
        mime: "application/json",
        description: "The signed statement for programs",
        bytes: json,
        plain: false,
    });
    paper.attach(Attachment {
        name: "statement.txt",
        mime: "text/plain",
        description: "The signed statement between the lines that begin and end it",
        bytes: file.armored().into_bytes(),
        plain: true,
    });
    paper.finish()
}

/// `2026-01-31 14:05 UTC`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let part = |from, to| text.get(from..to).unwrap_or_default();
    format!("{} {} UTC", part(0, 10), part(11, 16))
}

fn period(content: &WalletStatement) -> String {
    let until = minute(content.until);
    match content.from {
        Timestamp::UNIX_EPOCH => format!("from the beginning until {until}"),
        from => format!("from {} until {until}", minute(from)),
    }
}

/// The balance at the beginning, each movement with the balance after it, and the balance at the end.
fn movements(paper: &mut Paper, content: &WalletStatement) {
    let tokens = |amount: i64| grouped(amount);
    let mut balance = content.opening;
    let mut rows = vec![[
        String::new(),
        "Balance at the beginning".to_owned(),
        String::new(),
        tokens(balance),
    ]];
    for entry in &content.entries {
        balance = balance.saturating_add(entry.amount);
        let what = kind_name(&entry.kind);
        let words = if entry.reason.is_empty() {
            what.to_owned()
        } else {
            format!("{what}: {}", entry.reason)
        };
        let sign = if entry.amount > 0 { "+" } else { "" };
        rows.push([
            minute(entry.at),
            words,
            format!("{sign}{}", tokens(entry.amount)),
            tokens(balance),
        ]);
    }
    rows.push([
        String::new(),
        "Balance at the end".to_owned(),
        String::new(),
        tokens(content.closing),
    ]);
    let columns = [
        ("When", 2.6, Align::Left),
        ("What", 5.4, Align::Left),
        ("Tokens", 1.4, Align::Right),
        ("Balance", 1.6, Align::Right),
    ];
    paper.table(columns, &rows);
}
