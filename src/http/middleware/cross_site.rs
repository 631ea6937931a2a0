//! Refuses requests that pages of other sites send (the W3C's Fetch Metadata, and `Origin` for older browsers). `SameSite`
//! alone would let a sibling subdomain through.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderMap,
    HeaderName, ORIGIN,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::http::notices::Notice;
use crate::http::state::HttpState;
use crate::http::wire::method::is_unsafe;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::CROSS_SITE_REQUEST;

pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The middleware. It also hides an origin that is not allowed from the CORS layer below, which would otherwise respond
/// that credentials are allowed.
pub async fn refuse(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_allowed = is_allowed_origin(&request);
    if !is_allowed && is_foreign(request.headers()) {
        if is_unsafe(request.method()) {
            log_refusal(&request);
            let response: HttpResponse = Problem::from(&CROSS_SITE_REQUEST).response().finish();
            return Ok(request.into_response(response));
        }
        log_preflight(&request);
    }
    if !is_allowed {
        request.headers_mut().remove(ORIGIN);
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if !is_allowed {
        response.headers_mut().remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        response.headers_mut().remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    }
    Ok(response)
}

/// Logs a refused request. The operator may have forgotten the origin, or the user may have opened a file.
fn log_refusal(request: &ServiceRequest) {
    match origin_to_log(request) {
        Some(origin) if origin == "null" => tracing::warn!(
            event = "malicious_csrf",
            origin,
            "Refused a cross-site request of a page without an origin, such as a file or a sandboxed frame. It cannot be \
             allowed; serve the page over HTTP"
        ),
        Some(origin) => tracing::warn!(
            event = "malicious_csrf",
            origin,
            "Refused a cross-site request. If this origin is yours, add it to HEIRLOOM_ALLOWED_ORIGINS"
        ),
        None => tracing::warn!(event = "malicious_csrf", "Refused a cross-site request"),
    }
}

/// A browser asks before it sends JSON, and then sends nothing: the preflight is all that this server sees of the page.
fn log_preflight(request: &ServiceRequest) {
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight && let Some(origin) = origin_to_log(request).filter(|origin| origin != "null") {
        tracing::warn!(
            event = "malicious_cors",
            origin,
            "A page of another origin may not call this server. If this origin is yours, add it to HEIRLOOM_ALLOWED_ORIGINS"
        );
    }
}

/// The origin of a refused request, unless the log has named it within the last minute.
fn origin_to_log(request: &ServiceRequest) -> Option<String> {
    let origin = request.headers().get(ORIGIN)?;
    HttpState::of(request.request()).notices.due(Notice::Refused, origin.as_bytes())
}

/// Whether there is one `Origin`, and it is exactly one of the configured origins.
fn is_allowed_origin(request: &ServiceRequest) -> bool {
    let mut origins = request.headers().get_all(ORIGIN);
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let allowed = &HttpState::of(request.request()).options.allowed_origins;
    allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

/// Whether a page of another site sent this, according to the browser. A request with neither header is not a browser's.
fn is_foreign(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).map(|value| value.as_bytes());
    match (sites.next(), sites.next()) {
        (Some(b"cross-site" | b"same-site"), None) => return true,
        (Some(b"same-origin" | b"none"), None) => return false,
        // Absent, unknown or doubled: the specification treats all three as absent.
        _ => {}
    }
    let mut origins = headers.get_all(ORIGIN).map(|value| value.as_bytes());
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => !is_own(origin, headers),
        (Some(_), Some(_)) => true,
    }
}

/// Whether `origin` names the host that the browser connected to. The scheme is not compared, because TLS may end at a
/// proxy. A page cannot set `Host`. Anyone can send forwarded headers, so they are ignored.
fn is_own(origin: &[u8], headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).map(|value| value.as_bytes()) else { return false };
    let (authority, port) = match (origin.strip_prefix(b"https://"), origin.strip_prefix(b"http://")) {
        (Some(authority), _) => (authority, &b":443"[..]),
        (None, Some(authority)) => (authority, &b":80"[..]),
        (None, None) => return false,
    };
    // Browsers omit the scheme's default port and use lower case. Proxies may change both.
    !authority.is_empty() && authority.eq_ignore_ascii_case(host.strip_suffix(port).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

    use super::{SEC_FETCH_SITE, is_foreign};

    fn sent(site: Option<&str>, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("app.example"));
        if let Some(site) = site {
            headers.insert(SEC_FETCH_SITE, HeaderValue::from_str(site).unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers
    }

    #[test]
    fn the_whole_matrix() {
        let own = Some("https://app.example");
        for site in ["same-origin", "none"] {
            assert!(!is_foreign(&sent(Some(site), own)) && !is_foreign(&sent(Some(site), None)), "{site}");
        }
        for site in ["same-site", "cross-site"] {
            assert!(is_foreign(&sent(Some(site), own)) && is_foreign(&sent(Some(site), None)), "{site}");
        }
        for site in [None, Some("garbage"), Some("Same-Origin")] {
            assert!(!is_foreign(&sent(site, own)), "{site:?}");
            assert!(!is_foreign(&sent(site, None)), "{site:?}");
            for foreign in [
                "null",
                "https://evil.example",
                "https://app.example.evil",
                "https://evilapp.example",
                "https://app.example:8443",
                "https://app.example.",
                "ftp://app.example",
                "app.example",
                "",
            ] {
                assert!(is_foreign(&sent(site, Some(foreign))), "{site:?} {foreign:?}");
            }
        }
    }

    #[test]
    fn the_schemes_own_port_and_the_case_of_the_host_make_no_difference() {
        let sent_to = |host: &str, origin: &str| {
            let mut headers = sent(None, Some(origin));
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            is_foreign(&headers)
        };
        assert!(!sent_to("App.Example:443", "https://app.example"));
        assert!(!sent_to("app.example:80", "http://app.example"));
        assert!(!sent_to("app.example:8443", "https://app.example:8443"));
        assert!(sent_to("app.example:80", "https://app.example"));
        assert!(sent_to("app.example:8443", "https://app.example"));
        assert!(sent_to("app.example", "https://app.example:8443"));
        assert!(sent_to(":443", "https://"));
    }

    #[test]
    fn a_doubled_origin_is_foreign() {
        let mut headers = sent(None, Some("https://app.example"));
        headers.append(ORIGIN, HeaderValue::from_static("https://app.example"));
        assert!(is_foreign(&headers));
    }
}
