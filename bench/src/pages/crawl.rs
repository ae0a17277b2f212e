//! Finds pages by following links and by trying every choice of the filters: one address for each kind of page.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Result, ensure};

use super::browser::Browser;
use super::routes::{Route, route_of};

/// Addresses of one kind that are looked at for further links: not each detail page links to the same.
const LOOKS_MAX: usize = 6;

/// A kind of page: its route and which parameters are given, with their values where those are choices of a filter.
pub(super) type Kind = String;

/// Starts at some addresses and follows every link. Answers one address for each kind of page.
pub(super) fn crawl(
    browser: &mut Browser,
    starts: &[String],
    words: &BTreeMap<&str, String>,
    routes: &BTreeSet<Route>,
) -> Result<BTreeMap<Kind, String>> {
    let mut found: BTreeMap<Kind, String> = BTreeMap::new();
    let mut looks: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut known: BTreeSet<String> = starts.iter().cloned().collect();
    let mut queue: VecDeque<String> = starts.iter().cloned().collect();
    while let Some(address) = queue.pop_front() {
        let Some(kind) = kind_of(&address, routes) else {
            continue;
        };
        let look = looks.entry(kind.clone()).or_default();
        if *look >= LOOKS_MAX {
            continue;
        }
        *look += 1;
        let answer = browser.get(&address)?;
        ensure!(answer.status < 500, "{address} answers {}", answer.status);
        if answer.status != 200 {
            continue;
        }
        found.entry(kind).or_insert_with(|| address.clone());
        if !answer.is_html {
            continue;
        }
        let page = String::from_utf8_lossy(&answer.body);
        for next in links(&page).chain(choices(&page, words)) {
            if known.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    Ok(found)
}

/// The kind of an address; `None` where it is no page of the server's.
fn kind_of(address: &str, routes: &BTreeSet<Route>) -> Option<Kind> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let route = route_of(routes, path)?;
    let mut parameters: Vec<String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            if is_choice(value) {
                format!("{name}={value}")
            } else {
                name.to_owned()
            }
        })
        .collect();
    parameters.sort();
    // A page that is not the first one is as fast whatever else is chosen; the choice alone is measured too.
    let is_further = parameters.iter().any(|name| name == "before" || name == "after");
    if is_further {
        parameters.retain(|name| !name.contains('='));
    }
    let marks = if parameters.is_empty() {
        String::new()
    } else {
        format!("?{}", parameters.join("&"))
    };
    Some(format!("{}{marks}", route.as_str()))
}

/// Whether a value is a word that a filter offers, rather than an id, a day or what somebody typed.
fn is_choice(value: &str) -> bool {
    value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Where the links of a page lead, without those that leave it.
fn links(page: &str) -> impl Iterator<Item = String> + '_ {
    page.split("href=\"").skip(1).filter_map(|rest| {
        let link = rest.split('"').next()?.replace("&amp;", "&");
        let link = link.split('#').next()?.to_owned();
        link.starts_with('/').then_some(link)
    })
}

/// The addresses to which the filters of a page lead: each choice of each select, and the words for each field of text.
fn choices<'p>(page: &'p str, words: &'p BTreeMap<&str, String>) -> impl Iterator<Item = String> + 'p {
    page.split("<form class=\"filter\"").skip(1).flat_map(move |form| {
        let form = form.split("</form>").next().unwrap_or_default();
        let action = attribute(form, "action").unwrap_or_default();
        let mut addresses = Vec::new();
        for select in form.split("<select").skip(1) {
            let select = select.split("</select>").next().unwrap_or_default();
            let Some(name) = attribute(select, "name") else {
                continue;
            };
            let values = select
                .split("<option")
                .skip(1)
                .filter_map(|option| attribute(option, "value"));
            addresses.extend(
                values
                    .filter(|value| !value.is_empty())
                    .map(|value| format!("{action}?{name}={value}")),
            );
        }
        for input in form.split("<input").skip(1) {
            let input = input.split('>').next().unwrap_or_default();
            let word = attribute(input, "name").and_then(|name| Some((name, words.get(name)?)));
            addresses.extend(word.map(|(name, word)| format!("{action}?{name}={word}")));
        }
        addresses
    })
}

/// The value of the first attribute with this name.
fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_choices_are_found() {
        let page = "<a href=\"/console/users?before=7&amp;words=a\">next</a><a href=\"https://else\">x</a>\
                    <form class=\"filter\" method=\"get\" action=\"/console/transfers\"><select id=\"s\" name=\"state\">\
                    <option value=\"\">All</option><option value=\"waiting\">Waiting</option></select>\
                    <input type=\"text\" name=\"words\"></form>";
        let all: Vec<String> = links(page).collect();
        assert_eq!(all, ["/console/users?before=7&words=a"]);
        let words = BTreeMap::from([("words", "ada".to_owned())]);
        let found: Vec<String> = choices(page, &words).collect();
        assert_eq!(
            found,
            ["/console/transfers?state=waiting", "/console/transfers?words=ada"]
        );
    }
}
