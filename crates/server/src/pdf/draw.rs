//! Writing the marks of a document, with what each of them is.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::configure::{Accessibility, ConfigurationBuilder, PdfVersion};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline as Bookmarks, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};
use scrip_domain::Timestamp;
use scrip_licensing::qr::Picture;

use super::{Attachment, Mark, PAGE_HEIGHT, PAGE_WIDTH, Paper, Role, Shape};
use crate::Error;

/// The width of a rule.
const RULE: f32 = 0.5;
const FAILED: Error = Error::Internal {
    operation: "write a document",
};

pub(super) fn write(paper: &Paper) -> Result<Vec<u8>, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| FAILED)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let date = date(paper.made_at);
    let metadata = Metadata::new()
        .title(paper.title.clone())
        .language("en".to_owned())
        .creator("Scrip".to_owned())
        .creation_date(date);
    document.set_metadata(metadata);
    let mut outline = Outline::default();
    for page in &paper.pages {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(FAILED)?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for mark in page {
            let tag = match mark.role {
                Role::Ornament => ContentTag::Artifact(Artifact::default()),
                Role::Picture(_) => ContentTag::Other,
                _ => ContentTag::Span(SpanTag::empty()),
            };
            let identifier = surface.start_tagged(tag);
            draw(paper, mark, &mut surface);
            surface.end_tagged();
            outline.add(&mark.role, identifier, &mark.shape);
        }
        surface.finish();
        sheet.finish();
    }
    let mut contents = Bookmarks::new();
    let top = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
    contents.push_child(OutlineNode::new(paper.title.clone(), top));
    document.set_outline(contents);
    document.set_tag_tree(outline.finish());
    for attachment in &paper.attachments {
        document.embed_file(embedded(attachment, date)).ok_or(FAILED)?;
    }
    document.finish().map_err(|why| {
        tracing::error!(?why, "a document is not written");
        FAILED
    })
}

fn draw(paper: &Paper, mark: &Mark, surface: &mut Surface<'_>) {
    let (x, y) = mark.at;
    match &mark.shape {
        Shape::Text { size, weight, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill::default()));
            let (shown, glyphs) = paper.fonts.glyphs(text, *weight);
            let font = paper.fonts.font(*weight);
            surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, &shown, *size, false);
        }
        Shape::Rule { to } => {
            let mut path = PathBuilder::new();
            path.move_to(x, y);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                width: RULE,
                ..Stroke::default()
            }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Shape::Qr { side, picture } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill::default()));
            draw_qr(picture, (x, y), *side, surface);
        }
    }
}

/// One path for all dark squares, a rectangle for each run.
fn draw_qr(picture: &Picture, at: (f32, f32), side: f32, surface: &mut Surface<'_>) {
    let width = u16::try_from(picture.width()).unwrap_or(u16::MAX);
    let square = side / f32::from(width.max(1));
    let mut path = PathBuilder::new();
    for row in 0..width {
        let dark = |column: u16| picture.is_dark(row.into(), column.into());
        let mut column = 0;
        while column < width {
            let mut end = column;
            while end < width && dark(end) {
                end += 1;
            }
            let left = at.0 + square * f32::from(column);
            let top = at.1 + square * f32::from(row);
            if end > column
                && let Some(run) = Rect::from_xywh(left, top, square * f32::from(end - column), square)
            {
                path.push_rect(run);
            }
            column = end + 1;
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The logical structure: what follows what, for readers that do not see the page.
#[derive(Default)]
struct Outline {
    children: Vec<Node>,
    table: Option<Table>,
}

/// The table that is being read: its number, and the cells of each row by their columns.
struct Table {
    number: usize,
    rows: BTreeMap<usize, BTreeMap<usize, (bool, Vec<Node>)>>,
}

impl Outline {
    fn add(&mut self, role: &Role, identifier: Identifier, shape: &Shape) {
        if let Role::Cell {
            table,
            row,
            column,
            heads,
        } = *role
        {
            if self.table.as_ref().is_none_or(|open| open.number != table) {
                self.close_table();
            }
            let open = self.table.get_or_insert_with(|| Table {
                number: table,
                rows: BTreeMap::new(),
            });
            let cells = open.rows.entry(row).or_default();
            let (_, lines) = cells.entry(column).or_insert_with(|| (heads, Vec::new()));
            return lines.push(identifier.into());
        }
        if *role == Role::Ornament {
            return;
        }
        self.close_table();
        let mut group = match (role, shape) {
            (Role::Heading, Shape::Text { text, .. }) => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(text.clone()))),
            (Role::Picture(alt), _) => TagGroup::new(Tag::Figure(Some(alt.clone()))),
            _ => TagGroup::new(Tag::P),
        };
        group.push(identifier);
        self.children.push(group.into());
    }

    fn close_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let cell = |(heads, lines)| {
            let cell = if heads {
                TagGroup::with_children(Tag::TH(TableHeaderScope::Column), lines)
            } else {
                TagGroup::with_children(Tag::TD, lines)
            };
            Node::from(cell)
        };
        let rows = table
            .rows
            .into_values()
            .map(|cells| TagGroup::with_children(Tag::TR, cells.into_values().map(cell).collect()).into());
        let group = TagGroup::with_children(Tag::Table, rows.collect());
        self.children.push(group.into());
    }

    fn finish(mut self) -> TagTree {
        self.close_table();
        let mut tree = TagTree::new();
        for child in self.children {
            tree.push(child);
        }
        tree
    }
}

fn embedded(attachment: &Attachment, date: DateTime) -> EmbeddedFile {
    EmbeddedFile {
        path: attachment.name.to_owned(),
        mime_type: MimeType::new(attachment.mime),
        description: Some(attachment.description.to_owned()),
        association_kind: AssociationKind::Alternative,
        data: attachment.bytes.clone().into(),
        modification_date: Some(date),
        compress: attachment.plain.then_some(false),
        location: None,
    }
}

fn date(at: Timestamp) -> DateTime {
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok()).unwrap_or(0);
    let year = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    DateTime::new(year)
        .month(part(5, 7))
        .day(part(8, 10))
        .hour(part(11, 13))
        .minute(part(14, 16))
        .second(part(17, 19))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
