//! Case 8: what another site's page can make a browser send.

use serde_json::json;

use super::super::client::{Client, PASSWORD};
use super::{COOKIE, Jar, Site, verdict};

/// SvelteKit CVE-2023-29003 and CVE-2023-29008, Hono GHSA-2234-fmw7-43wr: the check looked at the content type, and some
/// passed it by.
#[test]
fn case_8_no_content_type_and_no_odd_path_leads_past_the_check() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let cookie = format!("{COOKIE}={}", alice.refresh);
    let account = json!({ "email": "bob@example.com", "password": PASSWORD }).to_string();
    let types = [
        "text/plain",
        "TEXT/PLAIN",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
        "text/plain; charset=application/json",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; boundary=x",
        "application/csp-report",
        "",
    ];
    let rows = || {
        let of = |table: &str| site.counts(&format!("SELECT count(*) AS number FROM {table}"));
        (of("users"), of("token_families"), of("token_families WHERE generation > 1 OR revoked_at IS NOT NULL"))
    };
    let before = rows();
    for path in ["/login", "/register", "/refresh", "/logout"] {
        for content_type in types {
            // A browser that tells where it comes from, and an old one that tells nothing.
            for site in [Some("cross-site"), Some("same-site"), None] {
                let mut headers: Vec<(&str, &[u8])> = vec![("content-type", content_type.as_bytes())];
                headers.extend(site.map(|site| ("sec-fetch-site", site.as_bytes())));
                headers.extend(site.map(|_| ("cookie", cookie.as_bytes())));
                let answer = client.send("POST", path, &headers, account.as_bytes());
                let wanted = match site {
                    Some(_) => (403, "cross_site_request"),
                    None => (415, "unsupported_media_type"),
                };
                assert_eq!(verdict(&answer), wanted, "{path} {content_type:?} {site:?}");
                assert!(!answer.headers.iter().any(|(name, _)| name == "set-cookie"), "{answer:?}");
            }
        }
        let foreign = [("cookie", cookie.as_bytes()), ("origin", b"https://evil.example")];
        assert_eq!(verdict(&client.send("POST", path, &foreign, b"")), (403, "cross_site_request"), "{path}");
    }
    for path in ["/refresh/", "//refresh", "/REFRESH", "/refresh;x", "/%72efresh/", "/x/../refresh", "/refresh%2f"] {
        let headers = [("cookie", cookie.as_bytes()), ("sec-fetch-site", b"cross-site")];
        assert_eq!(verdict(&client.send("POST", path, &headers, b"")), (403, "cross_site_request"), "{path}");
        let own = [("cookie", cookie.as_bytes())];
        assert_eq!(verdict(&client.send("POST", path, &own, b"")), (404, "not_found"), "{path}");
    }
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH"] {
        for path in ["/login", "/register", "/refresh", "/logout"] {
            let answer = client.send(method, path, &[("cookie", cookie.as_bytes())], b"");
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    assert_eq!(rows(), before);
    assert_eq!(alice.refreshes(&client).status, 200);
}
