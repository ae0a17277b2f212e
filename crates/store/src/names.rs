//! What people call products. Rows hold ids; whatever a person reads has names.

use std::collections::{BTreeSet, HashMap};

use scrip_domain::ProductId;

use crate::catalog::read_id;
use crate::db::{Tx, Value};
use crate::{Error, Store};

/// The names of some products, those that are sold no more among them.
#[derive(Clone, Debug, Default)]
pub struct ProductNames(HashMap<ProductId, String>);

impl ProductNames {
    /// What the product is called; its id where the catalog never had it.
    pub fn of<'n>(&'n self, product: &'n ProductId) -> &'n str {
        self.0.get(product).map_or(product.as_str(), String::as_str)
    }

    /// Reads them with one statement.
    pub(crate) async fn read<'p>(tx: &mut Tx, products: impl Iterator<Item = &'p ProductId>) -> Result<Self, Error> {
        let wanted: BTreeSet<&str> = products.map(ProductId::as_str).collect();
        if wanted.is_empty() {
            return Ok(Self::default());
        }
        let sql = "SELECT p.id, p.name FROM ({rows}) AS v JOIN products p ON p.id = v.column1";
        let values: Vec<Value> = wanted.into_iter().map(Value::from).collect();
        let rows = tx
            .rows_of_each::<(String, String)>("read names of products", sql, 1, &values)
            .await?;
        rows.into_iter()
            .map(|(id, name)| Ok((read_id(&id)?, name)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Reads those of every product whose id is a word of one of `texts`, with one statement.
    pub(crate) async fn read_words(tx: &mut Tx, texts: impl Iterator<Item = &str>) -> Result<Self, Error> {
        let words: BTreeSet<ProductId> = texts.flat_map(words).filter_map(|word| word.parse().ok()).collect();
        Self::read(tx, words.iter()).await
    }

    /// `text` with the names of products where its words are their ids.
    pub(crate) fn put_into(&self, text: &str) -> String {
        let word = |word: &str| {
            let bare = word.trim_end_matches(',');
            let name = bare.parse().ok().and_then(|id: ProductId| self.0.get(&id));
            name.map_or_else(|| word.to_owned(), |name| format!("{name}{}", &word[bare.len()..]))
        };
        let named: Vec<String> = text.split(' ').map(word).collect();
        named.join(" ")
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').map(|word| word.trim_end_matches(','))
}

/// What one product is called; its id where the catalog never had it.
pub(crate) async fn name_of(tx: &mut Tx, product: &ProductId) -> Result<String, Error> {
    let names = ProductNames::read(tx, std::iter::once(product)).await?;
    Ok(names.of(product).to_owned())
}

impl Store {
    /// What some products are called, by one statement however many they are.
    pub async fn product_names(&self, products: impl Iterator<Item = &ProductId>) -> Result<ProductNames, Error> {
        ProductNames::read(&mut self.database.read().await?, products).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_ids_become_names_and_the_rest_stays() {
        let known = [("org.example.Editor", "Editor"), ("org.example.Draw", "Draw Well")];
        let names = known.map(|(id, name)| (id.parse().unwrap(), name.to_owned()));
        let names = ProductNames(names.into_iter().collect());
        for (text, named) in [
            ("org.example.Editor, org.example.Draw", "Editor, Draw Well"),
            ("Gift given back: org.example.Draw", "Gift given back: Draw Well"),
            ("org.example.Other taken back", "org.example.Other taken back"),
            (
                "two  blanks, and org.example.Editors",
                "two  blanks, and org.example.Editors",
            ),
        ] {
            assert_eq!(names.put_into(text), named);
        }
    }
}
