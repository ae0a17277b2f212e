//! Fragments of XML as small trees, and descriptions made of them.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::component::Block;
use crate::draft::plain_text;
use crate::limits;

/// An element of a fragment.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Element(Element),
    Text(String),
}

impl Element {
    /// Reads a fragment of at most [`limits::COMPONENT_BYTES`]: the answer is a nameless element around it.
    ///
    /// Only the five predefined entities and character references are known; a document type is refused.
    pub(crate) fn parse(fragment: &str) -> Result<Self, String> {
        if fragment.len() > limits::COMPONENT_BYTES {
            return Err(format!(
                "it has {} bytes; {} are the most",
                fragment.len(),
                limits::COMPONENT_BYTES
            ));
        }
        let mut reader = Reader::from_str(fragment);
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(start) if open.len() <= limits::DEPTH => open.push(Self::new(&start)?),
                Event::Start(_) => return Err(format!("more than {} elements stand in each other", limits::DEPTH)),
                Event::Empty(start) => append(&mut open, Child::Element(Self::new(&start)?)),
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        append(&mut open, Child::Element(closed));
                    }
                }
                Event::Text(text) => append(&mut open, Child::Text(text.into_inner().into_owned())),
                Event::CData(text) => append(&mut open, Child::Text(text.into_inner().into_owned())),
                Event::GeneralRef(reference) => {
                    let c = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                        Some(c) => c,
                        None => predefined(&reference)
                            .ok_or_else(|| format!("the entity &{}; is not known", &*reference))?,
                    };
                    append(&mut open, Child::Text(c.to_string()));
                }
                Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(root), true) => Ok(root),
            (unclosed, _) => Err(format!("<{}> is not closed", unclosed.unwrap_or_default().name)),
        }
    }

    fn new(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| error.to_string())?;
            attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
        }
        Ok(Self {
            name: start.name().into_inner().to_owned(),
            attributes,
            children: Vec::new(),
        })
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of an attribute as a number; 0 where there is none.
    pub(crate) fn number(&self, name: &str) -> u32 {
        self.attribute(name)
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Whether the element is not a translation.
    pub(crate) fn is_untranslated(&self) -> bool {
        matches!(self.attribute("xml:lang"), None | Some("C" | "en" | "en_US" | "en-US"))
    }

    /// The elements inside, without translations.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) if element.is_untranslated() => Some(element),
            _ => None,
        })
    }

    /// The elements inside that are named `name`, without translations.
    pub(crate) fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.elements().filter(move |element| element.name == name)
    }

    /// The text of the first element inside that is named `name`.
    pub(crate) fn text_of(&self, name: &str) -> Option<String> {
        self.named(name).next().map(Self::text)
    }

    /// All text inside, as one plain line.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        plain_text(&text)
    }

    // The depth is bounded by `parse`.
    fn gather(&self, text: &mut String) {
        for child in &self.children {
            match child {
                Child::Text(part) => text.push_str(part),
                Child::Element(element) if element.is_untranslated() => element.gather(text),
                Child::Element(_) => {}
            }
        }
    }

    /// The element's content as a description (AppStream 1.0 section 2.1.2): paragraphs and lists, nothing else.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut loose = String::new();
        for child in &self.children {
            let element = match child {
                // Text outside of any paragraph is one, as in descriptions that have no markup at all.
                Child::Text(text) => {
                    loose.push_str(text);
                    continue;
                }
                Child::Element(element) if !element.is_untranslated() => continue,
                Child::Element(element) => element,
            };
            if !matches!(element.name.as_str(), "p" | "ul" | "ol" | "li") {
                element.gather(&mut loose);
                continue;
            }
            blocks.extend(paragraph(&std::mem::take(&mut loose)));
            if matches!(element.name.as_str(), "ul" | "ol") {
                let items: Vec<_> = element
                    .named("li")
                    .map(Self::text)
                    .filter(|item| !item.is_empty())
                    .collect();
                if !items.is_empty() {
                    blocks.push(Block::List {
                        ordered: element.name == "ol",
                        items,
                    });
                }
            } else {
                blocks.extend(paragraph(&element.text()));
            }
        }
        blocks.extend(paragraph(&loose));
        blocks
    }
}

/// A description as DEP-11 writes it: a fragment of XML in a string.
pub(crate) fn description(fragment: &str) -> Result<Vec<Block>, String> {
    Element::parse(fragment)
        .map(|root| root.blocks())
        .map_err(|why| format!("its description: {why}"))
}

fn paragraph(text: &str) -> Option<Block> {
    let text = plain_text(text);
    (!text.is_empty()).then_some(Block::Paragraph { text })
}

fn append(open: &mut [Element], child: Child) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(child);
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The line of `text` in which the byte `at` stands, counted from 1.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .split(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph { text: text.to_owned() }
    }

    #[test]
    fn markup_becomes_paragraphs_and_lists_of_plain_text() {
        let blocks = description(
            "<p>One\n   <em>two</em> &amp; three &#8482;</p><p xml:lang=\"de\">Eins</p>
             <ul><li>a</li><li xml:lang='fr'>b</li><li> </li><li>c <code>d</code></li></ul><ol><li>1</li></ol><ul/>",
        );
        let list = |ordered, items: &[&str]| Block::List {
            ordered,
            items: items.iter().map(|&i| i.to_owned()).collect(),
        };
        assert_eq!(
            blocks.unwrap(),
            [
                paragraph("One two & three ™"),
                list(false, &["a", "c d"]),
                list(true, &["1"])
            ]
        );
        assert_eq!(
            description("just <b>text</b>\nhere").unwrap(),
            [paragraph("just text here")]
        );
        assert_eq!(description("  ").unwrap(), []);
    }

    #[test]
    fn markup_never_survives() {
        let blocks =
            description("<p>&lt;script&gt;x&lt;/script&gt;<![CDATA[<b>]]></p><script>alert(1)</script>").unwrap();
        assert_eq!(
            blocks,
            [paragraph("<script>x</script><b>"), paragraph("alert(1)")],
            "as plain text it is harmless"
        );
    }

    #[test]
    fn broken_and_hostile_fragments_are_refused() {
        for bad in [
            "<p>",
            "<p></q>",
            "</p>",
            "<p>&unknown;</p>",
            "<p>&#xFFFFFFFF;</p>",
            "<p a='1' a='2'>x</p>",
            "<!DOCTYPE p [<!ENTITY a \"aaaa\">]><p>&a;</p>",
            "<p>a & b</p>",
            &"<p>".repeat(33),
            &format!("<p>{}</p>", "x".repeat(limits::COMPONENT_BYTES)),
        ] {
            assert!(
                description(bad).is_err(),
                "{}",
                bad.chars().take(60).collect::<String>()
            );
        }
    }
}
