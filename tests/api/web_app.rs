//! The web app as a browser loads it. It may or may not be part of the binary under test; what only a built one can show is
//! asked of a built one, and what stands in its place of the other.

use crate::support::{Answer, App};

fn gets(app: &App, path: &str) -> Answer {
    app.browser().bare_request("GET", path).send()
}

/// What a page loads, as its text names it.
fn linked(page: &str) -> Vec<String> {
    let attributes = page.split(['"', ' ', '\n']).filter_map(|word| word.strip_prefix("./"));
    attributes.map(|name| format!("/app/{name}")).collect()
}

fn is_built() -> bool {
    heirloom::http::is_app_built()
}

/// The page in the app's place.
fn tells_how_to_build(answer: &Answer) {
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("make build") && answer.text.contains("Node.js"), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn the_root_leads_to_the_app() {
    for base in ["", "/auth"] {
        let app = App::with(|config| config.base_path = base.to_owned());
        for path in ["/", "/app"] {
            let answer = gets(&app, path);
            assert_eq!((answer.status, answer.header("location")), (303, Some("app/")), "{base}{path}");
        }
        assert_eq!(app.browser().bare_request("POST", "/").send().verdict(), (405, "method_not_allowed"));
        assert_eq!(app.browser().bare_request("DELETE", "/app/").send().header("allow"), Some("GET, HEAD"));
    }
}

#[test]
fn a_server_without_the_app_has_nothing_there() {
    let app = App::with(|config| config.has_app = false);
    for path in ["/", "/app", "/app/", "/app/login", "/app/index.html"] {
        assert_eq!(gets(&app, path).verdict(), (404, "not_found"), "{path}");
    }
}

#[test]
fn every_address_of_the_app_is_its_page_under_a_strict_policy() {
    let app = App::start();
    for path in ["/app/", "/app/login", "/app/account", "/app/anything"] {
        let answer = gets(&app, path);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        if is_built() {
            assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-cache")), "{path}");
            for directive in ["script-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'self'"] {
                assert!(policy.contains(directive), "{policy}");
            }
            assert!(answer.text.contains("<div id=\"root\">"), "{}", answer.text);
        } else {
            tells_how_to_build(&answer);
        }
    }
}

#[test]
fn what_is_no_file_of_the_app_is_not_found() {
    let app = App::start();
    for path in
        ["/app/a/b", "/app/assets/none.js", "/app/..%2fCargo.toml", "/app/assets/%2e%2e/index.html", "/app/x.js"]
    {
        let answer = gets(&app, path);
        assert_eq!(answer.verdict(), (404, "not_found"), "{path}");
    }
}

#[test]
fn files_are_kept_for_ever_by_name_and_the_page_is_asked_for_each_time() {
    let app = App::with(|config| config.base_path = "/auth".to_owned());
    if !is_built() {
        return tells_how_to_build(&gets(&app, "/app/"));
    }
    let page = gets(&app, "/app/");
    let tag = page.header("etag").unwrap().to_owned();
    let again = app.browser().bare_request("GET", "/app/").header("if-none-match", &tag).send();
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag.as_str()));
    let files = linked(&page.text);
    assert!(
        files.iter().any(|file| file.ends_with(".js")) && files.iter().any(|file| file.ends_with(".css")),
        "{files:?}"
    );
    for file in files {
        let answer = gets(&app, &file);
        assert_eq!(answer.status, 200, "{file}");
        let is_hashed = file.starts_with("/app/assets/");
        let wanted = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(answer.header("cache-control"), Some(wanted), "{file}");
        let kind = answer.header("content-type").unwrap();
        let endings =
            [(".js", "text/javascript; charset=utf-8"), (".css", "text/css; charset=utf-8"), (".svg", "image/svg+xml")];
        assert!(endings.iter().any(|&(ending, wanted)| file.ends_with(ending) && kind == wanted), "{file}: {kind}");
    }
}

#[test]
fn a_client_gets_the_smallest_form_that_it_takes() {
    let app = App::start();
    if !is_built() {
        return tells_how_to_build(&gets(&app, "/app/"));
    }
    let is_bundle = |file: &String| file.starts_with("/app/assets/") && file.ends_with(".js");
    let script = linked(&gets(&app, "/app/").text).into_iter().find(is_bundle).unwrap();
    let sent = |accepted: &str| {
        let answer = app.browser().bare_request("HEAD", &script).header("accept-encoding", accepted).send();
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        (answer.header("content-encoding").map(str::to_owned), length)
    };
    let (plain, whole) = sent("identity");
    let (gzip, smaller) = sent("gzip, deflate");
    let (brotli, smallest) = sent("gzip, deflate, br");
    assert_eq!((plain.as_deref(), gzip.as_deref(), brotli.as_deref()), (None, Some("gzip"), Some("br")));
    assert!(whole > 2 * smaller && smaller > smallest, "{whole} {smaller} {smallest}");
    assert_eq!(sent("br;q=0, gzip").0.as_deref(), Some("gzip"));
    assert_eq!(gets(&app, &format!("{script}.br")).status, 404);
}
