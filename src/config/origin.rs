//! Web origins.

use url::Url;

/// An origin exactly as browsers send it in the header `Origin`: scheme, host and, unless it is the scheme's default, port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin. `None` for anything with a path, a wildcard, `null`, or another spelling than a browser's.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && !text.contains('*');
        (is_web && url.origin().ascii_serialization() == text).then(|| Self(text.to_owned()))
    }

    /// The text to compare with, byte by byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn only_text_that_a_browser_sends_is_an_origin() {
        for good in ["https://app.example.com", "http://localhost:5173", "https://[::1]:8443"] {
            assert_eq!(Origin::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "null",
            "*",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com:443",
            "HTTPS://app.example.com",
            "https://App.example.com",
            "app.example.com",
            "file:///tmp",
            "https://",
            "https://u@h",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }
}
