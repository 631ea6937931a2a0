//! `docs/security.md`: every row of the checklist is there once, in order, and has a state; every test that it names
//! exists.

use super::named_tests::{is_test, is_typescript_test, named, named_in_typescript};
use super::read;

/// The groups of rows, and how many each has.
const ROWS: [(&str, usize); 17] = [
    ("P", 15),
    ("RT", 18),
    ("TK", 12),
    ("CK", 12),
    ("CS", 10),
    ("CO", 3),
    ("HD", 7),
    ("JW", 14),
    ("ER", 8),
    ("SE", 13),
    ("PW", 12),
    ("EN", 3),
    ("TH", 7),
    ("LG", 5),
    ("TR", 9),
    ("SK", 5),
    ("SP", 6),
];
const CASES: usize = 12;

/// What stands where no test does, or says more than the test.
const WORDS: [&str; 3] = ["Decided: ", "Not applicable: ", "Operator: "];

struct Row {
    id: String,
    cells: Vec<String>,
}

/// The rows of all tables but the figures', which have other columns.
fn rows(page: &str) -> Vec<Row> {
    let lines = page.lines().take_while(|line| *line != "## Figures").filter(|line| line.starts_with("| "));
    let rows = lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()));
    let rows =
        rows.map(Iterator::collect::<Vec<_>>).filter(|cells| !["row", "case", "---"].contains(&cells[0].as_str()));
    rows.map(|cells| Row { id: cells[0].clone(), cells }).collect()
}

/// What is wrong with a row.
fn complaint(row: &Row, source: impl Fn(&str) -> String) -> Option<String> {
    let [_, asks, from, held] = row.cells.as_slice() else { return Some(format!("{} has not four cells", row.id)) };
    if asks.is_empty() || from.is_empty() {
        return Some(format!("{} does not say what is asked, or by whom", row.id));
    }
    let tests = named(held);
    let has_reason = WORDS.iter().any(|word| held.split_once(word).is_some_and(|(_, reason)| reason.len() >= 10));
    let in_typescript = named_in_typescript(held);
    if tests.is_empty() && in_typescript.is_empty() && !has_reason {
        return Some(format!("{} has no state", row.id));
    }
    if let Some((file, title)) = in_typescript.iter().find(|(file, title)| !is_typescript_test(&source(file), title)) {
        return Some(format!("{}: {file} has no test {title}", row.id));
    }
    let missing = tests.iter().find(|(file, name)| !is_test(&source(&format!("{file}.rs")), name));
    missing.map(|(file, name)| format!("{}: {file}.rs has no test {name}", row.id))
}

#[test]
fn every_row_of_the_checklist_is_there_and_is_held_by_a_test_or_a_reason() {
    let page = read("docs/security.md");
    let rows = rows(&page);
    let known = ROWS.iter().flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}{number}")));
    let known: Vec<String> = known.chain((1..=CASES).map(|number| number.to_string())).collect();
    let found: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(found, known);
    let complaints: Vec<String> = rows.iter().filter_map(|row| complaint(row, read)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn what_a_review_found_names_tests_that_exist() {
    let page = read("docs/security.md");
    let section = page.split("\n## Found by a review\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let found = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    for line in found {
        let tests = named(line.trim_matches('|').split(" | ").nth(2).unwrap_or_default());
        assert!(!tests.is_empty(), "{line} names no test");
        for (file, name) in tests {
            assert!(is_test(&read(&format!("{file}.rs")), name), "{file}.rs has no test {name}");
        }
    }
}

#[test]
fn every_replayed_attack_is_the_one_that_its_line_names() {
    let page = read("docs/security.md");
    for row in rows(&page).iter().rev().take(CASES) {
        let tests = named(&row.cells[3]);
        assert_eq!(tests.len(), 1, "case {}", row.id);
        assert!(tests[0].1.starts_with(&format!("case_{}_", row.id)), "case {}: {}", row.id, tests[0].1);
    }
}

#[test]
fn what_is_wrong_with_a_row_is_noticed() {
    let source = |path: &str| {
        if path == "web/a.test.ts" {
            return "test(\"she gets in\", async () => {});\ntest.skip(\"she gets out\", () => {});".to_owned();
        }
        "#[test]\n#[ignore]\nfn there() {}\n\nfn helper() {}\n#[actix_web::test]\nasync fn later() {}".to_owned()
    };
    let judged = |held: &str| {
        let page = format!("| row | a | b | c |\n| --- | --- | --- | --- |\n| X1 | asks | from | {held} |\n");
        complaint(&rows(&page)[0], source)
    };
    assert_eq!(judged("`tests/a.rs::there`"), None);
    assert_eq!(judged("`tests/a.rs::there`, `src/b.rs::later`. Decided: more"), None);
    assert_eq!(judged("Decided: for a good reason"), None);
    for wrong in ["", "yes", "Decided: ", "`tests/a.rs::helper`", "`tests/a.rs::gone`", "`tests/a.rs::the`"] {
        assert!(judged(wrong).is_some(), "{wrong}");
    }
    assert_eq!(judged("`web/a.test.ts`, \"she gets in\""), None);
    for wrong in ["`web/a.test.ts`", "`web/a.test.ts`, \"she\"", "`web/a.test.ts`, \"she gets out\""] {
        assert!(judged(wrong).is_some(), "{wrong}");
    }
}
