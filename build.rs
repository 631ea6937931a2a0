//! Puts the built web app into the binary: a table of its files, each with a tag that changes with its content. Without
//! a built one the table is empty, so that a machine without node builds a server all the same.

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
    fs::write(out.join("web_app_files.rs"), table(&files)?)
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
