//! Tables that become cards on a phone, filters above them, and pages of them.

use maud::{Markup, Render, html};

use super::Field;

/// Rows that one page of a table shows.
pub(crate) const ROWS: usize = 50;

/// A column.
pub(crate) struct Column {
    name: &'static str,
    number: bool,
}

/// A column of text.
pub(crate) const fn text(name: &'static str) -> Column {
    Column { name, number: false }
}

/// A column of numbers: to the right, digits of one width.
pub(crate) const fn number(name: &'static str) -> Column {
    Column { name, number: true }
}

/// A table. The first column names the row.
pub(crate) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Markup>>,
    empty: String,
    foot: Option<Vec<Markup>>,
}

impl Table {
    /// A table without a row; its caption is read to those who do not see it.
    pub(crate) fn new(caption: impl Into<String>, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            empty: "Nothing here.".to_owned(),
            foot: None,
        }
    }

    /// Adds a row: as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Markup>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The same for a whole list.
    pub(crate) fn rows<T>(mut self, items: impl IntoIterator<Item = T>, cells: impl Fn(T) -> Vec<Markup>) -> Self {
        self.rows.extend(items.into_iter().map(cells));
        self
    }

    /// What it says where it has no row.
    pub(crate) fn empty(mut self, text: impl Into<String>) -> Self {
        self.empty = text.into();
        self
    }

    /// A last row of sums.
    pub(crate) fn foot(mut self, cells: impl IntoIterator<Item = Markup>) -> Self {
        self.foot = Some(cells.into_iter().collect());
        self
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        if self.rows.is_empty() {
            return html! { p.empty { (self.empty) } };
        }
        // The roles say again what the elements mean, because a table that is laid out as cards loses its meaning in some browsers.
        let row = |cells: &[Markup]| {
            html! {
                tr role="row" {
                    @for (at, (cell, column)) in cells.iter().zip(&self.columns).enumerate() {
                        @if at == 0 {
                            th.number[column.number] scope="row" role="rowheader" data-label=(column.name) { div { (cell) } }
                        } @else {
                            td.number[column.number] role="cell" data-label=(column.name) { div { (cell) } }
                        }
                    }
                }
            }
        };
        html! {
            table.cards role="table" {
                caption { (self.caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in &self.columns {
                            th.number[column.number] scope="col" role="columnheader" { (column.name) }
                        }
                    }
                }
                tbody role="rowgroup" { @for cells in &self.rows { (row(cells)) } }
                @if let Some(foot) = &self.foot { tfoot role="rowgroup" { (row(foot)) } }
            }
        }
    }
}

/// `path?name=value&…` of the parameters that have a value.
pub(crate) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let given: Vec<_> = parameters.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(&given) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// Where the further rows of a list are: the newest again, and the next page.
pub(crate) fn pager(first: Option<String>, next: Option<String>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label="Pages" {
                @if let Some(first) = first { a href=(first) rel="first" { "Back to the first page" } }
                @if let Some(next) = next { a href=(next) rel="next" { "Next page" } }
            }
        }
    }
}

/// Cuts a list that was read one row longer than a page; answers whether more follows.
pub(crate) fn cut<T>(rows: &mut Vec<T>) -> bool {
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    more
}

/// Fields that choose what a table shows: a form that is sent by GET, so that its address can be kept.
pub(crate) fn filter(path: &str, is_set: bool, fields: &[Field<'_>]) -> Markup {
    html! {
        search {
            form.filter method="get" action=(path) {
                @for field in fields { (field) }
                p.buttons {
                    button.quiet type="submit" { "Show" }
                    @if is_set { a href=(path) { "Clear" } }
                }
            }
        }
    }
}
