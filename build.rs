//! Puts the built web app into the binary: a table of its files, each with a tag that changes with its content. Without
//! a built one the table is empty, so that a machine without node builds a server all the same. And puts in the migrations.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `npm run build` in `web/` puts it.
const DIST: &str = "web/app/dist";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let dist = root.join(DIST);
    // A path that is not there would make cargo run this, and compile everything, each time.
    let watched = dist.ancestors().find(|path| path.is_dir()).unwrap_or(&root);
    println!("cargo:rerun-if-changed={}", watched.display());
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = BTreeMap::new();
    if dist.is_dir() {
        collect(&dist, "", &mut files)?;
    }
    fs::write(out.join("web_app_files.rs"), table(&files)?)?;
    let migrations = root.join("migrations");
    println!("cargo:rerun-if-changed={}", migrations.display());
    fs::write(out.join("migrations.rs"), migrations_table(&migrations)?)
}

/// Every folder of migrations, in the order of their names.
fn migrations_table(migrations: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(migrations)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    let mut table = String::from("[\n");
    for name in names.iter().filter(|name| migrations.join(name).is_dir()) {
        let file = |file: &str| migrations.join(name).join(file);
        let (up, down) = (file("up.sql"), file("down.sql"));
        // Writing to a text cannot fail.
        let _ = writeln!(
            table,
            "    SqlMigration {{ name: {name:?}, up: include_str!({up:?}), down: include_str!({down:?}) }},"
        );
    }
    table.push_str("]\n");
    Ok(table)
}

/// Every file below `folder`, by its path as a URL has it.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, path);
        }
    }
    Ok(())
}

fn table(files: &BTreeMap<String, PathBuf>) -> io::Result<String> {
    let mut table = String::from("&[\n");
    for (name, path) in files {
        let mut hasher = DefaultHasher::new();
        fs::read(path)?.hash(&mut hasher);
        let tag = format!("{:016x}", hasher.finish());
        // Writing to a text cannot fail.
        let _ = writeln!(table, "    File {{ name: {name:?}, tag: {tag:?}, bytes: include_bytes!({path:?}) }},");
    }
    table.push_str("]\n");
    Ok(table)
}
