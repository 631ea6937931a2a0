//! The pages of the security checklist and of the reports from the field are complete and true, and so are the promises about
//! the code itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot read a file has failed")]

mod code;
mod field;
mod named_tests;
mod page;

use std::fs;
use std::path::PathBuf;

fn read(path: &str) -> String {
    let whole = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}
