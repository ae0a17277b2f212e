//! Forms: fields with labels, hints and errors; reading what was sent.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use bytes::Bytes;
use http::header;
use maud::{Markup, Render, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::visit::{Refused, Visit};
use crate::{Error, Server};

/// The largest form, in bytes; files apart.
const FORM_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The most fields of a form with files.
const FIELDS_MAX: usize = 100;

/// The hidden field that every form which is posted carries.
pub(crate) fn hidden_token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="token" value=(visit.form_token()); }
}

/// A hidden field.
pub(crate) fn hidden(name: &str, value: impl std::fmt::Display) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// What a field looks like.
enum Kind<'a> {
    Input(&'static str),
    Area(u8),
    Select(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    Check,
    File(&'a str),
}

/// A field with its label. Draw it with `(field)`.
pub(crate) struct Field<'a> {
    name: &'a str,
    label: Cow<'a, str>,
    kind: Kind<'a>,
    id: Option<String>,
    value: Cow<'a, str>,
    hint: Option<Cow<'a, str>>,
    error: Option<Cow<'a, str>>,
    required: bool,
    autocomplete: Option<&'static str>,
    range: Option<(i64, i64)>,
    length_max: Option<u32>,
    narrow: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: impl Into<Cow<'a, str>>, kind: Kind<'a>) -> Self {
        Self {
            name,
            label: label.into(),
            kind,
            id: None,
            value: Cow::Borrowed(""),
            hint: None,
            error: None,
            required: false,
            autocomplete: None,
            range: None,
            length_max: None,
            narrow: false,
        }
    }

    /// One line of text.
    pub(crate) fn text(name: &'a str, label: impl Into<Cow<'a, str>>) -> Self {
        Self::new(name, label, Kind::Input("text"))
    }

    /// An e-mail address.
    pub(crate) fn email(name: &'a str, label: impl Into<Cow<'a, str>>) -> Self {
        Self::new(name, label, Kind::Input("email"))
    }

    /// A password; never shown again.
    pub(crate) fn password(name: &'a str, label: impl Into<Cow<'a, str>>) -> Self {
        Self::new(name, label, Kind::Input("password"))
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(name: &'a str, label: impl Into<Cow<'a, str>>, least: i64, most: i64) -> Self {
        let mut field = Self::new(name, label, Kind::Input("number"));
        (field.range, field.narrow) = (Some((least, most)), true);
        field
    }

    /// A day, as `2026-01-31`.
    pub(crate) fn date(name: &'a str, label: impl Into<Cow<'a, str>>) -> Self {
        let mut field = Self::new(name, label, Kind::Input("date"));
        field.narrow = true;
        field
    }

    /// Several lines of text.
    pub(crate) fn area(name: &'a str, label: impl Into<Cow<'a, str>>, rows: u8) -> Self {
        Self::new(name, label, Kind::Area(rows))
    }

    /// One of some choices: their values and what they are called.
    pub(crate) fn select<V, N>(
        name: &'a str,
        label: impl Into<Cow<'a, str>>,
        choices: impl IntoIterator<Item = (V, N)>,
    ) -> Self
    where
        V: Into<Cow<'a, str>>,
        N: Into<Cow<'a, str>>,
    {
        let choices = choices.into_iter().map(|(value, name)| (value.into(), name.into()));
        let mut field = Self::new(name, label, Kind::Select(choices.collect()));
        field.narrow = true;
        field
    }

    /// A box to tick; sent as `on`. Ticked where its value is `on`.
    pub(crate) fn check(name: &'a str, label: impl Into<Cow<'a, str>>) -> Self {
        Self::new(name, label, Kind::Check)
    }

    /// A file, of the types that `accept` lists (as HTML writes them). Its form must be sent by [`super::Form::files`].
    pub(crate) fn file(name: &'a str, label: impl Into<Cow<'a, str>>, accept: &'a str) -> Self {
        Self::new(name, label, Kind::File(accept))
    }

    /// What stands in it.
    pub(crate) fn value(mut self, value: impl Into<Cow<'a, str>>) -> Self {
        self.value = value.into();
        self
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(self, ticked: bool) -> Self {
        self.value(if ticked { "on" } else { "" })
    }

    /// A sentence below the label.
    pub(crate) fn hint(mut self, hint: impl Into<Cow<'a, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with what was sent.
    pub(crate) fn error(mut self, error: Option<impl Into<Cow<'a, str>>>) -> Self {
        self.error = error.map(Into::into);
        self
    }

    /// It must be filled in.
    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What the browser may fill in (HTML, section 4.10.18.7).
    pub(crate) fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// The most characters.
    pub(crate) fn length_max(mut self, characters: u32) -> Self {
        self.length_max = Some(characters);
        self
    }

    /// Another id than the name: needed where a page has two fields of one name.
    pub(crate) fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = self.id.clone().unwrap_or_else(|| self.name.replace('.', "-"));
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let described: Vec<&str> = [
            self.hint.as_ref().map(|_| hint_id.as_str()),
            self.error.as_ref().map(|_| error_id.as_str()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let invalid = self.error.as_ref().map(|_| "true");
        let label = html! { label for=(id) { (self.label) } };
        let notes = html! {
            @if let Some(hint) = &self.hint { p.hint id=(hint_id) { (hint) } }
            @if let Some(error) = &self.error { p.error id=(error_id) { (error) } }
        };
        if matches!(self.kind, Kind::Check) {
            return html! {
                div.field.check {
                    input id=(id) type="checkbox" name=(self.name) value="on" checked[self.value == "on"]
                        aria-describedby=[described] aria-invalid=[invalid];
                    div { (label) (notes) }
                }
            };
        }
        let control = match &self.kind {
            Kind::Input(kind) => html! {
                input id=(id) type=(kind) name=(self.name) value=(self.value) required[self.required]
                    autocomplete=[self.autocomplete] maxlength=[self.length_max]
                    min=[self.range.map(|(least, _)| least)] max=[self.range.map(|(_, most)| most)]
                    aria-describedby=[described] aria-invalid=[invalid];
            },
            Kind::Area(rows) => html! {
                textarea id=(id) name=(self.name) rows=(rows) required[self.required] maxlength=[self.length_max]
                    autocomplete=[self.autocomplete] aria-describedby=[described] aria-invalid=[invalid] { (self.value) }
            },
            Kind::Select(choices) => html! {
                select id=(id) name=(self.name) required[self.required]
                    aria-describedby=[described] aria-invalid=[invalid] {
                    @for (value, name) in choices { option value=(value) selected[*value == self.value] { (name) } }
                }
            },
            Kind::File(accept) => html! {
                input id=(id) type="file" name=(self.name) accept=(accept) required[self.required]
                    aria-describedby=[described] aria-invalid=[invalid];
            },
            Kind::Check => Markup::default(),
        };
        html! { div.field.narrow[self.narrow] { (label) (notes) (control) } }
    }
}

/// A form that is posted: it carries the visit's token, its fields, and one button.
pub(crate) struct Form<'a> {
    visit: &'a Visit,
    action: Cow<'a, str>,
    fields: Markup,
    button: Cow<'a, str>,
    look: &'static str,
    files: bool,
}

impl<'a> Form<'a> {
    /// A form of `viewer` that is posted to `action`.
    pub(crate) fn post(
        viewer: &'a impl super::Viewer,
        action: impl Into<Cow<'a, str>>,
        button: impl Into<Cow<'a, str>>,
        fields: Markup,
    ) -> Self {
        Self {
            visit: viewer.visit(),
            action: action.into(),
            fields,
            button: button.into(),
            look: "",
            files: false,
        }
    }

    /// Its button does what cannot be taken back.
    pub(crate) fn danger(mut self) -> Self {
        self.look = "danger";
        self
    }

    /// Its button is not what the page is for.
    pub(crate) fn quiet(mut self) -> Self {
        self.look = "quiet";
        self
    }

    /// It sends files (RFC 7578).
    pub(crate) fn files(mut self) -> Self {
        self.files = true;
        self
    }
}

impl Render for Form<'_> {
    fn render(&self) -> Markup {
        html! {
            form method="post" action=(self.action) enctype=[self.files.then_some("multipart/form-data")] {
                (hidden_token(self.visit))
                (self.fields)
                p.buttons { button.(self.look) type="submit" { (self.button) } }
            }
        }
    }
}

/// A button that opens what it says, for deeds that need a second look. Works without script.
pub(crate) fn reveal(summary: &str, inside: &Markup) -> Markup {
    html! { details.reveal { summary { (summary) } div { (inside) } } }
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// A form that was sent, its token checked. Refuses forms of other sites and browsers.
///
/// A `Vec<(String, String)>` takes any fields; a struct takes those that it names, `#[serde(default)]` those that a
/// browser leaves out.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Server> for Sent<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, server).await?;
        let bytes = axum::body::to_bytes(body, FORM_BYTES_MAX)
            .await
            .map_err(|_| Error::TooLarge {
                limit_bytes: FORM_BYTES_MAX,
            })?;
        let Token { token } = read(&bytes).map_err(|_| Error::FormStale)?;
        visit.check(&token)?;
        Ok(Self(read(&bytes)?))
    }
}

/// A form without fields of its own.
#[derive(Deserialize)]
pub(crate) struct Bare {}

fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Error> {
    serde_urlencoded::from_bytes(bytes).map_err(|why| Error::Malformed { why: why.to_string() })
}

/// A file that came with a form.
pub(crate) struct SentFile {
    /// What the sender calls it.
    pub(crate) name: String,
    /// What the sender says it is.
    pub(crate) media_type: String,
    /// Its content.
    pub(crate) bytes: Bytes,
}

/// A form with files, its token checked; all of it at most as large as the router allows.
pub(crate) struct SentFiles {
    fields: HashMap<String, String>,
    files: HashMap<String, SentFile>,
}

impl SentFiles {
    /// What stands in a field, trimmed; empty where it is missing.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// The file that was chosen.
    pub(crate) fn take_file(&mut self, name: &str) -> Option<SentFile> {
        self.files.remove(name)
    }
}

impl FromRequest<Server> for SentFiles {
    type Rejection = Refused;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, server).await?;
        let is_form = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if !is_form.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            return Err(Error::FormStale.into());
        }
        let mut form = Multipart::from_request(Request::from_parts(parts, body), server)
            .await
            .map_err(|why| Error::Malformed { why: why.body_text() })?;
        let (mut fields, mut files) = (HashMap::new(), HashMap::new());
        while let Some(part) = form.next_field().await.map_err(|why| malformed(&why))? {
            let Some(name) = part.name().map(str::to_owned) else {
                continue;
            };
            if fields.len() + files.len() >= FIELDS_MAX {
                return Err(Error::Malformed {
                    why: "it has too many fields".to_owned(),
                }
                .into());
            }
            let file_name = part.file_name().map(|name| name.chars().take(200).collect::<String>());
            let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|why| malformed(&why))?;
            match file_name {
                // A browser sends a file field where nothing was chosen, too.
                Some(name_of_file) if !name_of_file.is_empty() && !bytes.is_empty() => {
                    let file = SentFile {
                        name: name_of_file,
                        media_type,
                        bytes,
                    };
                    files.insert(name, file);
                }
                Some(_) => {}
                None => {
                    let text = String::from_utf8(bytes.to_vec()).map_err(|_| Error::Malformed {
                        why: format!("the field {name} is not text"),
                    })?;
                    fields.insert(name, text);
                }
            }
        }
        visit.check(fields.get("token").map_or("", String::as_str))?;
        Ok(Self { fields, files })
    }
}

fn malformed(why: &axum::extract::multipart::MultipartError) -> Error {
    if why.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge {
            limit_bytes: super::UPLOAD_BYTES_MAX,
        };
    }
    Error::Malformed { why: why.body_text() }
}
