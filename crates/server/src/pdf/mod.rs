//! Documents to print and to keep: pages of text, tables and QR pictures as PDF.
//!
//! Text stays text (it can be searched, copied and read aloud), the font comes along, and the document says what is a
//! heading, what a table and what a picture shows (PDF/UA-1, ISO 14289-1). Lengths are points (1/72 inch) from the left
//! upper corner of an A4 page.

mod draw;
mod font;

use font::{Fonts, Weight};
use scrip_domain::Timestamp;
use scrip_licensing::qr::Picture;

use crate::Error;

/// An A4 page.
pub(crate) const PAGE_WIDTH: f32 = 595.0;
pub(crate) const PAGE_HEIGHT: f32 = 842.0;
/// The border that stays white.
pub(crate) const MARGIN: f32 = 56.0;
/// The width that text has.
pub(crate) const TEXT_WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Where the last line of a page may stand.
const BOTTOM: f32 = PAGE_HEIGHT - MARGIN - 12.0;
/// The most pages of one document.
const PAGES_MAX: usize = 600;
/// The size of running text, and the distance of its lines.
pub(crate) const TEXT: f32 = 10.0;
const LINE: f32 = 1.4;
/// The size of text in tables.
const CELL: f32 = 9.0;

/// What a mark is to whoever cannot see it.
#[derive(Clone, Debug, PartialEq)]
enum Role {
    Heading,
    Text,
    /// A cell of a table; more lines of one cell follow each other.
    Cell {
        table: usize,
        row: usize,
        column: usize,
        heads: bool,
    },
    Picture(String),
    /// Nothing: a rule, a page's number.
    Ornament,
}

#[derive(Clone, Debug)]
enum Shape {
    Text {
        size: f32,
        weight: Weight,
        text: String,
    },
    /// A thin line to a point.
    Rule {
        to: (f32, f32),
    },
    Qr {
        side: f32,
        picture: Picture,
    },
}

#[derive(Clone, Debug)]
struct Mark {
    at: (f32, f32),
    role: Role,
    shape: Shape,
}

/// A file inside of the document.
pub(crate) struct Attachment {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) description: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Whether its bytes stand in the document as they are, so that they are found without a reader of PDF.
    pub(crate) plain: bool,
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column of a table: its head, its share of the width, and where its text stands.
pub(crate) type Column<'a> = (&'a str, f32, Align);

/// A document that is being written, from the top to the bottom.
pub(crate) struct Paper {
    fonts: Fonts,
    title: String,
    made_at: Timestamp,
    pages: Vec<Vec<Mark>>,
    attachments: Vec<Attachment>,
    /// Where the next line stands.
    y: f32,
    tables: usize,
}

impl Paper {
    /// An empty page of a document with this title.
    pub(crate) fn new(title: &str, made_at: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            fonts: Fonts::open()?,
            title: title.to_owned(),
            made_at,
            pages: vec![Vec::new()],
            attachments: Vec::new(),
            y: MARGIN,
            tables: 0,
        })
    }

    /// Begins a page.
    pub(crate) fn next_page(&mut self) {
        if self.pages.len() < PAGES_MAX {
            self.pages.push(Vec::new());
        }
        self.y = MARGIN;
    }

    /// Leaves room.
    pub(crate) fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// The document's headline.
    pub(crate) fn heading(&mut self, text: &str) {
        self.y += 22.0;
        self.put(MARGIN, self.y, Role::Heading, 20.0, Weight::Bold, text);
        self.y += 12.0;
    }

    /// A paragraph of running text over the whole width, broken into lines.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.lines(text, TEXT, Weight::Regular);
        self.y += 4.0;
    }

    /// The same in bold.
    pub(crate) fn strong(&mut self, text: &str) {
        self.lines(text, TEXT, Weight::Bold);
        self.y += 4.0;
    }

    /// The same in small print.
    pub(crate) fn small(&mut self, text: &str) {
        self.lines(text, 8.0, Weight::Regular);
    }

    fn lines(&mut self, text: &str, size: f32, weight: Weight) {
        for line in self.fonts.wrap(text, size, weight, TEXT_WIDTH) {
            self.make_room(size * LINE);
            self.y += size * LINE;
            self.put(MARGIN, self.y, Role::Text, size, weight, &line);
        }
    }

    /// A line of text at a place of this page; cut where it is wider than `width`.
    pub(crate) fn text_at(&mut self, at: (f32, f32), width: f32, size: f32, bold: bool, text: &str) {
        let weight = if bold { Weight::Bold } else { Weight::Regular };
        let cut = self.fonts.cut(text, size, weight, width);
        self.put(at.0, at.1, Role::Text, size, weight, &cut);
    }

    /// A line in bold that is never cut: as large as fits into `width`, `size` at most.
    pub(crate) fn whole_text_at(&mut self, at: (f32, f32), width: f32, size: f32, text: &str) {
        let asked = self.fonts.width(text, size, Weight::Bold);
        let size = if asked > width { size * width / asked } else { size };
        self.put(at.0, at.1, Role::Text, size, Weight::Bold, text);
    }

    /// A QR picture at a place of this page; `alt` says what it holds.
    pub(crate) fn qr_at(&mut self, at: (f32, f32), side: f32, picture: Picture, alt: &str) {
        let (role, shape) = (Role::Picture(alt.to_owned()), Shape::Qr { side, picture });
        self.mark(Mark { at, role, shape });
    }

    /// A thin line over a part of this page.
    pub(crate) fn rule(&mut self, from: (f32, f32), to: (f32, f32)) {
        let shape = Shape::Rule { to };
        self.mark(Mark {
            at: from,
            role: Role::Ornament,
            shape,
        });
    }

    /// A frame around a part of this page.
    pub(crate) fn frame(&mut self, at: (f32, f32), width: f32, height: f32) {
        let ((x, y), right, bottom) = (at, at.0 + width, at.1 + height);
        for (from, to) in [
            ((x, y), (right, y)),
            ((right, y), (right, bottom)),
            ((right, bottom), (x, bottom)),
            ((x, bottom), (x, y)),
        ] {
            self.rule(from, to);
        }
    }

    /// A table over the whole width; its head is repeated on every page that it takes. The widths of the columns are shares
    /// of the whole.
    pub(crate) fn table<const N: usize>(&mut self, columns: [Column<'_>; N], rows: &[[String; N]]) {
        let whole: f32 = columns.iter().map(|(_, share, _)| share).sum();
        let mut edges = [(MARGIN, 0.0); N];
        let mut x = MARGIN;
        for (edge, (_, share, _)) in edges.iter_mut().zip(&columns) {
            *edge = (x, TEXT_WIDTH * share / whole - 6.0);
            x += TEXT_WIDTH * share / whole;
        }
        self.tables += 1;
        let heads = columns.map(|(head, ..)| head.to_owned());
        let aligns = columns.map(|(.., align)| align);
        self.make_room(4.0 * TEXT * LINE);
        self.row(&heads, &aligns, &edges, 0, true);
        for (at, cells) in rows.iter().enumerate() {
            if self.y + self.row_height(cells, &edges) > BOTTOM {
                self.next_page();
                self.tables += 1;
                self.row(&heads, &aligns, &edges, 0, true);
            }
            self.row(cells, &aligns, &edges, at + 1, false);
        }
        self.y += 6.0;
    }

    fn row_height<const N: usize>(&self, cells: &[String; N], edges: &[(f32, f32); N]) -> f32 {
        let lines = cells
            .iter()
            .zip(edges)
            .map(|(cell, (_, width))| self.fonts.wrap(cell, CELL, Weight::Regular, *width).len());
        let most = u16::try_from(lines.max().unwrap_or(1)).unwrap_or(u16::MAX);
        f32::from(most) * CELL * LINE + 4.0
    }

    fn row<const N: usize>(
        &mut self,
        cells: &[String; N],
        aligns: &[Align; N],
        edges: &[(f32, f32); N],
        row: usize,
        heads: bool,
    ) {
        let weight = if heads { Weight::Bold } else { Weight::Regular };
        let (top, mut bottom) = (self.y, self.y);
        for (column, ((cell, align), (x, width))) in cells.iter().zip(aligns).zip(edges).enumerate() {
            let mut y = top;
            for line in self.fonts.wrap(cell, CELL, weight, *width) {
                y += CELL * LINE;
                let indent = match align {
                    Align::Left => 0.0,
                    Align::Right => (width - self.fonts.width(&line, CELL, weight)).max(0.0),
                };
                let table = self.tables;
                let role = Role::Cell {
                    table,
                    row,
                    column,
                    heads,
                };
                self.put(x + indent, y, role, CELL, weight, &line);
            }
            bottom = bottom.max(y);
        }
        self.y = bottom + 4.0;
        self.rule((MARGIN, self.y), (PAGE_WIDTH - MARGIN, self.y));
    }

    /// Puts a file into the document.
    pub(crate) fn attach(&mut self, attachment: Attachment) {
        self.attachments.push(attachment);
    }

    /// Where the next line stands on this page.
    pub(crate) fn y(&self) -> f32 {
        self.y
    }

    /// Begins a page where `height` does not fit on this one.
    pub(crate) fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.next_page();
        }
    }

    /// The bytes of the PDF file.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Error> {
        let count = self.pages.len();
        if count > 1 {
            for (at, page) in self.pages.iter_mut().enumerate() {
                let shape = Shape::Text {
                    size: 8.0,
                    weight: Weight::Regular,
                    text: format!("{} / {count}", at + 1),
                };
                let at = (PAGE_WIDTH - MARGIN - 24.0, PAGE_HEIGHT - 32.0);
                page.push(Mark {
                    at,
                    role: Role::Ornament,
                    shape,
                });
            }
        }
        draw::write(&self)
    }

    fn put(&mut self, x: f32, y: f32, role: Role, size: f32, weight: Weight, text: &str) {
        let text = text.to_owned();
        let shape = Shape::Text { size, weight, text };
        self.mark(Mark {
            at: (x, y),
            role,
            shape,
        });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_every_kind_of_mark_is_written() {
        let mut paper = Paper::new("Test", Timestamp::from_seconds(1_750_000_000)).unwrap();
        paper.heading("Rechnung Ł 你");
        paper.paragraph(&"Many words that do not fit on one line. ".repeat(20));
        paper.qr_at((400.0, 60.0), 90.0, Picture::new("HELLO").unwrap(), "A greeting");
        let row = [String::from("A thing"), String::from("12.50")];
        paper.table(
            [("What", 3.0, Align::Left), ("Amount", 1.0, Align::Right)],
            &vec![row; 80],
        );
        paper.frame((56.0, 700.0), 100.0, 50.0);
        paper.whole_text_at((56.0, 750.0), 60.0, 15.0, "WWWWW-WWWWW-WWWWW");
        let whole = paper
            .pages
            .last()
            .and_then(|page| page.last())
            .map(|mark| mark.shape.clone());
        let Some(Shape::Text { size, text, .. }) = whole else {
            panic!()
        };
        assert!(text == "WWWWW-WWWWW-WWWWW" && paper.fonts.width(&text, size, Weight::Bold) <= 60.01);
        paper.attach(Attachment {
            name: "a.json",
            mime: "application/json",
            description: "The same for programs",
            bytes: b"{\"plain\": true}".to_vec(),
            plain: true,
        });
        assert!(paper.pages.len() > 1);
        let bytes = paper.finish().unwrap();
        assert!(
            bytes.starts_with(b"%PDF-1.7") && bytes.windows(15).any(|part| part == b"{\"plain\": true}"),
            "{}",
            bytes.len()
        );
    }
}
