//! The OpenAPI document of the public API, made from its route list.

use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, RefOr, Schema, Server};

use super::routes::PUBLIC;
use super::state::HttpOptions;
use super::wire::openapi::{add_access_token_schemes, complete};

/// The schemas of new passwords, and the property that is one.
const NEW_PASSWORDS: [(&str, &str); 2] = [("RegisterRequest", "password"), ("ChangePasswordRequest", "new_password")];

/// The text of the document. With an empty `base_path` it is `openapi.json` of the repository.
pub fn openapi_json(base_path: &str) -> String {
    text(document(), base_path)
}

/// The text of the document of a server with these options.
pub fn served_openapi_json(options: &HttpOptions) -> String {
    let mut document = document();
    let schemas = &mut document.components.get_or_insert_default().schemas;
    for (name, property) in NEW_PASSWORDS {
        if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(name)
            && let Some(RefOr::T(Schema::Object(password))) = object.properties.get_mut(property)
        {
            password.min_length = Some(options.password_min_length);
        }
    }
    text(document, &options.base_path)
}

fn text(mut document: OpenApi, base_path: &str) -> String {
    if !base_path.is_empty() {
        document.servers = Some(vec![Server::new(base_path)]);
    }
    let mut text = document.to_pretty_json().expect("the document consists of text");
    text.push('\n');
    text
}

fn document() -> OpenApi {
    let mut document = PUBLIC.operations.clone();
    document.info = InfoBuilder::new()
        .title("Heirloom")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Sessions for browser apps: a refresh token in an HttpOnly cookie, rotated on every refresh, and access tokens \
             that other services verify themselves. Errors are problems (RFC 9457) with a stable `code`.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    let tag = |name, description| TagBuilder::new().name(name).description(Some(description)).build();
    document.tags = Some(vec![
        tag("sessions", "Log in, refresh, log out"),
        tag("account", "The caller's account and its sessions, with an access token"),
        tag("recovery", "Links in mails: forgotten passwords and verified addresses. Offered where mail is set up"),
        tag("operation", "For load balancers, monitors, and services that verify access tokens"),
    ]);
    complete(&mut document);
    add_access_token_schemes(&mut document);
    document
}
