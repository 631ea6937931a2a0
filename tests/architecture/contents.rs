//! What is in a file: not too much, nothing unfinished, and no public item of the inner modules without a doc comment.

use crate::source::Source;
use crate::{assert_none, uses};

/// The modules whose public items all have doc comments.
const DOCUMENTED: &[&str] = &["domain", "crypto", "service"];

/// In lines.
const LONGEST_FILE: usize = 350;

/// Lines with a public item that has no doc comment above its attributes.
pub fn undocumented(source: &Source) -> Vec<String> {
    const ITEMS: &[&str] = &["fn", "async", "unsafe", "struct", "enum", "trait", "const", "static", "type"];
    let (text, code): (Vec<&str>, Vec<&str>) = (source.text.lines().collect(), source.code.lines().collect());
    let is_item = |line: &str| {
        line.trim_start()
            .strip_prefix("pub ")
            .is_some_and(|item| ITEMS.contains(&item.split_whitespace().next().unwrap_or_default()))
    };
    let is_documented = |at: usize| {
        let above = text[..at].iter().rev().map(|line| line.trim());
        // Attributes may have several lines. What precedes an item's attributes ends in one of these ways.
        let is_other = |line: &&str| {
            line.is_empty() || line.ends_with(['{', '}', ';']) || line.starts_with("///") || line.contains("#[$doc]")
        };
        above.into_iter().find(is_other).is_some_and(|line| line.starts_with("///") || line.contains("#[$doc]"))
    };
    let complaint = |at: usize| format!("{}:{}: no doc comment for `{}`", source.path, at + 1, code[at].trim());
    (0..code.len()).filter(|&at| is_item(code[at]) && !is_documented(at)).map(complaint).collect()
}

/// The files that are too long, with the median of all for comparison.
fn too_long(sources: &[Source]) -> Vec<String> {
    let mut lengths: Vec<usize> = sources.iter().map(|source| source.text.lines().count()).collect();
    let named: Vec<(usize, &str)> = lengths.iter().copied().zip(sources.iter().map(|s| s.path.as_str())).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let long = named.into_iter().filter(|(length, _)| *length > LONGEST_FILE);
    long.map(|(length, path)| format!("{path}: {length} lines, at most {LONGEST_FILE} are allowed (median: {median})"))
        .collect()
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    assert_none(&too_long(&[Source::below("src"), Source::below("tests")].into_iter().flatten().collect::<Vec<_>>()));
}

#[test]
fn every_public_item_of_the_inner_modules_has_a_doc_comment() {
    let sources = Source::below("src");
    let inner = sources.iter().filter(|source| source.module().is_some_and(|module| DOCUMENTED.contains(&module)));
    assert_none(&inner.flat_map(undocumented).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone_or_left_out() {
    let sources = [Source::below("src"), Source::below("tests")];
    let leftovers =
        |source| ["todo!", "unimplemented!", "dbg!", "#[ignore"].into_iter().flat_map(move |name| uses(source, name));
    assert_none(&sources.iter().flatten().flat_map(leftovers).collect::<Vec<_>>());
}

/// Postgres writes it in the language of `lc_messages`, so nothing may depend on it. It is only passed on to a person.
#[test]
fn no_file_but_the_one_of_errors_reads_a_message_of_the_database() {
    let sources = Source::below("src");
    let readers = sources.iter().filter(|source| source.path != "src/db/error.rs");
    assert_none(&readers.flat_map(|source| uses(source, "message()")).collect::<Vec<_>>());
}

#[test]
fn a_long_file_is_reported_with_its_length_and_the_median() {
    let file = |path: &str, lines: usize| Source::new(path, &"\n".repeat(lines));
    let sources = [file("src/a.rs", 350), file("src/b.rs", 90), file("tests/c.rs", 351)];
    assert_eq!(too_long(&sources), ["tests/c.rs: 351 lines, at most 350 are allowed (median: 350)"]);
}

#[test]
fn an_item_without_a_doc_comment_is_reported_and_one_with_attributes_between_is_not() {
    let text = "/// A.\n#[derive(\n    Clone,\n)]\npub struct A {\n    pub field: u8,\n}\n\npub struct B;\n\nimpl A {\n    /// F.\n    pub fn f() {}\n    pub const fn g() {}\n    pub(super) fn h() {}\n}\n";
    let found = undocumented(&Source::new("src/domain/a.rs", text));
    let complaint = |line: usize, item: &str| format!("src/domain/a.rs:{line}: no doc comment for `{item}`");
    assert_eq!(found, [complaint(9, "pub struct B;"), complaint(14, "pub const fn g() {}")]);
}

#[test]
fn a_name_is_found_at_its_beginning_and_not_inside_another() {
    let found = |text: &str| uses(&Source::new("src/a.rs", text), "actix");
    assert_eq!(found("use actix_web::web;"), ["src/a.rs:1: actix does not belong here: use actix_web::web;"]);
    assert!(found("use tracing_actix_web; // actix\nlet practix = \"actix\";").is_empty());
}
