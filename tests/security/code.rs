//! What is promised of the code and of what it is made of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::read;

#[test]
fn there_is_no_unsafe_code_of_ours() {
    assert!(read("Cargo.toml").contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""));
    for manifest in ["Cargo.toml", "crates/verify/Cargo.toml"] {
        assert!(read(manifest).contains("[lints]\nworkspace = true\n"), "for tests and examples of {manifest} too");
    }
    assert!(read("src/lib.rs").contains("#![forbid(unsafe_code)]"));
    assert!(read("src/main.rs").contains("#![forbid(unsafe_code)]"));
}

/// All files below a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

#[test]
fn pages_show_text_as_text_only() {
    let mut sources = Vec::new();
    for directory in ["web/app/src", "web/client/src"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut sources);
    }
    assert!(sources.len() > 20);
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        for way in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "dangerously", "eval(", "Function("]
        {
            assert!(!text.contains(way), "{}: {way}", source.display());
        }
    }
}

/// The packages of a lock file, each with where it comes from; ours come from nowhere.
fn locked(path: &str) -> Vec<(String, Option<String>)> {
    let text = read(path);
    let value = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")).map(str::to_owned));
        line.map(|line| line.trim_matches('"').to_owned())
    };
    let packages = text.split("[[package]]").skip(1);
    packages.map(|package| (value(package, "name").unwrap(), value(package, "source"))).collect()
}

#[test]
fn the_framework_is_built_without_http_2() {
    let packages = locked("Cargo.lock");
    assert!(packages.len() > 100 && packages.iter().any(|(name, _)| name == "actix-http"));
    assert!(!packages.iter().any(|(name, _)| name == "h2"), "RUSTSEC-2026-0258: see deny.toml");
}

#[test]
fn dependencies_are_locked_and_checked() {
    for path in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let sources: BTreeSet<Option<String>> = locked(path).into_iter().map(|(_, source)| source).collect();
        let registry = "registry+https://github.com/rust-lang/crates.io-index".to_owned();
        assert_eq!(sources, [None, Some(registry)].into(), "{path}");
    }
    let rules = read("deny.toml");
    for rule in ["yanked = \"deny\"", "wildcards = \"deny\"", "unknown-registry = \"deny\"", "unknown-git = \"deny\""] {
        assert!(rules.contains(rule), "{rule}");
    }
    // An exception needs a reason; there is none.
    assert!(rules.contains("\nignore = []\n"));
    assert!(read(".github/workflows/ci.yml").contains("make deny"));
    let makefile = read("Makefile");
    let builds = makefile.lines().map(str::trim).filter(|line| {
        ["cargo build", "cargo test", "cargo run", "cargo clippy", "cargo install"]
            .iter()
            .any(|start| line.starts_with(start))
    });
    let loose: Vec<&str> = builds.filter(|line| !line.contains("--locked")).collect();
    assert!(loose.is_empty(), "{loose:?}");
}
