//! The OpenAPI document of the public API, made from its route list.

use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, KnownFormat, LicenseBuilder, Object, OpenApi, RefOr, Schema, SchemaFormat, Server};

use super::routes::PUBLIC;
use super::wire::openapi::{add_access_token_schemes, complete};

/// The text of the document. With an empty `base_path` it is `openapi.json` of the repository.
pub fn openapi_json(base_path: &str) -> String {
    text(document(), base_path)
}

/// The text of the document of a server, with the minimum length of a new password there. A password that is presented has
/// no minimum but one.
pub fn served_openapi_json(base_path: &str, password_min_length: usize) -> String {
    let mut document = document();
    let schemas = document.components.get_or_insert_default().schemas.values_mut();
    let properties = schemas.filter_map(object).flat_map(|object| object.properties.values_mut()).filter_map(object);
    for property in properties.filter(|property| property.format == Some(PASSWORD)) {
        if property.min_length.is_some_and(|least| least > 1) {
            property.min_length = Some(password_min_length);
        }
    }
    text(document, base_path)
}

const PASSWORD: SchemaFormat = SchemaFormat::KnownFormat(KnownFormat::Password);

fn object(schema: &mut RefOr<Schema>) -> Option<&mut Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
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
