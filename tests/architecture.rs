//! The house of `docs/design.md` §4: which room may import from which, and what no room contains. Each rule names the file
//! and the line that breaks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

#[path = "architecture/source.rs"]
mod source;

use source::{CratePath, Source, names};

/// What each room may import from, besides itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("metrics", &[]),
    ("connections", &["metrics"]),
    ("telemetry", &[]),
    ("crypto", &["domain"]),
    ("config", &["domain"]),
    ("db", &["domain"]),
    ("embedded_postgres", &["domain"]),
    ("rotation_batcher", &["domain", "db"]),
    ("service", &["domain", "crypto", "db", "rotation_batcher"]),
    ("http", &["domain", "service", "metrics"]),
    (
        "app",
        &[
            "domain",
            "metrics",
            "connections",
            "telemetry",
            "crypto",
            "config",
            "db",
            "embedded_postgres",
            "service",
            "http",
        ],
    ),
    ("cli", &["domain", "config", "app", "service", "db"]),
];

/// What a room imports beyond its row, and why.
struct Exception {
    room: &'static str,
    path: &'static [&'static str],
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception { room: "cli", path: &["crypto", "keys"], reason: "`secret generate` makes a key and needs no server" },
    Exception {
        room: "cli",
        path: &["http", "openapi_json"],
        reason: "`openapi` prints the document without a server",
    },
    Exception { room: "cli", path: &["telemetry"], reason: "logging begins before anything that logs is composed" },
];

/// What a room never names, nor anything that begins so: room, name, and the file where it is at home.
const NEVER: &[(&str, &str, &str)] = &[
    ("domain", "diesel", ""),
    ("domain", "actix", ""),
    ("domain", "tokio", ""),
    ("domain", "std::fs", ""),
    ("domain", "SystemTime", "src/domain/clock.rs"),
    ("domain", "Instant", "src/domain/clock.rs"),
    ("domain", "now_utc", "src/domain/clock.rs"),
    ("crypto", "actix", ""),
    ("crypto", "diesel", ""),
    ("config", "actix", ""),
    ("config", "diesel", ""),
    ("db", "actix", ""),
    ("rotation_batcher", "actix", ""),
    ("rotation_batcher", "diesel", ""),
    ("service", "actix", ""),
    ("service", "StatusCode", ""),
    ("http", "diesel", ""),
    ("http", "r2d2", ""),
];

/// The rooms that ask the environment. Settings come from it through clap, in `config`.
const ASK_THE_ENVIRONMENT: &[&str] = &["config", "cli", "embedded_postgres"];

/// The rooms whose public items all say what they are.
const DOCUMENTED: &[&str] = &["domain", "crypto", "service"];

const LONGEST_FILE: usize = 400;

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn exception_for(room: &str, path: &CratePath) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        exception.room == room
            && path.segments.iter().map(String::as_str).take(exception.path.len()).eq(exception.path.iter().copied())
    })
}

/// The imports of a file that the table does not allow; notes the exceptions that it makes use of.
fn forbidden_imports(source: &Source, used: &mut Vec<usize>) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in source.crate_paths() {
        let to = path.segments[0].as_str();
        let is_allowed = match source.room() {
            None => source.path == "src/main.rs" && to == "cli",
            Some(room) if room == to => true,
            Some(room) => match ROOMS.iter().find(|(name, _)| *name == room) {
                Some((_, allowed)) if allowed.contains(&to) => true,
                _ => exception_for(room, &path).inspect(|&exception| used.push(exception)).is_some(),
            },
        };
        if !is_allowed {
            let room = source.room().unwrap_or("the root");
            complaints.push(format!(
                "{}:{}: {room} may not import {}",
                source.path,
                path.line,
                path.segments.join("::")
            ));
        }
    }
    complaints
}

/// Lines with a public item that has no doc comment above its attributes.
fn undocumented(source: &Source) -> Vec<String> {
    const ITEMS: &[&str] = &["fn", "async", "unsafe", "struct", "enum", "trait", "const", "static", "type"];
    let (text, code): (Vec<&str>, Vec<&str>) = (source.text.lines().collect(), source.code.lines().collect());
    let is_item = |line: &str| {
        line.trim_start()
            .strip_prefix("pub ")
            .is_some_and(|item| ITEMS.contains(&item.split_whitespace().next().unwrap_or_default()))
    };
    let is_documented = |at: usize| {
        let above = text[..at].iter().rev().map(|line| line.trim());
        // Attributes may have several lines; what comes before an item's attributes ends one of these ways.
        let is_other = |line: &&str| {
            line.is_empty() || line.ends_with(['{', '}', ';']) || line.starts_with("///") || line.contains("#[$doc]")
        };
        above.into_iter().find(is_other).is_some_and(|line| line.starts_with("///") || line.contains("#[$doc]"))
    };
    let complaint = |at: usize| format!("{}:{}: no doc comment for `{}`", source.path, at + 1, code[at].trim());
    (0..code.len()).filter(|&at| is_item(code[at]) && !is_documented(at)).map(complaint).collect()
}

/// Lines that name something that begins with `name`.
fn uses(source: &Source, name: &str) -> Vec<String> {
    let found = source.lines().filter(|(_, line)| names(line, name));
    found.map(|(number, line)| format!("{}:{number}: {name} has no place here: {}", source.path, line.trim())).collect()
}

#[test]
fn every_room_imports_from_lower_floors_only() {
    let mut used = Vec::new();
    let complaints: Vec<String> =
        Source::below("src").iter().flat_map(|source| forbidden_imports(source, &mut used)).collect();
    assert_none(&complaints);
    for (at, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(
            used.contains(&at),
            "{} no longer imports {}, so the exception ({}) can go",
            exception.room,
            exception.path.join("::"),
            exception.reason
        );
    }
}

#[test]
fn every_room_has_a_row_in_the_table_and_the_table_allows_no_way_up() {
    for source in Source::below("src") {
        if let Some(room) = source.room() {
            assert!(ROOMS.iter().any(|(name, _)| *name == room), "{}: the table has no row for {room}", source.path);
        }
    }
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        let is_below = |name: &&str| ROOMS[..at].iter().any(|(lower, _)| lower == name);
        assert!(allowed.iter().all(is_below), "{room} may import from a room that is not below it");
    }
}

#[test]
fn rooms_do_not_see_what_is_none_of_their_business() {
    let sources = Source::below("src");
    let in_room = |room: &str, home: &str| {
        sources.iter().filter(|source| source.room() == Some(room) && source.path != home).collect::<Vec<_>>()
    };
    let found = NEVER
        .iter()
        .flat_map(|&(room, word, home)| in_room(room, home).into_iter().flat_map(move |source| uses(source, word)));
    assert_none(&found.collect::<Vec<_>>());
}

#[test]
fn the_environment_is_asked_where_settings_are_read_and_nowhere_else() {
    let sources = Source::below("src");
    let others = sources.iter().filter(|source| source.room().is_none_or(|room| !ASK_THE_ENVIRONMENT.contains(&room)));
    let asks = |source| ["std::env", "env::"].into_iter().flat_map(move |name| uses(source, name));
    let mut found: Vec<String> = others.flat_map(asks).collect();
    // The arguments enter where the process begins.
    found.retain(|line| !(line.starts_with("src/main.rs:") && line.contains("std::env::args_os()")));
    assert_none(&found);
}

#[test]
fn no_file_is_longer_than_can_be_read_at_one_sitting() {
    let sources = [Source::below("src"), Source::below("tests")];
    let long = sources.iter().flatten().filter(|source| source.text.lines().count() > LONGEST_FILE);
    assert_none(
        &long.map(|source| format!("{}:{}: one line too many", source.path, LONGEST_FILE + 1)).collect::<Vec<_>>(),
    );
}

#[test]
fn every_public_item_of_the_inner_rooms_says_what_it_is() {
    let sources = Source::below("src");
    let inner = sources.iter().filter(|source| source.room().is_some_and(|room| DOCUMENTED.contains(&room)));
    assert_none(&inner.flat_map(undocumented).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone_or_left_out() {
    let sources = [Source::below("src"), Source::below("tests")];
    let leftovers =
        |source| ["todo!", "unimplemented!", "dbg!", "#[ignore"].into_iter().flat_map(move |name| uses(source, name));
    assert_none(&sources.iter().flatten().flat_map(leftovers).collect::<Vec<_>>());
}

/// What the reader finds in a file: `line: path` each.
fn found_in(path: &str, text: &str) -> Vec<String> {
    let paths = Source::new(path, text).crate_paths();
    paths.iter().map(|path| format!("{}: {}", path.line, path.segments.join("::"))).collect()
}

#[test]
fn the_reader_finds_every_way_to_name_a_room() {
    let text = r#"
use crate::domain::{
    Timestamp, family::{Delivery, Family as _},
    ids::*,
};
use crate::{self, db, service::Service as Served, http};
pub(in crate::crypto) fn f(x: crate::db::Row<crate::config::Config>) -> Vec<u8> {
    $crate::metrics::count(crate::telemetry::Level::<u8>::High as u32)
}
"#;
    let expected = [
        "3: domain::Timestamp",
        "3: domain::family::Delivery",
        "3: domain::family::Family",
        "4: domain::ids::*",
        "6: self",
        "6: db",
        "6: service::Service",
        "6: http",
        "7: crypto",
        "7: db::Row",
        "7: config::Config",
        "8: metrics::count",
        "8: telemetry::Level",
    ];
    assert_eq!(found_in("src/domain/ids.rs", text), expected);
    assert_eq!(found_in("src/main.rs", "fn main() {\n    heirloom::cli::run()\n}"), ["2: cli::run"]);
}

#[test]
fn the_reader_follows_super_to_the_root_and_no_further() {
    let text = "use super::one;\nuse super::super::two;\nmod tests {\n    use super::super::three;\n    use super::super::super::four;\n}\nfn f() { super::five() }\n";
    assert_eq!(found_in("src/db.rs", text), ["1: one", "4: three", "7: five"]);
    assert_eq!(found_in("src/db/mod.rs", text), ["1: one", "4: three", "7: five"]);
    assert_eq!(found_in("src/db/users.rs", text), ["2: two", "5: four"]);
}

#[test]
fn the_reader_takes_neither_comments_nor_strings_for_code() {
    let text = r##"
//! [`crate::one`]
/* crate::two /* crate::three */ crate::four */
const A: &str = "crate::five \" crate::six";
const B: &str = r#"crate::seven " crate::eight"#;
const C: &[u8] = br"crate::nine\";
fn f<'a>(c: char) -> bool { c == '"' || c == '\'' || crate::ten::<'a>() || c == '"' } // crate::eleven
mycrate::twelve();
"##;
    assert_eq!(found_in("src/db.rs", text), ["7: ten"]);
}

#[test]
fn a_forbidden_import_is_told_with_its_file_and_line() {
    let complaints = |path: &str, text: &str| forbidden_imports(&Source::new(path, text), &mut Vec::new());
    let text = "use crate::domain::ids::UserId;\n\nuse crate::{\n    crypto::keys,\n    service::Service,\n};\n";
    assert_eq!(complaints("src/service/login.rs", text), [""; 0]);
    assert_eq!(
        complaints("src/db/users.rs", text),
        ["src/db/users.rs:4: db may not import crypto::keys", "src/db/users.rs:5: db may not import service::Service"]
    );
    assert_eq!(complaints("src/cli/mod.rs", "use crate::crypto::keys;\nuse crate::crypto::jwk;").len(), 1);
    assert_eq!(complaints("src/db.rs", "use super::http;"), ["src/db.rs:1: db may not import http"]);
    assert_eq!(complaints("src/attic.rs", "use crate::domain;").len(), 1, "a room without a row imports nothing");
    assert_eq!(complaints("src/main.rs", "fn main() { heirloom::db::open() }").len(), 1);
}

#[test]
fn an_item_without_a_doc_comment_is_told_and_one_with_attributes_between_is_not() {
    let text = "/// A.\n#[derive(\n    Clone,\n)]\npub struct A {\n    pub field: u8,\n}\n\npub struct B;\n\nimpl A {\n    /// F.\n    pub fn f() {}\n    pub const fn g() {}\n    pub(super) fn h() {}\n}\n";
    let found = undocumented(&Source::new("src/domain/a.rs", text));
    let complaint = |line: usize, item: &str| format!("src/domain/a.rs:{line}: no doc comment for `{item}`");
    assert_eq!(found, [complaint(9, "pub struct B;"), complaint(14, "pub const fn g() {}")]);
}

#[test]
fn a_name_is_found_at_its_beginning_and_not_inside_another() {
    let found = |text: &str| uses(&Source::new("src/a.rs", text), "actix");
    assert_eq!(found("use actix_web::web;"), ["src/a.rs:1: actix has no place here: use actix_web::web;"]);
    assert!(found("use tracing_actix_web; // actix\nlet practix = \"actix\";").is_empty());
}
