//! The tests that a page names.

/// The tests that a text names: file and function.
pub fn named(text: &str) -> Vec<(&str, &str)> {
    text.split('`').skip(1).step_by(2).filter_map(|word| word.split_once(".rs::")).collect()
}

/// The tests of the part that is written in TypeScript, as ``file`, "title"``.
pub fn named_in_typescript(text: &str) -> Vec<(&str, &str)> {
    let words: Vec<&str> = text.split('`').collect();
    let files = words.windows(2).filter(|pair| pair[0].ends_with(".ts") || pair[0].ends_with(".tsx"));
    files.filter_map(|pair| Some((pair[0], pair[1].strip_prefix(", \"")?.split_once('"')?.0))).collect()
}

/// Whether `source` has the test `title`, which runs.
pub fn is_typescript_test(source: &str, title: &str) -> bool {
    ["test", "it"].iter().any(|call| source.contains(&format!("{call}(\"{title}\", ")))
}

/// Whether `source` has the test `name`.
pub fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| {
        line.trim_start_matches("async ").strip_prefix("fn ").is_some_and(|rest| rest.starts_with(&format!("{name}(")))
    });
    let above = |at: usize| lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    at.is_some_and(|at| above(at).any(|line| line.starts_with("#[test]") || line.starts_with("#[actix_web::test]")))
}
