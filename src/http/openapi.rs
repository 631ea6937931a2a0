//! The OpenAPI document. Its list of operations is the server's own, see [`super::routes`].

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi};

use super::routes;

/// The document as it is served at `/openapi.json` and kept in the repository.
pub fn openapi_json() -> String {
    let mut text = document().to_pretty_json().expect("the document is made of texts");
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
    components.add_security_scheme("access_token", SecurityScheme::Http(bearer));
    document
}
