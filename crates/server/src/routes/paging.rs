//! Lists in pages, the newest first.

use scrip_api::Page;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Which page is asked for.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The cursor of the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    pub(crate) cursor: Option<Uuid>,
    /// Items on the page, 1 to 200.
    pub(crate) limit: Option<i64>,
}

impl PageQuery {
    fn limit(&self) -> i64 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// How many rows to read: one more than the page shows.
    pub(crate) fn rows(&self) -> i64 {
        self.limit() + 1
    }

    /// The page of what was read.
    pub(crate) fn page<T, V>(&self, mut found: Vec<T>, id: impl Fn(&T) -> Uuid, view: impl Fn(T) -> V) -> Page<V> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|last| id(last).to_string());
        Page {
            items: found.into_iter().map(view).collect(),
            next_cursor,
        }
    }
}
