//! Everything that the vendor keeps of a person, for that person (GDPR articles 15 and 20): sections of rows, read page by
//! page, so that an account with a million transfers takes no more memory than one with ten. `docs/personal-data.md` describes
//! the document; [`PERSONAL_COLUMNS`] says of every column that names a person where it is in it, or why not.

mod columns;
mod sections;

use futures_util::future::BoxFuture;
use scrip_domain::UserId;
use serde_json::{Map, Value as Json};

use crate::db::Value;
use crate::{Error, Store};

pub use columns::{Export, OTHER_IDS, PERSONAL_COLUMNS};
use sections::SECTIONS;

/// Rows that are read at once.
const PAGE: i64 = 500;

/// Reads rows of a person after a key.
type ReadPage = for<'s> fn(&'s Store, UserId, Vec<Value>) -> BoxFuture<'s, Result<Rows, Error>>;

/// Some rows of one table, or of several that belong together.
struct Section {
    name: &'static str,
    /// What is less than the key of every row.
    first: fn() -> Vec<Value>,
    /// The rows after a key, and the key of the last of them where there may be more. Found by an index: a page costs the
    /// same wherever it stands.
    page: ReadPage,
}

/// Rows as JSON objects.
struct Rows {
    rows: Vec<Map<String, Json>>,
    next: Option<Vec<Value>>,
}

/// How far an export was read.
#[derive(Clone, Debug)]
pub struct ExportCursor {
    section: usize,
    after: Option<Vec<Value>>,
}

impl ExportCursor {
    /// Nothing was read yet.
    pub const START: Self = Self {
        section: 0,
        after: None,
    };

    /// Whether a section begins here.
    pub const fn begins_section(&self) -> bool {
        self.after.is_none()
    }
}

/// Some rows of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportPage {
    /// The section that they belong to.
    pub section: &'static str,
    /// Whether the section begins with them.
    pub begins: bool,
    /// The rows; none where the section is empty.
    pub rows: Vec<Json>,
}

impl Store {
    /// The next rows of what is kept of a person, and where to go on; secrets are not among them.
    pub async fn export_page(
        &self,
        user: UserId,
        cursor: ExportCursor,
    ) -> Result<(ExportPage, Option<ExportCursor>), Error> {
        let section = SECTIONS.get(cursor.section).unwrap_or(&SECTIONS[0]);
        let begins = cursor.after.is_none();
        let after = cursor.after.unwrap_or_else(section.first);
        let Rows { rows, next } = (section.page)(self, user, after).await?;
        let page = ExportPage {
            section: section.name,
            begins,
            rows: rows.into_iter().map(Json::Object).collect(),
        };
        let next = match next {
            Some(after) => Some(ExportCursor {
                section: cursor.section,
                after: Some(after),
            }),
            None => (cursor.section + 1 < SECTIONS.len()).then_some(ExportCursor {
                section: cursor.section + 1,
                after: None,
            }),
        };
        Ok((page, next))
    }

    /// The names of the sections of an export, in their order.
    pub fn export_sections() -> impl Iterator<Item = &'static str> {
        SECTIONS.iter().map(|section| section.name)
    }
}
