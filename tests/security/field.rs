//! `docs/field-reports.md`: every report is there, and every test that it names exists.

use std::collections::BTreeSet;

use super::named_tests::{is_test, is_typescript_test, named, named_in_typescript};
use super::read;

/// The reports about the process, and those about people and their browsers.
const REPORTS: [(char, u32); 2] = [('A', 8), ('B', 12)];

#[test]
fn every_report_from_the_field_is_held_by_tests_that_exist() {
    let page = read("docs/field-reports.md");
    let rows = page.lines().filter(|line| line.starts_with("| A") || line.starts_with("| B"));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let found: BTreeSet<String> = rows.iter().map(|cells| cells[0].to_owned()).collect();
    let known = REPORTS.iter().flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}{number}")));
    assert_eq!(found, known.collect());
    for cells in rows {
        let [id, holds, tests] = cells.as_slice() else { panic!("{cells:?} has not three cells") };
        let (in_rust, in_typescript) = (named(tests), named_in_typescript(tests));
        assert!(!holds.is_empty() && in_rust.len() + in_typescript.len() > 0, "{id} names no test");
        for (file, name) in in_rust {
            assert!(is_test(&read(&format!("{file}.rs")), name), "{id}: {file}.rs has no test {name}");
        }
        for (file, title) in in_typescript {
            assert!(is_typescript_test(&read(file), title), "{id}: {file} has no test {title}");
        }
    }
}
