//! Origins of pages.

use url::Url;

/// Schemes of pages whose origin is `null`, whatever some browsers send, and of URLs that are no pages.
const WITHOUT_ORIGIN: [&str; 10] =
    ["about", "blob", "content", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"];

/// An origin exactly as browsers send it in the header `Origin`: scheme, host and, unless it is the scheme's default, port.
/// Apps and browser extensions have schemes of their own, such as `capacitor://localhost`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin. `None` for anything with a path, a wildcard, `null`, or another spelling than a browser's.
    pub fn parse(text: &str) -> Option<Self> {
        (is_web(text) || is_of_an_app(text)).then(|| Self(text.to_owned()))
    }

    /// The text to compare with, byte by byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_web(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    matches!(url.scheme(), "http" | "https") && !text.contains('*') && url.origin().ascii_serialization() == text
}

/// No standard says how browsers write such an origin, so the text is taken as it is.
fn is_of_an_app(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let is_scheme_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    let is_host_character = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.chars().all(is_scheme_character);
    let is_host = !host.is_empty() && host.chars().all(is_host_character);
    // A misspelt `https` is not a scheme of an app.
    is_scheme && is_host && !scheme.starts_with("ht") && !WITHOUT_ORIGIN.contains(&scheme)
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
            "file://",
            "file://localhost",
            "data://x",
            "blob://x",
            "ws://app.example.com",
            "wss://app.example.com",
            "ftp://app.example.com",
            "javascript://x",
            "content://com.example.app",
            "htps://app.example.com",
            "htttps://app.example.com",
            "capacitor://",
            "capacitor://localhost/",
            "capacitor://localhost:80",
            "capacitor://local*",
            "capacitor://a@b",
            "Capacitor://localhost",
            "1app://x",
            "://x",
            "capacitor:localhost",
            "app://x y",
            "app://ä",
            "https://",
            "https://u@h",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_app_or_an_extension_has_an_origin_of_its_own_scheme() {
        for good in [
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "http://tauri.localhost",
            "app://.",
            "app://com.example.app",
            "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
            "moz-extension://3f7c2b0e-6d0c-4b9d-9a53-6d9f6a2c1e11",
            "safari-web-extension://3F7C2B0E-6D0C-4B9D-9A53-6D9F6A2C1E11",
        ] {
            assert_eq!(Origin::parse(good).unwrap().as_str(), good);
        }
    }
}
