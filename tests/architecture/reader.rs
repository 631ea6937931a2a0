//! The reader of Rust source finds paths where they are, and nowhere else.

use crate::source::Source;

/// The paths that start at the crate's root: `line: path` each.
fn found_in(path: &str, text: &str) -> Vec<String> {
    let paths = Source::new(path, text).crate_paths();
    paths.iter().map(|path| format!("{}: {}", path.line, path.segments.join("::"))).collect()
}

#[test]
fn it_finds_every_way_to_name_a_module() {
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
        "7: db::Row",
        "7: config::Config",
        "8: metrics::count",
        "8: telemetry::Level",
    ];
    assert_eq!(found_in("src/domain/ids.rs", text), expected);
    assert_eq!(found_in("src/main.rs", "fn main() {\n    heirloom::cli::run()\n}"), ["2: cli::run"]);
}

#[test]
fn it_follows_super_to_the_root_and_no_further() {
    let text = "use super::one;\nuse super::super::two;\nmod tests {\n    use super::super::three;\n    use super::super::super::four;\n}\nfn f() { super::five() }\n";
    assert_eq!(found_in("src/db.rs", text), ["1: one", "4: three", "7: five"]);
    assert_eq!(found_in("src/db/mod.rs", text), ["1: one", "4: three", "7: five"]);
    assert_eq!(found_in("src/db/users.rs", text), ["2: two", "5: four"]);
}

#[test]
fn it_takes_neither_comments_nor_strings_for_code() {
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
fn it_knows_what_each_use_declares() {
    let text = "use a::{self, b as c, d::{self as e, f}};\nuse g;\nfn h() -> impl Sized + use<> { i::j() }";
    let paths = Source::new("src/a.rs", text).paths();
    let declared: Vec<(String, Option<&str>)> =
        paths.iter().map(|path| (path.segments.join("::"), path.declares.as_deref())).collect();
    let expected = [
        ("a::self", Some("a")),
        ("a::b", Some("c")),
        ("a::d::self", Some("e")),
        ("a::d::f", Some("f")),
        ("g", Some("g")),
        ("i::j", None),
    ];
    assert_eq!(declared, expected.map(|(path, name)| (path.to_owned(), name)));
}
