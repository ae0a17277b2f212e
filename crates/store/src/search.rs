//! Full-text search: the one place where the databases get different texts, because SQL has no common one.
//!
//! SQLite searches an FTS5 table, PostgreSQL a GIN index over `tsvector`. Both split words alike (letters and
//! digits, lower-cased), match the beginnings of words, and rank a name above keywords above the rest.

use scrip_domain::ProductId;

use crate::Error;
use crate::catalog::ProductListing;
use crate::db::{Database, Tx, Value, args};

/// Longer queries add cost and no precision.
const WORDS_MAX: usize = 8;
const WORD_CHARS_MAX: usize = 40;

const SQLITE_TABLES: [&str; 2] = [
    // A number of our own for each product: SQLite may renumber rows that have none when it compacts a file.
    "CREATE TABLE IF NOT EXISTS search_rows (number INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_texts USING fts5 \
     (name, keywords, summary, developer, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')",
];
const POSTGRES_TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS search_texts (product TEXT NOT NULL PRIMARY KEY, document TSVECTOR NOT NULL)",
    "CREATE INDEX IF NOT EXISTS search_texts_by_word ON search_texts USING gin (document)",
];

/// Creates the search tables where they are missing.
pub(crate) async fn prepare(database: &Database) -> Result<(), Error> {
    let mut tx = database.write().await?;
    if tx.is_postgres() {
        // Two servers that start at once would otherwise both create the table; the lock ends with the transaction.
        tx.execute("lock the search tables", "SELECT pg_advisory_xact_lock(7310570)", &[])
            .await?;
    }
    let tables = if tx.is_postgres() {
        POSTGRES_TABLES
    } else {
        SQLITE_TABLES
    };
    for table in tables {
        tx.execute("create the search tables", table, &[]).await?;
    }
    tx.commit().await
}

/// Makes a listing findable, replacing what was there.
pub(crate) async fn put(tx: &mut Tx, listing: &ProductListing) -> Result<(), Error> {
    let texts = args![
        listing.id.as_str(),
        plain(&listing.name),
        plain(&listing.keywords.join(" ")),
        plain(&listing.summary),
        plain(&listing.developer),
    ];
    if tx.is_postgres() {
        let sql = "INSERT INTO search_texts (product, document) VALUES ($1, \
                   setweight(to_tsvector('simple', $2), 'A') || setweight(to_tsvector('simple', $3), 'B') || \
                   setweight(to_tsvector('simple', $4), 'C') || setweight(to_tsvector('simple', $5), 'D')) \
                   ON CONFLICT (product) DO UPDATE SET document = excluded.document";
        return tx.execute("index a listing", sql, &texts).await.map(drop);
    }
    remove(tx, &listing.id).await?;
    let sql = "INSERT INTO search_rows (product) VALUES ($1)";
    tx.execute("index a listing", sql, &args![listing.id.as_str()]).await?;
    let sql = "INSERT INTO search_texts (rowid, name, keywords, summary, developer) \
               SELECT number, $2, $3, $4, $5 FROM search_rows WHERE product = $1";
    tx.execute("index a listing", sql, &texts).await.map(drop)
}

/// Makes a product unfindable.
pub(crate) async fn remove(tx: &mut Tx, product: &ProductId) -> Result<(), Error> {
    let id = args![product.as_str()];
    let statements: &[&str] = if tx.is_postgres() {
        &["DELETE FROM search_texts WHERE product = $1"]
    } else {
        &[
            "DELETE FROM search_texts WHERE rowid IN (SELECT number FROM search_rows WHERE product = $1)",
            "DELETE FROM search_rows WHERE product = $1",
        ]
    };
    for sql in statements {
        tx.execute("unindex a listing", sql, &id).await?;
    }
    Ok(())
}

/// What to select from, how to order it, and the values for both.
pub(crate) struct Matching {
    pub(crate) from: String,
    pub(crate) order: &'static str,
    pub(crate) values: Vec<Value>,
}

impl Matching {
    /// The products (as `p`) that match `words` and stand in `category`.
    pub(crate) fn new(tx: &Tx, words: &str, category: Option<&str>) -> Self {
        let words = split_words(words, WORDS_MAX);
        let mut values = Vec::new();
        let mut conditions = vec!["NOT p.removed".to_owned()];
        let (mut from, order) = if words.is_empty() {
            ("products p".to_owned(), "p.sort_key, p.id")
        } else if tx.is_postgres() {
            let query: Vec<_> = words.iter().map(|word| format!("{word}:*")).collect();
            values.push(Value::from(query.join(" & ")));
            conditions.push("s.document @@ to_tsquery('simple', $1)".to_owned());
            (
                "search_texts s JOIN products p ON p.id = s.product".to_owned(),
                "ts_rank_cd(s.document, to_tsquery('simple', $1)) DESC, p.sort_key, p.id",
            )
        } else {
            let query: Vec<_> = words.iter().map(|word| format!("\"{word}\"*")).collect();
            values.push(Value::from(query.join(" ")));
            conditions.push("search_texts MATCH $1".to_owned());
            (
                "search_texts JOIN search_rows r ON r.number = search_texts.rowid JOIN products p ON p.id = r.product"
                    .to_owned(),
                "bm25(search_texts, 10.0, 4.0, 2.0, 1.0), p.sort_key, p.id",
            )
        };
        if let Some(category) = category {
            values.push(Value::from(category));
            from.push_str(" JOIN product_categories c ON c.product = p.id");
            conditions.push(format!("c.category = ${}", values.len()));
        }
        Self {
            from: format!("{from} WHERE {}", conditions.join(" AND ")),
            order,
            values,
        }
    }
}

/// Letters and digits, lower-cased; everything else separates words. Those after the first `most` are left out.
pub(crate) fn split_words(text: &str, most: usize) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(most)
        .map(|word| word.chars().take(WORD_CHARS_MAX).flat_map(char::to_lowercase).collect())
        .collect()
}

/// The words of a text as both databases shall see them.
fn plain(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_nothing_that_a_query_language_reads() {
        assert_eq!(
            split_words("Vec-tor \"OR\" a*b:c & drop", WORDS_MAX),
            ["vec", "tor", "or", "a", "b", "c", "drop"]
        );
        assert_eq!(split_words("  ", WORDS_MAX).len(), 0);
        assert_eq!(split_words(&"a ".repeat(50), WORDS_MAX).len(), WORDS_MAX);
    }
}
