//! A proxy that removes a prefix from the path, so that the server does not know the address that the browser has.

use url::Url;

use crate::support::App;

/// The prefix that the proxy removes.
const OUTSIDE: &str = "https://shop.example/sso";

/// Where a browser goes that has asked for `path` below the prefix.
fn is_led_to(app: &App, base: &str, path: &str) -> String {
    let inside = path.strip_prefix(base).unwrap();
    let answer = app.browser().bare_request("GET", inside).send();
    assert_eq!(answer.status, 303, "{path}");
    let asked = Url::parse(&format!("{OUTSIDE}{path}")).unwrap();
    asked.join(answer.header("location").unwrap()).unwrap().to_string()
}

#[test]
fn every_redirect_stays_below_the_prefix_and_keeps_the_query() {
    for base in ["", "/auth", "/a/b"] {
        let app = App::with(|config| config.base_path = base.to_owned());
        let mut paths = vec![format!("{base}/"), format!("{base}/app")];
        if !base.is_empty() {
            paths.push(base.to_owned());
        }
        for path in paths {
            let to = is_led_to(&app, base, &path);
            assert_eq!(to, format!("{OUTSIDE}{base}/app/"), "{path}");
            for query in ["next=%2Forders&lang=de", "x", "a=b?c/d", "//evil.example", "u=https://evil.example/"] {
                let to = is_led_to(&app, base, &format!("{path}?{query}"));
                assert_eq!(to, format!("{OUTSIDE}{base}/app/?{query}"), "{path}");
            }
        }
    }
}

#[test]
fn a_redirect_is_a_reference_whatever_bytes_the_query_has() {
    use crate::support::app::seconds;
    use crate::support::wire::raw;
    let app = App::start();
    for byte in (1..=u8::MAX).filter(|byte| ![b'\n', b'\r', b' '].contains(byte)) {
        let request = [b"GET /?x=", &[byte][..], b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"].concat();
        let answer = raw(&app.url, &request, seconds(10));
        assert!(answer.starts_with("HTTP/1.1 303") || answer.starts_with("HTTP/1.1 400"), "{byte}: {answer}");
        let to = answer.lines().find_map(|line| line.strip_prefix("location: "));
        assert!(to.is_none_or(|to| to.starts_with("app/")), "{byte}: {answer}");
    }
}

#[test]
fn the_page_of_the_document_names_no_path_from_the_root() {
    let app = App::start();
    let page = app.browser().bare_request("GET", "/docs").send().text;
    let named: Vec<&str> = page.split(['"']).skip(1).step_by(2).filter(|value| value.contains(['/', '.'])).collect();
    assert!(named.len() >= 5, "{named:?}");
    for path in named {
        assert!(!path.starts_with('/'), "{path} is outside of the prefix");
    }
}
