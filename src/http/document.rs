//! The OpenAPI documents of the public API and of the service API, made from their route lists.

use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Info, InfoBuilder, KnownFormat, LicenseBuilder, Object, OpenApi, RefOr, Schema, SchemaFormat, Server, Tag,
};

use super::routes::PUBLIC;
use super::service_routes::SERVICE;
use super::wire::openapi::{add_access_token_schemes, add_service_key_scheme, complete, drop_unused_examples};
use super::wire::{problems, service_problems};

/// The text of the document. With an empty `base_path` it is `openapi.json` of the repository.
pub fn openapi_json(base_path: &str) -> String {
    text(document(), base_path)
}

/// The text of the document of the service API. With an empty `base_path` it is `service-openapi.json` of the repository.
pub fn service_openapi_json(base_path: &str) -> String {
    text(service_document(), base_path)
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

fn info(title: &str, description: &str) -> Info {
    InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build()
}

fn tag(name: &str, description: &str) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

fn document() -> OpenApi {
    let mut document = PUBLIC.operations.clone();
    document.info = info(
        "Heirloom",
        "Sessions for browser apps: a refresh token in an HttpOnly cookie, rotated on every refresh, and access tokens that \
         other services verify themselves. Errors are problems (RFC 9457) with a stable `code`.",
    );
    document.tags = Some(vec![
        tag("sessions", "Log in, refresh, log out"),
        tag("account", "The caller's account and its sessions, with an access token"),
        tag("recovery", "Links in mails: forgotten passwords and verified addresses. Offered where mail is set up"),
        tag("operation", "For load balancers, monitors, and services that verify access tokens"),
    ]);
    complete(&mut document, problems::ALL.iter().copied());
    add_access_token_schemes(&mut document);
    document
}

fn service_document() -> OpenApi {
    let mut document = SERVICE.operations.clone();
    document.info = info(
        "Heirloom service API",
        "What trusted backends do with a service key: manage users and sessions, and follow what happens to them. Errors are \
         problems (RFC 9457) with a stable `code`.",
    );
    document.tags = Some(vec![
        tag("users", "Users, also those that have no password"),
        tag("sessions", "Their sessions"),
        tag("feeds", "What happens, in the order in which it happens"),
        tag("operation", "For tools"),
    ]);
    // Of two kinds with one code and status, the service API has its own.
    complete(&mut document, problems::ALL.iter().chain(service_problems::OF_SERVICES).copied());
    drop_unused_examples(&mut document);
    add_service_key_scheme(&mut document);
    document
}
