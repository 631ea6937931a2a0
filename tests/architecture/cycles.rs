//! No file imports, directly or by way of others, a file that imports it.

use std::collections::VecDeque;

use crate::assert_none;
use crate::imports::{Crate, Import};
use crate::source::Source;

/// For each file that can reach itself, the shortest way there: `src/a.rs:1 → src/b.rs:7 → src/a.rs`, each with the line of
/// its import. A file that an earlier cycle names gets none of its own.
fn import_cycles(sources: &[Source]) -> Vec<String> {
    let imports = Crate::new(sources).imports();
    let mut is_named = vec![false; sources.len()];
    let mut cycles = Vec::new();
    for start in 0..sources.len() {
        let Some(cycle) = shortest_cycle(&imports, start).filter(|_| !is_named[start]) else { continue };
        let mut text = String::new();
        for (at, import) in &cycle {
            is_named[*at] = true;
            text += &format!("{}:{} → ", sources[*at].path, import.line);
        }
        cycles.push(format!("import cycle: {text}{}", sources[start].path));
    }
    cycles
}

/// The files of the shortest way from `start` back to it, each with the import that leads to the next.
fn shortest_cycle(imports: &[Vec<Import>], start: usize) -> Option<Vec<(usize, &Import)>> {
    let mut reached_by: Vec<Option<(usize, &Import)>> = vec![None; imports.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(from) = queue.pop_front() {
        for import in &imports[from] {
            if reached_by[import.to].is_none() {
                reached_by[import.to] = Some((from, import));
                queue.push_back(import.to);
            }
        }
    }
    let mut cycle = Vec::new();
    let mut at = start;
    loop {
        let step = reached_by[at]?;
        cycle.insert(0, step);
        at = step.0;
        if at == start {
            return Some(cycle);
        }
    }
}

#[test]
fn no_file_is_part_of_an_import_cycle() {
    assert_none(&import_cycles(&Source::below("src")));
}

/// The cycles among made-up files.
fn cycles_among(files: &[(&str, &str)]) -> Vec<String> {
    import_cycles(&files.iter().map(|(path, text)| Source::new(path, text)).collect::<Vec<_>>())
}

#[test]
fn a_cycle_is_named_file_by_file_with_the_lines_that_make_it() {
    let cycles = cycles_among(&[
        ("src/lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        ("src/a.rs", "\nuse crate::b::{B, Other};\npub struct A;"),
        ("src/b.rs", "pub struct B;\nfn f() { super::c::go() }"),
        ("src/c.rs", "use crate::d::D;\n\n\npub fn go() -> super::a::A {}"),
        ("src/d.rs", "pub struct D;"),
    ]);
    assert_eq!(cycles, ["import cycle: src/a.rs:2 → src/b.rs:2 → src/c.rs:4 → src/a.rs"]);
}

#[test]
fn every_cycle_is_named_once() {
    let cycles = cycles_among(&[
        ("src/a.rs", "use crate::b::B;\npub struct A;"),
        ("src/b.rs", "use crate::a::A;\npub struct B;"),
        ("src/c.rs", "pub fn c() { crate::d::d() }"),
        ("src/d.rs", "pub fn d() { crate::c::c() }"),
    ]);
    assert_eq!(cycles.len(), 2, "{cycles:?}");
}

#[test]
fn files_that_import_in_one_direction_are_no_cycle() {
    let cycles = cycles_among(&[
        ("src/lib.rs", "mod low;\nmod middle;\nmod high;"),
        ("src/low.rs", "use std::fs::File;\npub struct Low(File);"),
        ("src/middle.rs", "use crate::low::Low;\npub struct Middle(Low);"),
        ("src/high.rs", "use crate::{low::Low, middle::Middle};\npub struct High(Low, Middle);"),
        ("src/main.rs", "fn main() { heirloom::high::High::new(); }"),
    ]);
    assert_eq!(cycles, [""; 0]);
}

#[test]
fn a_name_that_a_parent_passes_on_is_its_childs() {
    let parent = "mod one;\nmod two;\npub use one::One;\nuse two::Two as Second;";
    let two = "use super::One;\npub struct Two(One);";
    assert_eq!(
        cycles_among(&[
            ("src/db/mod.rs", parent),
            ("src/db/one.rs", "pub struct One;"),
            ("src/db/two.rs", two),
            ("src/http.rs", "fn f(_: crate::db::One) {}"),
        ]),
        [""; 0]
    );
    let cycles = cycles_among(&[
        ("src/db/mod.rs", parent),
        ("src/db/one.rs", "\npub struct One(super::Second);"),
        ("src/db/two.rs", two),
    ]);
    assert_eq!(cycles, ["import cycle: src/db/one.rs:2 → src/db/two.rs:1 → src/db/one.rs"]);
}

#[test]
fn a_child_that_names_what_its_parent_defines_is_a_cycle_if_the_parent_imports_the_child() {
    let child =
        "use super::Options;\npub struct Server(Options);\n#[cfg(test)]\nmod tests {\n    use super::Server;\n}";
    let with_parent = |parent: &str| cycles_among(&[("src/db/mod.rs", parent), ("src/db/server.rs", child)]);
    let expected = ["import cycle: src/db/mod.rs:2 → src/db/server.rs:1 → src/db/mod.rs"];
    assert_eq!(with_parent("mod server;\npub use server::Server;\npub struct Options;"), expected);
    assert_eq!(with_parent("mod server;\nfn f() { server::start(Options) }\npub struct Options;"), expected);
    assert_eq!(with_parent("mod server;\nuse self::server::Server;\npub struct Options;"), expected);
    assert_eq!(with_parent("mod server;\npub struct Options;"), [""; 0], "a declaration alone is no import");
}

#[test]
fn modules_are_followed_by_the_names_that_a_file_gives_them() {
    let users = ("src/db/users.rs", "use crate::http::Page;\npub fn find() -> Page {}");
    let cycle = |http: &str| cycles_among(&[("src/db/mod.rs", "pub mod users;"), users, ("src/http.rs", http)]);
    for http in [
        "use crate::db::users;\npub struct Page;\nfn f() { users::find() }",
        "use crate::db::{self, other};\npub struct Page;\nfn f() { db::users::find() }",
        "use super::db::users as people;\npub struct Page;\nfn f() { people::find() }",
        "use crate::db::users::*;\npub struct Page;",
    ] {
        assert_eq!(cycle(http).len(), 1, "{http}");
    }
    for http in ["use crate::db::users;\npub struct Page;", "pub struct Page;\n// crate::db::users::find()"] {
        assert_eq!(cycle(http), [""; 0], "{http}");
    }
}

#[test]
fn a_name_behind_a_glob_belongs_to_the_file_that_defines_it() {
    let parent = ("src/db/mod.rs", "mod rows;\nmod users;\npub use rows::*;\npub struct Database;");
    let rows = ("src/db/rows.rs", "use super::users::User;\npub struct Row(User);");
    let cycles = |users: &str| cycles_among(&[parent, rows, ("src/db/users.rs", users)]);
    assert_eq!(cycles("pub struct User(super::Row);").len(), 1);
    assert_eq!(cycles("pub struct User(Row);"), [""; 0]);
    assert_eq!(
        cycles("pub struct User(super::Database);"),
        ["import cycle: src/db/mod.rs:3 → src/db/rows.rs:1 → src/db/users.rs:1 → src/db/mod.rs"]
    );
}
