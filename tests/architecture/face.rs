//! The public face of the library: what `lib.rs` re-exports, and nothing else.

use crate::assert_none;
use crate::source::Source;

/// Everything that an app which contains Heirloom can name. A new item belongs to the interface from the next release on.
const FACE: [&str; 5] = ["Caller", "CallerError", "Config", "ConnectError", "Heirloom"];

fn root() -> Source {
    Source::below("src").into_iter().find(|source| source.path == "src/lib.rs").unwrap()
}

#[test]
fn the_documentation_lists_the_public_items_only() {
    let root = root();
    let lines: Vec<&str> = root.code.lines().map(str::trim).collect();
    let is_open = |at: &usize| lines[*at].starts_with("pub mod ") && lines[*at - 1] != "#[doc(hidden)]";
    assert_none(&(1..lines.len()).filter(is_open).map(|at| format!("{} is not hidden", lines[at])).collect::<Vec<_>>());
    let mut declared: Vec<String> = root.paths().into_iter().filter_map(|path| path.declares).collect();
    declared.sort_unstable();
    assert_eq!(declared, FACE);
}

#[test]
fn every_public_item_is_documented() {
    let is_of_the_face =
        |source: &Source| ["src/app/library.rs", "src/http/credentials/app_caller.rs"].contains(&source.path.as_str());
    let sources: Vec<Source> = Source::below("src").into_iter().filter(is_of_the_face).collect();
    assert_eq!(sources.len(), 2);
    assert_none(&sources.iter().flat_map(crate::contents::undocumented).collect::<Vec<_>>());
}
