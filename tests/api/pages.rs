//! The pages: their links, their table of contents, and what they say of the code and of each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_link_among_the_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let has_anchor = || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor));
            let is_found = target.exists() && (anchor.is_empty() || has_anchor());
            if !is_found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(links("see [a](b.md#c)").eq(["b.md#c"]) && anchors("## The `rule`, whole\n").contains("the-rule-whole"));
}

#[test]
fn the_table_of_contents_lists_every_page_once() {
    let summary = root().join("docs/SUMMARY.md");
    let text = fs::read_to_string(&summary).unwrap();
    let mut listed: Vec<PathBuf> =
        links(&text).map(|link| root().join("docs").join(link).canonicalize().unwrap()).collect();
    let all: BTreeSet<PathBuf> =
        pages().into_iter().filter(|page| *page != summary).map(|page| page.canonicalize().unwrap()).collect();
    listed.sort();
    assert_eq!(listed, all.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_map_names_every_module_in_a_line() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let modules: BTreeSet<&str> = declared.chain(["main"]).collect();
    let rows = map.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"));
    let rows = rows.filter(|(layer, _)| layer.parse::<u8>().is_ok());
    let named: BTreeSet<&str> = rows.filter_map(|(_, rest)| rest.split('`').next()).collect();
    assert_eq!(named, modules);
}

#[test]
fn the_map_names_what_is_there() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    // That section names what is not there yet.
    let (before, after) = map.split_once("\n## Where new code goes\n").unwrap();
    let text = [before, after.split_once("\n## ").unwrap().1].concat();
    let names: BTreeSet<&str> = text.split('`').skip(1).step_by(2).collect();
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "docs/architecture.md names {missing:?}");
    assert!(is_there("db::pool") && is_there("domain::rotation::decide") && is_there("http/wire/"));
    for name in ["db::pools", "domain::rotation::decided_on", "http/wires/", "LockedFamilies"] {
        assert!(!is_there(name), "{name} is not there");
    }
}

/// Whether a directory, a module or an item of one, or a type exists. Other words are no names of code.
fn is_there(name: &str) -> bool {
    let source = root().join("src");
    if let Some(folder) = name.strip_suffix('/') {
        return source.join(folder).is_dir() || root().join(folder).is_dir();
    }
    let is_plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
    if !is_plain(name) || name.ends_with(':') {
        return true;
    }
    let is_type = |name: &str| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
    let has_type = |name: &str| {
        let ways = ["struct", "enum"].map(|kind| format!("{kind} {name}"));
        let texts = [sources(&source), sources(&root().join("crates/verify/src"))].concat();
        texts.iter().any(|text| ways.iter().any(|way| contains_word(text, way)))
    };
    match name.rsplit_once("::") {
        Some((module, item)) if !is_type(module) => {
            let is_module = |path: &str| {
                let path = source.join(path.replace("::", "/"));
                path.is_dir() || path.with_extension("rs").is_file()
            };
            let has_item = ["rs", "mod.rs"].iter().any(|end| {
                let path = source.join(module.replace("::", "/"));
                let file = if *end == "rs" { path.with_extension("rs") } else { path.join(end) };
                fs::read_to_string(file).is_ok_and(|text| contains_word(&text, item))
            });
            is_module(name) || (is_module(module) && has_item)
        }
        Some((of_type, _)) => has_type(of_type),
        None if is_type(name) && !["Ok", "Err", "None", "Authorization"].contains(&name) => has_type(name),
        None => true,
    }
}

fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false if path.extension().is_some_and(|ending| ending == "rs") => vec![fs::read_to_string(path).unwrap()],
            false => Vec::new(),
        })
        .collect()
}

#[test]
fn the_readme_lists_every_route_of_the_document() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("\n## Routes\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let listed: BTreeSet<&str> = table.split('`').skip(1).step_by(2).collect();
    let mut served = BTreeSet::new();
    let document: Value = serde_json::from_str(&heirloom::http::openapi_json("")).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        served.extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert_eq!(listed, served.iter().map(String::as_str).collect());
}

#[test]
fn the_figures_of_the_readme_are_those_of_the_pages_that_it_links_to() {
    let read = |page: &str| fs::read_to_string(root().join(page)).unwrap();
    let readme = read("README.md");
    for (figure, page, there) in [
        ("18,033 requests", "docs/reliability.md", "18033 requests, 0 broken promises"),
        ("25,000 refreshes per second", "docs/scaling.md", "`/refresh`, 64 clients | 24,815 |"),
        ("1.05 times", "docs/scaling.md", "1.05 times"),
    ] {
        assert!(readme.contains(figure), "the README no longer says {figure}");
        assert!(read(page).contains(there), "{page} no longer says {there}, and the README says {figure}");
    }
}

/// Everything that the documentation site has, and its table of contents.
fn pages() -> Vec<PathBuf> {
    let in_folder = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
    };
    let packages = ["web/client", "web/verify", "crates/verify", "python", "vectors"];
    let examples = ["examples/passkey", "examples/oidc"];
    let folders = ["", "docs"].into_iter().chain(packages).chain(examples);
    let pages: Vec<PathBuf> = folders.flat_map(|folder| in_folder(&root().join(folder))).collect();
    assert!(pages.len() >= 20, "{pages:?}");
    pages
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// As code hosts make them of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
