//! The frame of every page: head, navigation, title, what the page before left to say.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use scrip_api::Problem;

use super::visit::{Realm, Visit};
use super::{hidden_token, policy};

/// Links of the navigation under one heading.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The heading.
    pub(crate) title: &'static str,
    /// Paths and what they are called.
    pub(crate) links: Vec<(&'static str, &'static str)>,
}

/// Who looks at a page: a person, an operator, or somebody who has not signed in.
pub(crate) trait Viewer {
    /// The browser.
    fn visit(&self) -> &Visit;

    /// What the frame calls them, and what they are; `None` where nobody is signed in.
    fn name(&self) -> Option<(&str, &str)> {
        None
    }

    /// Where they can go.
    fn navigation(&self) -> Vec<Group> {
        Vec::new()
    }
}

impl Viewer for Visit {
    fn visit(&self) -> &Visit {
        self
    }
}

/// A page to show. Without script, without inline style.
pub(crate) struct Page {
    title: String,
    body: Markup,
    above: Vec<(String, String)>,
    actions: Option<Markup>,
    scripts: Vec<&'static str>,
    form_targets: Vec<String>,
    status: StatusCode,
}

impl Page {
    /// A page with its heading of the first order and what stands below.
    pub(crate) fn new(title: impl Into<String>, body: Markup) -> Self {
        Self {
            title: title.into(),
            body,
            above: Vec::new(),
            actions: None,
            scripts: Vec::new(),
            form_targets: Vec::new(),
            status: StatusCode::OK,
        }
    }

    /// A page above this one, as a link before the title.
    pub(crate) fn above(mut self, path: impl Into<String>, name: impl Into<String>) -> Self {
        self.above.push((path.into(), name.into()));
        self
    }

    /// What can be done with the whole page, beside its title: links or a small form.
    pub(crate) fn actions(mut self, actions: Markup) -> Self {
        self.actions = Some(actions);
        self
    }

    /// A script of this server that the page needs, by its path. The policy lets nothing else run.
    pub(crate) fn script(mut self, path: &'static str) -> Self {
        self.scripts.push(path);
        self
    }

    /// Another server that a form of the page is redirected to, such as `https://checkout.stripe.com`.
    pub(crate) fn form_target(mut self, origin: impl Into<String>) -> Self {
        self.form_targets.push(origin.into());
        self
    }

    /// Another status than 200.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Draws it for `viewer`.
    pub(crate) fn show(self, viewer: &impl Viewer) -> Response {
        let visit = viewer.visit();
        let drawn = self.draw(viewer);
        let mut response = (self.status, Html(drawn.into_string())).into_response();
        visit.keep(&mut response);
        if !self.scripts.is_empty() || !self.form_targets.is_empty() {
            let text = policy(!self.scripts.is_empty(), &self.form_targets);
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
            }
        }
        response
    }

    fn draw(&self, viewer: &impl Viewer) -> Markup {
        let visit = viewer.visit();
        let groups = viewer.navigation();
        let brand = match visit.realm {
            Realm::Account => "Scrip",
            Realm::Console => "Scrip Console",
        };
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (brand) }
                    link rel="stylesheet" href="/pages/style.css";
                    @for script in &self.scripts { script src=(script) defer {} }
                }
                body class=[groups.is_empty().then_some("alone")] {
                    a.skip href="#main" { "Skip to the content" }
                    header.top {
                        a.brand href=(visit.realm.home()) { (brand) }
                        @if let Some((name, what)) = viewer.name() {
                            form.who method="post" action=(format!("{}/sign-out", visit.realm.home())) {
                                (hidden_token(visit))
                                span.whom { span { (name) } @if !what.is_empty() { " " span.soft { (what) } } }
                                button.quiet type="submit" { "Sign out" }
                            }
                        }
                    }
                    @if !groups.is_empty() {
                        details.menu { summary { "Menu" } nav aria-label="Menu" { (links(&groups, &visit.path)) } }
                        nav.side aria-label="Main" { (links(&groups, &visit.path)) }
                    }
                    main #main {
                        @if !self.above.is_empty() {
                            nav.above aria-label="Above this page" {
                                @for (path, name) in &self.above { a href=(path) { (name) } span aria-hidden="true" { "/" } }
                            }
                        }
                        div.title { h1 { (self.title) } @if let Some(actions) = &self.actions { div.actions { (actions) } } }
                        @if let Some((bad, text)) = &visit.flash {
                            div.flash.bad[*bad] role=(if *bad { "alert" } else { "status" }) { p { (text) } }
                        }
                        (self.body)
                    }
                }
            }
        }
    }
}

fn links(groups: &[Group], path: &str) -> Markup {
    // The longest link that the path begins with is where the page belongs.
    let here = groups
        .iter()
        .flat_map(|group| &group.links)
        .map(|(link, _)| *link)
        .filter(|link| {
            let rest = path.strip_prefix(link);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|link| link.len());
    html! {
        @for group in groups {
            @if !group.title.is_empty() { p.group { (group.title) } }
            ul {
                @for (link, name) in &group.links {
                    li { a href=(link) aria-current=[(here == Some(*link)).then_some("page")] { (name) } }
                }
            }
        }
    }
}

/// A page that says what was refused, why, and what to do next.
pub(super) fn refusal(visit: &Visit, problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (mut text, mut hints) = (problem.detail.clone(), problem.hints.clone());
    if status.is_server_error() {
        "the server failed inside".clone_into(&mut text);
        if hints.is_empty() {
            hints.push("Try again in a moment.".to_owned());
        }
    }
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let home = visit.realm.home();
    let body = html! {
        div.problem role="alert" {
            p { (text) "." }
            @for hint in hints { p { (hint) } }
            p.code { (problem.code) }
        }
        p { a href=(home) { "Back to the start" } }
    };
    Page::new("That did not work", body).status(status).show(visit)
}
