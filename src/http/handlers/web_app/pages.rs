//! Serving the app's files.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, ETAG, EntityTag, HeaderName, LOCATION, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::files::{File, INDEX, find};
use super::negotiation::Negotiation;
use crate::http::state::State;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::NOT_FOUND;

/// Scripts, styles and requests of this host only, and none inside the page itself.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                   base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'; trusted-types 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Redirects to the app from the paths beside it. The reference is relative (RFC 9110 §10.2.2), because a proxy may have
/// removed a prefix from the path.
pub async fn redirect(request: HttpRequest) -> HttpResponse {
    redirect_to("app/", &request)
}

/// The same from the base path without a slash at its end.
pub async fn redirect_from_base(state: State, request: HttpRequest) -> HttpResponse {
    let last_segment = state.options.base_path.rsplit('/').next().unwrap_or_default();
    redirect_to(&format!("{last_segment}/app/"), &request)
}

/// With the query of the request. Bytes that a header cannot have do not get this far.
fn redirect_to(path: &str, request: &HttpRequest) -> HttpResponse {
    let query = request.uri().query();
    let location = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// A file of the app. A path that the app itself makes gets the app's page. Such a path has one segment and no dot, because
/// the page finds its files by relative paths.
pub async fn file(name: web::Path<String>, negotiation: Negotiation) -> Result<HttpResponse, Problem> {
    match find(&name) {
        Some(file) => Ok(response(&negotiation, file)),
        None if !name.contains(['/', '.']) => {
            Ok(find(INDEX).map_or_else(not_built, |index| response(&negotiation, index)))
        }
        None => Err((&NOT_FOUND).into()),
    }
}

fn response(negotiation: &Negotiation, file: &'static File) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, "accept-encoding"));
    response.insert_header((ETAG, EntityTag::new_weak(file.tag.to_owned()).to_string()));
    let cache = if file.is_immutable() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.insert_header((CACHE_CONTROL, cache));
    if file.name == INDEX {
        response.insert_header((CONTENT_SECURITY_POLICY, CSP)).insert_header((OPENER_POLICY, "same-origin"));
    }
    if negotiation.is_known(file.tag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    response.content_type(file.content_type());
    match negotiation.best_encoding(file) {
        Some((encoding, encoded)) => response.insert_header((CONTENT_ENCODING, encoding.name)).body(encoded.bytes),
        None => response.body(file.bytes),
    }
}

/// The page of a binary that was built without the app.
fn not_built() -> HttpResponse {
    const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Heirloom: the web app is not built</title>
<h1>The web app is not part of this binary</h1>
<p>To build it you need Node.js 20 or later and npm. Install them, then run <code>make build</code> or <code>make run</code>,
which build the app first and then the server with it.</p>
<p>The server itself is complete: see <a href=\"../docs\">its API</a>. With <code>HEIRLOOM_APP=off</code> this page is not
served.</p>
</html>
";
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE)
}
