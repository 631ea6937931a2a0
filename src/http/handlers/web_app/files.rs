//! The files of the built app.

/// One file of the built app.
pub struct File {
    /// Its path below `/app/`.
    pub name: &'static str,
    /// Changes with the content.
    pub tag: &'static str,
    pub bytes: &'static [u8],
}

/// Sorted by name. Empty if this binary was built without the app.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_app_files.rs"));

/// The app's page.
pub const INDEX: &str = "index.html";

/// An encoding that files are also kept in, by the suffix of the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoding {
    pub name: &'static str,
    suffix: &'static str,
}

/// The best first.
pub const ENCODINGS: [Encoding; 2] = [Encoding { name: "br", suffix: ".br" }, Encoding { name: "gzip", suffix: ".gz" }];

/// Whether the app is part of this binary.
pub fn is_built() -> bool {
    find(INDEX).is_some()
}

/// The file with this name. The encoded forms of files are not found by their own names.
pub fn find(name: &str) -> Option<&'static File> {
    let is_encoded = ENCODINGS.iter().any(|encoding| name.ends_with(encoding.suffix));
    if is_encoded { None } else { look_up(name) }
}

impl File {
    /// The file in this encoding, if it is kept in it.
    pub fn encoded(&self, encoding: Encoding) -> Option<&'static File> {
        look_up(&format!("{}{}", self.name, encoding.suffix))
    }

    /// Whether the name has a hash of the content.
    pub fn is_immutable(&self) -> bool {
        self.name.starts_with("assets/")
    }

    pub fn content_type(&self) -> &'static str {
        content_type(self.name)
    }
}

fn look_up(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().map(|at| &FILES[at])
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn the_name_of_a_file_decides_its_type() {
        assert_eq!(content_type("assets/index-1a2b.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("assets/index-1a2b.css"), "text/css; charset=utf-8");
        assert_eq!(content_type("LICENSE"), "application/octet-stream");
    }
}
