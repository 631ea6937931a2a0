//! The web app at `/app/`: files that were built from `web/app` and are part of this binary.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, ETAG, EntityTag, HeaderMap,
    HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, VARY,
};
use actix_web::{HttpRequest, HttpResponse, guard, web};

use super::problem::{NOT_FOUND, Problem};
use super::routes::not_allowed;
use super::state::HttpState;

/// One file of the built app.
struct File {
    /// Its path below `/app/`.
    name: &'static str,
    /// Changes with its content.
    tag: &'static str,
    bytes: &'static [u8],
}

/// Sorted by name; empty if this binary was built without the app.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_app_files.rs"));

const INDEX: &str = "index.html";

/// Scripts, styles and requests of this host only, and nothing written into the page itself.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                   base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'; trusted-types 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Each encoding that files may be kept in beside their plain form, by the ending of the name; the best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether the app is part of this binary.
pub fn is_built() -> bool {
    find(INDEX).is_some()
}

/// Puts the app, and the way to it, below the base path.
pub(super) fn configure(scope: actix_web::Scope) -> actix_web::Scope {
    let way_in = |path: &str| {
        let reads = guard::Any(guard::Get()).or(guard::Head());
        web::resource(path).route(web::route().guard(reads).to(lead_there)).default_service(web::to(only_reads))
    };
    let reads = guard::Any(guard::Get()).or(guard::Head());
    let file = web::resource("/app/{file:.*}").route(web::route().guard(reads).to(file));
    scope
        .service(way_in(""))
        .service(way_in("/"))
        .service(way_in("/app"))
        .service(file.default_service(web::to(only_reads)))
}

async fn only_reads() -> HttpResponse {
    not_allowed(HeaderValue::from_static("GET, HEAD")).await
}

async fn lead_there(request: HttpRequest) -> HttpResponse {
    let base = &HttpState::of(&request).options.base_path;
    HttpResponse::SeeOther().insert_header((LOCATION, format!("{base}/app/"))).finish()
}

/// A file, or for an address of the app's own making the page that knows it. Those have one segment and no dot, since the
/// page finds its files beside itself.
async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    match find(&name) {
        Some(file) if !is_encoded(file) => Ok(answer(&request, file)),
        None if !name.contains(['/', '.']) => Ok(find(INDEX).map_or_else(not_built, |index| answer(&request, index))),
        _ => Err((&NOT_FOUND).into()),
    }
}

fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().map(|at| &FILES[at])
}

fn is_encoded(file: &File) -> bool {
    ENCODINGS.iter().any(|(_, ending)| file.name.ends_with(ending))
}

fn answer(request: &HttpRequest, file: &'static File) -> HttpResponse {
    let encoded = best_encoding(request.headers(), file);
    let mut response = HttpResponse::Ok();
    let tag = EntityTag::new_weak(file.tag.to_owned());
    response.insert_header((VARY, "accept-encoding"));
    response.insert_header((ETAG, tag.to_string()));
    // The names of these hold a hash of their content.
    let is_forever = file.name.starts_with("assets/");
    response
        .insert_header((CACHE_CONTROL, if is_forever { "public, max-age=31536000, immutable" } else { "no-cache" }));
    if file.name == INDEX {
        response.insert_header((CONTENT_SECURITY_POLICY, CSP)).insert_header((OPENER_POLICY, "same-origin"));
    }
    if is_known(request.headers(), file.tag) {
        return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
    }
    response.content_type(content_type(file.name));
    match encoded {
        Some((encoding, encoded)) => response.insert_header((CONTENT_ENCODING, encoding)).body(encoded.bytes),
        None => response.body(file.bytes),
    }
}

/// The smallest form of `file` that the client takes. A weight of nought refuses an encoding (RFC 9110 §12.5.3).
fn best_encoding(headers: &HeaderMap, file: &File) -> Option<(&'static str, &'static File)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |encoding: &str| {
        accepted.split(',').any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(encoding) && weight.is_none_or(|weight| weight > 0.0)
        })
    };
    let mut kept = ENCODINGS.iter().filter(|(encoding, _)| takes(encoding));
    kept.find_map(|&(encoding, ending)| Some((encoding, find(&format!("{}{ending}", file.name))?)))
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    known.map(|known| known.trim().trim_start_matches("W/").trim_matches('"')).any(|known| known == tag)
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

/// What stands in the app's place where nobody has built it.
fn not_built() -> HttpResponse {
    const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Heirloom: the web app is not built</title>
<h1>The web app is not part of this binary</h1>
<p>It is made with Node.js 20 or later and npm. Install them, then run <code>make build</code> (or <code>make run</code>),
which builds the app first and the server with it.</p>
<p>The server itself is complete: <a href=\"../docs\">its interface</a> answers as ever. With <code>HEIRLOOM_APP=off</code>
this page is not served.</p>
</html>
";
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, IF_NONE_MATCH};

    use super::{File, content_type, is_known};

    fn with(name: actix_web::http::header::HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_tag_is_known_among_others_weak_or_strong() {
        for sent in ["\"abc\"", "W/\"abc\"", "\"x\", W/\"abc\" ,\"y\""] {
            assert!(is_known(&with(IF_NONE_MATCH, sent), "abc"), "{sent}");
        }
        for sent in ["\"abcd\"", "\"x\",\"y\"", ""] {
            assert!(!is_known(&with(IF_NONE_MATCH, sent), "abc"), "{sent}");
        }
    }

    #[test]
    fn a_file_that_is_kept_in_no_other_form_is_sent_plain() {
        let file = File { name: "only-plain.js", tag: "", bytes: b"" };
        assert!(super::best_encoding(&with(ACCEPT_ENCODING, "gzip, br"), &file).is_none());
    }

    #[test]
    fn names_tell_what_is_in_a_file_and_nothing_is_left_to_guess() {
        assert_eq!(content_type("assets/index-1a2b.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("assets/index-1a2b.css"), "text/css; charset=utf-8");
        assert_eq!(content_type("LICENSE"), "application/octet-stream");
    }
}
