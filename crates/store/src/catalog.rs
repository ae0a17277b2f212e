//! Writing the catalog: listings, offers and artifacts.

use std::collections::{BTreeSet, HashMap};

use scrip_domain::{ArtifactKind, Offers, Platform, Policy, ProductId, Sale, Sha256, Timestamp, Version};
use serde::Serialize;

use crate::acts::{Act, log_act};
use crate::db::{Tx, Value, args, list_text};
use crate::desk::remember_offers;
use crate::ledger::retrying;
use crate::{Error, Store, search};

/// How many listings are compared and written by one statement.
const CHUNK: usize = 100;

/// A product as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductListing {
    /// The product's id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// One sentence about it; searched.
    pub summary: String,
    /// Its developer; searched.
    pub developer: String,
    /// Words that people search for.
    pub keywords: Vec<String>,
    /// Its categories.
    pub categories: Vec<String>,
    /// Its offers.
    pub offers: Offers,
    /// What holds for all its licenses.
    pub policy: Policy,
    /// What a list shows of it: a JSON document that the store does not read.
    pub entry: String,
    /// What only its page shows: a JSON document that the store does not read.
    pub detail: String,
}

/// A product as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProduct {
    /// The product's id.
    pub id: ProductId,
    /// What a list shows of it.
    pub entry: String,
    /// What only its page shows; empty where a list was asked for.
    pub detail: String,
    /// Its offers.
    pub offers: Offers,
    /// What holds for all its licenses.
    pub policy: Policy,
    /// The files that install it.
    pub artifacts: Vec<ArtifactRow>,
    /// The catalog's revision in which it last changed.
    pub revision: i64,
}

/// A file that installs a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRow {
    /// The product.
    pub product: ProductId,
    /// The file's digest.
    pub sha256: Sha256,
    /// The file's size in bytes.
    pub size: u64,
    /// The file's name, without a folder.
    pub file_name: String,
    /// How it is packaged.
    pub kind: ArtifactKind,
    /// What it runs on.
    pub platform: Platform,
    /// The version that it installs.
    pub version: Version,
}

/// A file to publish.
pub type NewArtifact = ArtifactRow;

impl Store {
    /// Lists products, replacing what was listed under their ids. Answers how many were new or changed.
    ///
    /// All or nothing; a listing that stays as it was keeps its revision. Linear in the number of listings.
    pub async fn put_products(&self, listings: &[ProductListing]) -> Result<usize, Error> {
        retrying!("list products", {
            let mut tx = self.database.write().await?;
            let before = lock_revision(&mut tx).await?;
            let mut revision = before;
            for chunk in listings.chunks(CHUNK) {
                put_chunk(&mut tx, chunk, &mut revision, self.clock.now()).await?;
            }
            if revision > before {
                write_revision(&mut tx, revision).await?;
                tx.commit().await?;
            }
            Ok(usize::try_from(revision - before).unwrap_or(usize::MAX))
        })
    }

    /// Takes a product off the catalog. Licenses of it stay as they are. Answers whether it was listed.
    pub async fn unlist_product(&self, product: &ProductId, act: &Act<'_>) -> Result<bool, Error> {
        retrying!("unlist a product", {
            let mut tx = self.database.write().await?;
            let revision = lock_revision(&mut tx).await? + 1;
            let sql = "UPDATE products SET removed = TRUE, revision = $2 WHERE id = $1 AND NOT removed";
            let found = tx
                .execute("unlist a product", sql, &args![product.as_str(), revision])
                .await?
                == 1;
            if found {
                search::remove(&mut tx, product).await?;
                log_act(&mut tx, act, self.clock.now()).await?;
                write_revision(&mut tx, revision).await?;
                tx.commit().await?;
            }
            Ok(found)
        })
    }

    /// Publishes a file of a listed product; publishing the same file again changes nothing.
    pub async fn put_artifact(&self, artifact: &NewArtifact) -> Result<(), Error> {
        retrying!("publish a file", {
            let mut tx = self.database.write().await?;
            let revision = lock_revision(&mut tx).await? + 1;
            write_revision(&mut tx, revision).await?;
            let sql = "UPDATE products SET revision = $2 WHERE id = $1 AND NOT removed";
            if tx
                .execute("change a listing", sql, &args![artifact.product.as_str(), revision])
                .await?
                == 0
            {
                return Err(scrip_domain::Error::ProductNotFound {
                    product: artifact.product.clone(),
                }
                .into());
            }
            let sql = "INSERT INTO artifacts (sha256, product, size, file_name, kind, os, arch, version, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                       ON CONFLICT (product, sha256) DO UPDATE SET file_name = excluded.file_name, kind = excluded.kind, \
                       os = excluded.os, arch = excluded.arch, version = excluded.version";
            let values = args![
                artifact.sha256.0.to_vec(),
                artifact.product.as_str(),
                i64::try_from(artifact.size).unwrap_or(i64::MAX),
                artifact.file_name.as_str(),
                text_of(&artifact.kind),
                artifact.platform.os.as_str(),
                artifact.platform.arch.as_str(),
                artifact.version.as_str(),
                self.clock.now(),
            ];
            tx.execute("publish a file", sql, &values).await?;
            tx.commit().await
        })
    }
}

/// The catalog's revision. Concurrent writers of the catalog wait for each other here.
///
/// Every change of a product takes the next number, so that clients page through changes by it alone.
pub(crate) async fn lock_revision(tx: &mut Tx) -> Result<i64, Error> {
    let sql = "UPDATE catalog SET revision = revision WHERE id = 1 RETURNING revision";
    let (revision,) = tx
        .row::<(i64,)>("read the catalog's revision", sql, &[])
        .await?
        .ok_or_else(|| Error::Corrupt {
            table: "catalog",
            id: "1".to_owned(),
            why: "the row is missing".to_owned(),
        })?;
    Ok(revision)
}

pub(crate) async fn write_revision(tx: &mut Tx, revision: i64) -> Result<(), Error> {
    let sql = "UPDATE catalog SET revision = $1 WHERE id = 1";
    tx.execute("count the catalog's revision", sql, &args![revision])
        .await
        .map(drop)
}

/// How a listing is sold, as its columns have it.
struct SaleText {
    offers: String,
    policy: String,
}

impl SaleText {
    fn of(listing: &ProductListing) -> Self {
        Self {
            offers: text_of(&listing.offers),
            policy: text_of(&listing.policy),
        }
    }
}

async fn put_chunk(tx: &mut Tx, chunk: &[ProductListing], revision: &mut i64, now: Timestamp) -> Result<(), Error> {
    let sql = format!(
        "SELECT id, entry, detail, offers, policy FROM products WHERE NOT removed AND id IN ({})",
        list_text(chunk.len(), 1)
    );
    let ids: Vec<Value> = chunk.iter().map(|listing| Value::from(listing.id.as_str())).collect();
    let rows = tx
        .rows::<(String, String, String, String, String)>("compare listings", &sql, &ids)
        .await?;
    let stored: HashMap<String, [String; 4]> = rows
        .into_iter()
        .map(|(id, entry, detail, offers, policy)| (id, [entry, detail, offers, policy]))
        .collect();
    let changed: Vec<(&ProductListing, SaleText)> = chunk
        .iter()
        .map(|listing| (listing, SaleText::of(listing)))
        .filter(|(listing, sale)| {
            let wanted = [&listing.entry, &listing.detail, &sale.offers, &sale.policy];
            stored
                .get(listing.id.as_str())
                .is_none_or(|stored| stored.each_ref() != wanted)
        })
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let repriced: Vec<(&ProductId, i64, &str)> = changed
        .iter()
        .zip(*revision + 1..)
        .filter(|((listing, sale), _)| {
            let before = stored.get(listing.id.as_str()).map(|[_, _, offers, _]| offers);
            before != Some(&sale.offers)
        })
        .map(|((listing, sale), revision)| (&listing.id, revision, sale.offers.as_str()))
        .collect();
    remember_offers(tx, &repriced, now).await?;
    write_listings(tx, &changed, revision).await?;
    write_categories(tx, &changed).await?;
    for (listing, _) in &changed {
        search::put(tx, listing).await?;
    }
    Ok(())
}

async fn write_listings(tx: &mut Tx, changed: &[(&ProductListing, SaleText)], revision: &mut i64) -> Result<(), Error> {
    let values: Vec<Value> = changed
        .iter()
        .flat_map(|(listing, sale)| {
            *revision += 1;
            args![
                listing.id.as_str(),
                listing.name.as_str(),
                listing.entry.as_str(),
                listing.detail.as_str(),
                sale.offers.as_str(),
                sale.policy.as_str(),
                listing.name.to_lowercase(),
                false,
                *revision,
            ]
        })
        .collect();
    let sql = "INSERT INTO products (id, name, entry, detail, offers, policy, sort_key, removed, revision) {rows} \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, entry = excluded.entry, detail = excluded.detail, \
         offers = excluded.offers, policy = excluded.policy, sort_key = excluded.sort_key, removed = excluded.removed, revision = excluded.revision";
    tx.execute_each("write listings", sql, 9, &values).await.map(drop)
}

async fn write_categories(tx: &mut Tx, changed: &[(&ProductListing, SaleText)]) -> Result<(), Error> {
    let ids: Vec<Value> = changed
        .iter()
        .map(|(listing, _)| Value::from(listing.id.as_str()))
        .collect();
    let sql = format!(
        "DELETE FROM product_categories WHERE product IN ({})",
        list_text(ids.len(), 1)
    );
    tx.execute("replace categories", &sql, &ids).await?;
    let pairs: BTreeSet<(&str, &str)> = changed
        .iter()
        .flat_map(|(listing, _)| {
            listing
                .categories
                .iter()
                .map(|category| (category.as_str(), listing.id.as_str()))
        })
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let values: Vec<Value> = pairs
        .iter()
        .flat_map(|(category, product)| args![*category, *product])
        .collect();
    let sql = "INSERT INTO product_categories (category, product) {rows}";
    tx.execute_each("write categories", sql, 2, &values).await.map(drop)
}

/// How some products are sold today; those that are not listed are left out.
pub(crate) async fn find_sales(
    tx: &mut Tx,
    products: impl Iterator<Item = &ProductId>,
) -> Result<HashMap<ProductId, Sale>, Error> {
    let wanted: BTreeSet<&str> = products.map(ProductId::as_str).collect();
    let sql =
        "SELECT p.id, p.offers, p.policy FROM ({rows}) AS v JOIN products p ON p.id = v.column1 WHERE NOT p.removed";
    let values: Vec<Value> = wanted.into_iter().map(Value::from).collect();
    let rows = tx
        .rows_of_each::<(String, String, String)>("read offers", sql, 1, &values)
        .await?;
    rows.into_iter()
        .map(|(id, offers, policy)| {
            let id = read_id(&id)?;
            let sale = read_sale(&id, &offers, &policy)?;
            Ok((id, sale))
        })
        .collect()
}

/// How a product is sold, as its columns have it.
pub(crate) fn read_sale(product: &ProductId, offers: &str, policy: &str) -> Result<Sale, Error> {
    Ok(Sale {
        offers: read_json("products", product.as_str(), offers)?,
        policy: read_json("products", product.as_str(), policy)?,
    })
}

pub(crate) fn read_id(id: &str) -> Result<ProductId, Error> {
    id.parse().map_err(|why: scrip_domain::Error| Error::Corrupt {
        table: "products",
        id: id.to_owned(),
        why: why.to_string(),
    })
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(table: &'static str, id: &str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|why| Error::Corrupt {
        table,
        id: id.to_owned(),
        why: why.to_string(),
    })
}

/// The JSON text of a plain value: text, integers and enums always serialise.
pub(crate) fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
