//! The words of each account's address and name, so that operators find it by their beginnings, however many there are.
//!
//! Words are bytes, because databases order texts differently. Whoever changes an address or a name calls [`put`].

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::Error;
use crate::db::{Database, Tx, Value, args};
use crate::search::split_words;

/// The most words of one account.
const WORDS_MAX: usize = 16;
/// Accounts that are written at once when the words are made for the first time.
const PAGE: i64 = 1000;
/// The newest accounts, which are looked at one by one: a word that every fiftieth has fills a page from them.
const NEWEST: i64 = 2000;
/// Beyond so many accounts, one word is as common as another.
const COMMON: i64 = 1000;

/// Writes the words of an account anew; none of one that was erased.
pub(crate) async fn put(tx: &mut Tx, user: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM user_words WHERE user_id = $1";
    tx.execute("forget an account's words", sql, &args![user]).await?;
    let sql = "SELECT id, email, name FROM users WHERE id = $1 AND erased_at IS NULL";
    let found = tx
        .rows::<(Uuid, String, String)>("read an account", sql, &args![user])
        .await?;
    insert(tx, &found).await
}

/// Makes the words of accounts that are older than this table. One server does it, and others wait for it.
pub(crate) async fn prepare(database: &Database) -> Result<(), Error> {
    let sql = "SELECT id FROM user_words_missing";
    if database.rows::<(i64,)>("look for words", sql, &[]).await?.is_empty() {
        return Ok(());
    }
    let mut tx = database.write().await?;
    tx.execute("make words", "DELETE FROM user_words_missing", &[]).await?;
    tx.execute("make words", "DELETE FROM user_words", &[]).await?;
    let sql = "SELECT id, email, name FROM users WHERE id > $1 AND erased_at IS NULL ORDER BY id LIMIT $2";
    let mut after = Uuid::nil();
    loop {
        let found = tx
            .rows::<(Uuid, String, String)>("read accounts", sql, &args![after, PAGE])
            .await?;
        let Some((last, ..)) = found.last() else { break };
        after = *last;
        insert(&mut tx, &found).await?;
    }
    tx.commit().await
}

async fn insert(tx: &mut Tx, accounts: &[(Uuid, String, String)]) -> Result<(), Error> {
    let mut values: Vec<Value> = Vec::new();
    for (user, email, name) in accounts {
        let words: BTreeSet<String> = split_words(email, WORDS_MAX)
            .into_iter()
            .chain(split_words(name, WORDS_MAX))
            .collect();
        for word in words {
            values.extend(args![*user, word.into_bytes()]);
        }
    }
    let sql = "INSERT INTO user_words (user_id, word) {rows}";
    for chunk in values.chunks(2 * 1000) {
        tx.execute_each("write an account's words", sql, 2, chunk).await?;
    }
    Ok(())
}

/// The bytes from which, and below which, a word is that begins with this one.
fn range(word: &str) -> [Value; 2] {
    let mut end = word.as_bytes().to_vec();
    // No byte of UTF-8 is 255.
    end.push(0xff);
    args![word.as_bytes().to_vec(), end]
}

/// Up to `limit` accounts that have every word of `words`, at least its beginning; the newest first, older than `before`.
///
/// Costs about the same for a common word as for a rare one: the newest accounts are looked at one by one, and where they
/// do not fill the page, the words are so rare that all who have the rarest of them are few.
pub(crate) async fn find(tx: &mut Tx, words: &str, before: Uuid, limit: i64) -> Result<Vec<Uuid>, Error> {
    let words = split_words(words, WORDS_MAX);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = args![before, limit].to_vec();
    let mut conditions = Vec::new();
    for word in &words {
        let first = values.len() + 1;
        values.extend(range(word));
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM user_words x WHERE x.user_id = u.id AND x.word >= ${first} AND x.word < ${})",
            first + 1
        ));
    }
    let has_all = conditions.join(" AND ");
    let sql = format!(
        "SELECT u.id FROM (SELECT id FROM users WHERE id < $1 ORDER BY id DESC LIMIT {NEWEST}) AS u \
         WHERE {has_all} ORDER BY u.id DESC LIMIT $2"
    );
    let newest = tx.rows::<(Uuid,)>("search new accounts", &sql, &values).await?;
    if i64::try_from(newest.len()).unwrap_or(i64::MAX) >= limit {
        return Ok(newest.into_iter().map(|(id,)| id).collect());
    }
    let rarest = rarest(tx, &words).await?;
    let (first, end) = (3 + 2 * rarest, 4 + 2 * rarest);
    let sql = format!(
        "SELECT u.id FROM (SELECT DISTINCT user_id AS id FROM user_words \
         WHERE word >= ${first} AND word < ${end} AND user_id < $1) AS u WHERE {has_all} ORDER BY u.id DESC LIMIT $2"
    );
    let found = tx.rows::<(Uuid,)>("search accounts", &sql, &values).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Which of the words the fewest accounts have.
async fn rarest(tx: &mut Tx, words: &[String]) -> Result<usize, Error> {
    let sql = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT user_id FROM user_words WHERE word >= $1 AND word < $2 LIMIT {COMMON}) AS w"
    );
    let (mut rarest, mut least) = (0, i64::MAX);
    for (at, word) in words.iter().enumerate() {
        let found = tx.row::<(i64,)>("count accounts", &sql, &range(word)).await?;
        let count = found.map_or(0, |(count,)| count);
        if count < least {
            (rarest, least) = (at, count);
        }
    }
    Ok(rarest)
}
