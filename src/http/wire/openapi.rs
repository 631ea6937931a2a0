//! What the OpenAPI document says of every operation of a kind, so no handler repeats it: how to authenticate besides Bearer,
//! and the problems that its body, its method and its credentials can cause.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::{FieldProblem, ProblemBody};
use super::problem_docs::{document, examples, has_problems};
use super::problem_kind::Kind;
use super::problems::{
    ACCESS_TOKEN_EXPIRED, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_MISSING, CROSS_SITE_REQUEST, CSRF_FAILED, INTERNAL,
    MALFORMED_JSON, MALFORMED_REQUEST, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, SESSION_REVOKED, UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED,
};
use super::service_problems::{INSUFFICIENT_SCOPE, SERVICE_KEY_INVALID, SERVICE_KEY_MISSING};
use crate::domain::service_key::Scope;

const BEARER: &str = "access_token";
const COOKIE: &str = "access_cookie";
const CSRF: &str = "csrf_token";
const SERVICE_KEY: &str = "service_key";

/// Of an operation with a body.
static OF_A_BODY: [&Kind; 6] = [
    &MALFORMED_JSON,
    &MALFORMED_REQUEST,
    &UNSUPPORTED_MEDIA_TYPE,
    &PAYLOAD_TOO_LARGE,
    &REQUEST_TIMEOUT,
    &VALIDATION_FAILED,
];

/// Of an operation that needs an access token.
static OF_AN_ACCESS_TOKEN: [&Kind; 5] =
    [&ACCESS_TOKEN_MISSING, &ACCESS_TOKEN_INVALID, &ACCESS_TOKEN_EXPIRED, &SESSION_REVOKED, &MALFORMED_REQUEST];

/// Of an operation that needs a service key, which is looked up in the database.
static OF_A_SERVICE_KEY: [&Kind; 5] =
    [&SERVICE_KEY_MISSING, &SERVICE_KEY_INVALID, &INSUFFICIENT_SCOPE, &MALFORMED_REQUEST, &UNAVAILABLE];

/// Completes a document of operations as their handlers describe them. It can be of any route list. `kinds` are the problems
/// that it has examples of.
pub fn complete(api: &mut OpenApi, kinds: impl Iterator<Item = &'static Kind>) {
    api.paths.paths.values_mut().for_each(complete_path);
    let components = api.components.get_or_insert_default();
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    components.schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    components.examples.extend(examples(kinds).map(|(name, example)| (name, RefOr::T(example))));
}

/// Adds the ways to send an access token, which [`complete`] refers to.
pub fn add_access_token_schemes(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "__Host-heirloom_access",
        "If the server sets it (HEIRLOOM_ACCESS_COOKIE). Ignored with a Bearer value",
    ));
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(cookie));
    let csrf = ApiKey::Header(ApiKeyValue::with_description(
        "X-CSRF-Token",
        "The value of the cookie __Host-heirloom_csrf, which pages can read",
    ));
    components.add_security_scheme(CSRF, SecurityScheme::ApiKey(csrf));
}

/// Removes the examples of problems that no operation has.
pub fn drop_unused_examples(api: &mut OpenApi) {
    let operations = serde_json::to_string(&api.paths).unwrap_or_default();
    if let Some(components) = &mut api.components {
        components.examples.retain(|name, _| operations.contains(&format!("#/components/examples/{name}\"")));
    }
}

/// Adds the way to send a service key, which [`complete`] refers to.
pub fn add_service_key_scheme(api: &mut OpenApi) {
    let description = "A key of `heirloom service-key create`. Each operation lists the scope that it needs";
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
    api.components.get_or_insert_default().add_security_scheme(SERVICE_KEY, SecurityScheme::Http(bearer));
}

fn complete_path(item: &mut PathItem) {
    for operation in [&mut item.get, &mut item.head].into_iter().flatten() {
        complete_operation(operation, false);
    }
    for operation in [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
        complete_operation(operation, true);
    }
}

fn complete_operation(operation: &mut Operation, is_unsafe: bool) {
    let responses = &mut operation.responses.responses;
    if operation.request_body.is_some() {
        document(responses, &OF_A_BODY);
    }
    if let Some(ways) = operation.security.as_mut().filter(|ways| ways.contains(&requirement(BEARER))) {
        document(responses, &OF_AN_ACCESS_TOKEN);
        // The extractor of an access token accepts the cookie too.
        if is_unsafe {
            ways.push(requirement(COOKIE).add::<_, [String; 0], _>(CSRF, []));
            document(responses, &[&CSRF_FAILED]);
        } else {
            ways.push(requirement(COOKIE));
        }
    }
    let of_a_key = |ways: &Vec<SecurityRequirement>| {
        let needs = |scope: &Scope| ways.contains(&SecurityRequirement::new(SERVICE_KEY, [scope.as_str()]));
        Scope::EVERY.iter().any(needs)
    };
    if operation.security.as_ref().is_some_and(of_a_key) {
        document(responses, &OF_A_SERVICE_KEY);
    }
    if is_unsafe {
        document(responses, &[&CROSS_SITE_REQUEST]);
    }
    if has_problems(responses) {
        document(responses, &[&INTERNAL]);
    }
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, [String; 0], _>(scheme, [])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::openapi::path::PathItem;

    use super::complete_path;

    fn completed(item: Value) -> Value {
        let mut item: PathItem = serde_json::from_value(item).unwrap();
        complete_path(&mut item);
        serde_json::to_value(item).unwrap()
    }

    /// The codes of each status, in their order.
    fn codes(operation: &Value) -> Vec<(String, Vec<String>)> {
        let responses = operation["responses"].as_object().unwrap().iter();
        let named = |response: &Value| {
            let description = response["description"].as_str().unwrap();
            description.split('`').skip(1).step_by(2).filter(|word| word.contains('_')).map(str::to_owned).collect()
        };
        responses.map(|(status, response)| (status.clone(), named(response))).collect()
    }

    fn expected(codes: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect();
        codes.iter().map(|&(status, codes)| (status.to_owned(), owned(codes))).collect()
    }

    #[test]
    fn an_operation_with_an_access_token_also_accepts_the_cookie_and_an_unsafe_one_needs_the_csrf_header_with_it() {
        let (bearer, cookie) = (json!({ "access_token": [] }), json!({ "access_cookie": [] }));
        let both = json!({ "access_cookie": [], "csrf_token": [] });
        let guarded = json!({ "security": [bearer], "responses": {} });
        let item = completed(json!({ "get": guarded, "post": guarded, "put": { "responses": {} } }));
        assert_eq!(item["get"]["security"], json!([bearer, cookie]));
        assert_eq!(item["post"]["security"], json!([bearer, both]));
        assert_eq!(item["put"].get("security"), None);
        let of_the_token: &[&str] =
            &["access_token_missing", "access_token_invalid", "access_token_expired", "session_revoked"];
        let read = [("400", &["malformed_request"][..]), ("401", of_the_token), ("500", &["internal_error"])];
        assert_eq!(codes(&item["get"]), expected(&read));
        let [malformed, unauthorized, internal] = read;
        let refused = ("403", &["csrf_failed", "cross_site_request"][..]);
        assert_eq!(codes(&item["post"]), expected(&[malformed, unauthorized, refused, internal]));
        assert_eq!(codes(&item["put"]), expected(&[("403", &["cross_site_request"]), internal]));
    }

    #[test]
    fn a_body_can_be_wrong_in_every_way() {
        let body = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
        let item =
            completed(json!({ "get": { "requestBody": body, "responses": { "200": { "description": "ok" } } } }));
        assert_eq!(
            codes(&item["get"]),
            expected(&[
                ("200", &[]),
                ("400", &["malformed_json", "malformed_request"]),
                ("408", &["request_timeout"]),
                ("413", &["payload_too_large"]),
                ("415", &["unsupported_media_type"]),
                ("422", &["validation_failed"]),
                ("500", &["internal_error"]),
            ])
        );
    }

    #[test]
    fn an_operation_that_cannot_fail_has_no_problems() {
        let item = completed(json!({ "get": { "responses": { "200": { "description": "ok" } } } }));
        assert_eq!(codes(&item["get"]), expected(&[("200", &[])]));
    }

    #[test]
    fn a_problem_has_its_headers_and_an_example() {
        let item = completed(json!({ "post": { "security": [{ "access_token": [] }], "responses": {} } }));
        let unauthorized = &item["post"]["responses"]["401"];
        assert!(unauthorized["headers"]["WWW-Authenticate"].is_object());
        let content = &unauthorized["content"]["application/problem+json"];
        assert_eq!(content["schema"], json!({ "$ref": "#/components/schemas/Problem" }));
        let example = json!({ "$ref": "#/components/examples/401.session_revoked" });
        assert_eq!(content["examples"]["session_revoked"], example);
    }
}
