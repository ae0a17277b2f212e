//! Reading the catalog.

use std::collections::HashMap;

use scrip_domain::{Platform, ProductId, Sha256, Version};

use crate::catalog::{ArtifactRow, ListedProduct, read_id, read_json};
use crate::db::{Tx, Value, args, list_text};
use crate::{Error, Store, search};

/// A part of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogPage {
    /// The products.
    pub items: Vec<ListedProduct>,
    /// How many products match in all.
    pub total: u64,
    /// Where the next page starts; `None` on the last one.
    pub next_offset: Option<u64>,
}

/// What changed in the catalog since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Products that are new or changed, the oldest change first.
    pub items: Vec<ListedProduct>,
    /// Products that left the catalog.
    pub removed: Vec<ProductId>,
    /// The revision after these changes: where to continue.
    pub revision: i64,
    /// Whether more changes wait.
    pub more: bool,
}

type ProductFields = (String, String, String, String, String, i64);
const COLUMNS: &str = "p.id, p.entry, p.detail, p.offers, p.policy, p.revision";

impl Store {
    /// The listed product with this id.
    pub async fn product(&self, id: &ProductId) -> Result<ListedProduct, Error> {
        let mut tx = self.database.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM products p WHERE p.id = $1 AND NOT p.removed");
        let rows = tx
            .rows::<ProductFields>("read a product", &sql, &args![id.as_str()])
            .await?;
        let found = with_artifacts(&mut tx, rows).await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| scrip_domain::Error::ProductNotFound { product: id.clone() }.into())
    }

    /// Products that match all `words` (the beginnings of words count), best first; by name where there are none.
    pub async fn products(
        &self,
        words: &str,
        category: Option<&str>,
        offset: u64,
        limit: u64,
    ) -> Result<CatalogPage, Error> {
        let mut tx = self.database.read().await?;
        let matching = search::Matching::new(&tx, words, category);
        let sql = format!("SELECT COUNT(*) FROM {}", matching.from);
        let (total,) = tx
            .row::<(i64,)>("count products", &sql, &matching.values)
            .await?
            .unwrap_or((0,));
        let mut values = matching.values.clone();
        values.extend(args![
            i64::try_from(limit).unwrap_or(i64::MAX),
            i64::try_from(offset).unwrap_or(i64::MAX)
        ]);
        let sql = format!(
            "SELECT p.id, p.entry, '', p.offers, p.policy, p.revision FROM {} ORDER BY {} LIMIT ${} OFFSET ${}",
            matching.from,
            matching.order,
            values.len() - 1,
            values.len(),
        );
        let rows = tx.rows::<ProductFields>("list products", &sql, &values).await?;
        let items = with_artifacts(&mut tx, rows).await?;
        let (total, end) = (
            u64::try_from(total).unwrap_or(0),
            offset.saturating_add(items.len() as u64),
        );
        Ok(CatalogPage {
            next_offset: (end < total && !items.is_empty()).then_some(end),
            items,
            total,
        })
    }

    /// The catalog's present revision.
    pub async fn catalog_revision(&self) -> Result<i64, Error> {
        let rows = self
            .database
            .rows::<(i64,)>(
                "read the catalog's revision",
                "SELECT revision FROM catalog WHERE id = 1",
                &[],
            )
            .await?;
        Ok(rows.first().map_or(0, |(revision,)| *revision))
    }

    /// Up to `limit` changes after revision `since`, the oldest first.
    pub async fn catalog_changes(&self, since: i64, limit: u64) -> Result<Changes, Error> {
        type Found = (String, String, String, String, i64, bool);
        let mut tx = self.database.read().await?;
        let sql = "SELECT revision FROM catalog WHERE id = 1";
        let (newest,) = tx
            .row::<(i64,)>("read the catalog's revision", sql, &[])
            .await?
            .unwrap_or((0,));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX - 1);
        let sql = "SELECT p.id, p.entry, p.offers, p.policy, p.revision, p.removed FROM products p \
                   WHERE p.revision > $1 ORDER BY p.revision LIMIT $2";
        let mut rows = tx.rows::<Found>("read changes", sql, &args![since, limit + 1]).await?;
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let revision = rows
            .last()
            .filter(|_| more)
            .map_or(newest, |(.., revision, _)| *revision);
        let (mut removed, mut kept) = (Vec::new(), Vec::new());
        for (id, entry, offers, policy, revision, gone) in rows {
            if gone {
                removed.push(read_id(&id)?);
            } else {
                kept.push((id, entry, String::new(), offers, policy, revision));
            }
        }
        let items = with_artifacts(&mut tx, kept).await?;
        Ok(Changes {
            items,
            removed,
            revision,
            more,
        })
    }

    /// Every category with the number of its products, the largest first.
    pub async fn categories(&self) -> Result<Vec<(String, u64)>, Error> {
        let sql = "SELECT c.category, COUNT(*) FROM product_categories c JOIN products p ON p.id = c.product \
                   WHERE NOT p.removed GROUP BY c.category ORDER BY COUNT(*) DESC, c.category";
        let rows = self
            .database
            .rows::<(String, i64)>("count categories", sql, &[])
            .await?;
        Ok(rows
            .into_iter()
            .map(|(category, count)| (category, u64::try_from(count).unwrap_or(0)))
            .collect())
    }

    /// Every product that the file with this digest installs.
    pub async fn artifacts(&self, sha256: &Sha256) -> Result<Vec<ArtifactRow>, Error> {
        let mut tx = self.database.read().await?;
        let sql = format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE sha256 = $1");
        tx.rows::<ArtifactFields>("find a file", &sql, &args![sha256.0.to_vec()])
            .await?
            .into_iter()
            .map(read_artifact)
            .collect()
    }
}

type ArtifactFields = (Vec<u8>, String, i64, String, String, String, String, String);
const ARTIFACT_COLUMNS: &str = "sha256, product, size, file_name, kind, os, arch, version";

fn read_artifact(fields: ArtifactFields) -> Result<ArtifactRow, Error> {
    let (sha256, product, size, file_name, kind, os, arch, version) = fields;
    let corrupt = |why: &str| Error::Corrupt {
        table: "artifacts",
        id: file_name.clone(),
        why: why.to_owned(),
    };
    Ok(ArtifactRow {
        sha256: Sha256(sha256.try_into().map_err(|_| corrupt("the digest is not 32 bytes"))?),
        product: read_id(&product)?,
        size: u64::try_from(size).map_err(|_| corrupt("the size is negative"))?,
        kind: read_json("artifacts", &file_name, &kind)?,
        platform: Platform { os, arch },
        version: Version::new(&version),
        file_name,
    })
}

/// Adds the files of each product, read by one statement.
async fn with_artifacts(tx: &mut Tx, rows: Vec<ProductFields>) -> Result<Vec<ListedProduct>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut files: HashMap<ProductId, Vec<ArtifactRow>> = HashMap::new();
    for chunk in rows.chunks(500) {
        let sql = format!(
            "SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE product IN ({}) ORDER BY created_at DESC, file_name",
            list_text(chunk.len(), 1)
        );
        let ids: Vec<Value> = chunk.iter().map(|(id, ..)| Value::from(id.as_str())).collect();
        for fields in tx.rows::<ArtifactFields>("read files", &sql, &ids).await? {
            let artifact = read_artifact(fields)?;
            files.entry(artifact.product.clone()).or_default().push(artifact);
        }
    }
    rows.into_iter()
        .map(|(id, entry, detail, offers, policy, revision)| {
            let product = read_id(&id)?;
            let artifacts = files.remove(&product).unwrap_or_default();
            Ok(ListedProduct {
                offers: read_json("products", &id, &offers)?,
                policy: read_json("products", &id, &policy)?,
                id: product,
                entry,
                detail,
                artifacts,
                revision,
            })
        })
        .collect()
}
