//! How the source is built: which module may import which, that no files import each other in a circle, how long a file
//! may be, and what it must not contain. Each failure names the file, and where there is one the line.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

#[path = "architecture/contents.rs"]
mod contents;
#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/face.rs"]
mod face;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/lexer.rs"]
mod lexer;
#[path = "architecture/reader.rs"]
mod reader;
#[path = "architecture/source.rs"]
mod source;

use source::{Source, names};

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Lines that name something that begins with `name`.
fn uses(source: &Source, name: &str) -> Vec<String> {
    let found = source.lines().filter(|(_, line)| names(line, name));
    found
        .map(|(number, line)| format!("{}:{number}: {name} does not belong here: {}", source.path, line.trim()))
        .collect()
}
