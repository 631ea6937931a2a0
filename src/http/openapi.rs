//! The OpenAPI document. Its list of operations is the server's own, see [`super::routes`].

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, RefOr, Server};

use super::routes;

/// The document as it is kept in the repository, and served at `/openapi.json` with the prefix that all paths are under.
pub fn openapi_json(base_path: &str) -> String {
    let mut document = document();
    if !base_path.is_empty() {
        document.servers = Some(vec![Server::new(base_path)]);
    }
    let mut text = document.to_pretty_json().expect("the document is made of texts");
    text.push('\n');
    text
}

pub(super) fn document() -> OpenApi {
    let mut document = routes::operations();
    document.info = InfoBuilder::new()
        .title("Heirloom")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Sessions for browser apps: a refresh token in an HttpOnly cookie, rotated on every refresh, and access tokens \
             that other services verify by themselves. Errors are problems (RFC 9457) with a stable `code`.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    let tag = |name, description| TagBuilder::new().name(name).description(Some(description)).build();
    document.tags = Some(vec![
        tag("sessions", "Beginning a session, keeping it alive and ending it"),
        tag("account", "What an access token opens"),
        tag("operation", "For balancers, monitors, and services that verify access tokens"),
    ]);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "__Host-heirloom_access",
        "Where the server sets one (HEIRLOOM_ACCESS_COOKIE); not looked at beside a Bearer value",
    ));
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(cookie));
    let csrf = ApiKey::Header(ApiKeyValue::with_description(
        "X-CSRF-Token",
        "The value of the cookie __Host-heirloom_csrf, which pages can read",
    ));
    components.add_security_scheme(CSRF, SecurityScheme::ApiKey(csrf));
    document.paths.paths.values_mut().for_each(add_the_cookie);
    document
}

const BEARER: &str = "access_token";
const COOKIE: &str = "access_cookie";
const CSRF: &str = "csrf_token";

/// Whatever a Bearer value opens, the access cookie opens too: the extractor is one, so no operation says so by itself.
fn add_the_cookie(item: &mut PathItem) {
    for operation in [&mut item.get, &mut item.head].into_iter().flatten() {
        open_to(operation, requirement(COOKIE));
    }
    for operation in [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
        if open_to(operation, requirement(COOKIE).add::<_, [String; 0], _>(CSRF, [])) {
            say_that_csrf_fails(operation);
        }
    }
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, [String; 0], _>(scheme, [])
}

/// Adds a way in beside the Bearer value; false for an operation that wants none.
fn open_to(operation: &mut Operation, way: SecurityRequirement) -> bool {
    match &mut operation.security {
        Some(ways) if ways.contains(&requirement(BEARER)) => {
            ways.push(way);
            true
        }
        _ => false,
    }
}

fn say_that_csrf_fails(operation: &mut Operation) {
    const FAILS: &str = "`csrf_failed`, where the access token came as a cookie";
    let responses = &mut operation.responses.responses;
    match responses.get_mut("403") {
        Some(RefOr::T(refused)) => refused.description = format!("{}; {FAILS}", refused.description),
        _ => {
            let Some(RefOr::T(like)) = responses.get("401") else { return };
            let mut refused = like.clone();
            FAILS.clone_into(&mut refused.description);
            responses.insert("403".to_owned(), RefOr::T(refused));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::openapi::path::PathItem;

    use super::add_the_cookie;

    fn with_the_cookie(item: Value) -> Value {
        let mut item: PathItem = serde_json::from_value(item).unwrap();
        add_the_cookie(&mut item);
        serde_json::to_value(item).unwrap()
    }

    #[test]
    fn operations_that_a_bearer_value_opens_are_open_to_the_cookie_and_unsafe_ones_want_the_header_with_it() {
        let (bearer, cookie) = (json!({ "access_token": [] }), json!({ "access_cookie": [] }));
        let both = json!({ "access_cookie": [], "csrf_token": [] });
        let guarded = json!({
            "security": [bearer], "responses": { "401": { "description": "no token", "content": {} } }
        });
        let item = with_the_cookie(json!({ "get": guarded, "post": guarded, "delete": {
            "security": [bearer],
            "responses": { "403": { "description": "`invalid_credentials`" } },
        }, "put": { "responses": {} } }));
        assert_eq!(item["get"]["security"], json!([bearer, cookie]));
        assert_eq!(item["get"]["responses"].get("403"), None);
        assert_eq!(item["post"]["security"], json!([bearer, both]));
        let fails = "`csrf_failed`, where the access token came as a cookie";
        assert_eq!(item["post"]["responses"]["403"]["description"], fails);
        assert_eq!(item["post"]["responses"]["401"]["description"], "no token");
        let refused = &item["delete"]["responses"]["403"]["description"];
        assert_eq!(*refused, format!("`invalid_credentials`; {fails}"));
        assert_eq!(item["put"].get("security"), None);
    }
}
