//! What is served where.

use actix_web::http::Method;
use actix_web::{Scope, web};

use super::handlers::{
    dev_mail, documents, events, forward_auth, health, jwks, login, logout, metrics, offer, reauthenticate, recovery,
    refresh, register, sandbox, sessions, ticket_login, users, web_app,
};
use super::route_list::{resource, routes};
use super::service_routes::service;
use super::state::HttpOptions;
use crate::domain::policy::ServiceApi;

routes! {
    /// The API of the public address, described by `/openapi.json`.
    PUBLIC {
        register::register,
        login::login,
        ticket_login::login_with_ticket,
        refresh::refresh,
        logout::logout,
        logout::logout_all,
        sessions::list_sessions,
        sessions::end_session,
        users::show_me,
        users::delete_me,
        users::delete_me_by_post,
        users::change_password,
        reauthenticate::reauthenticate,
        recovery::change_email,
        recovery::forgot_password,
        recovery::reset_password,
        recovery::verify_email,
        recovery::confirm_email,
        recovery::undo_email,
        events::list_events,
        health::ping,
        health::live,
        health::ready,
        jwks::jwks,
        forward_auth::forward_auth,
        offer::offer,
        offer::change_password_page,
        documents::openapi,
        documents::docs,
    }
}

/// Everything on the public address, below the base path: the API, the files of its documentation, the web app, the sandbox
/// and, if it is served there, the service API.
pub fn public(options: &HttpOptions) -> Scope {
    let mut scope = web::scope(&options.base_path);
    if options.service_api == ServiceApi::Public {
        scope = scope.service(service(options));
    }
    for resource in PUBLIC.resources(|path| is_served(path, options)) {
        scope = scope.service(resource);
    }
    if options.has_docs {
        scope = scope.service(get("/docs/{file}", web::route().to(documents::asset)));
    }
    if options.has_app {
        if !options.base_path.is_empty() {
            scope = scope.service(get("", web::route().to(web_app::pages::redirect_from_base)));
        }
        for path in ["/", "/app"] {
            scope = scope.service(get(path, web::route().to(web_app::pages::redirect)));
        }
        scope = scope.service(get("/app/{file:.*}", web::route().to(web_app::pages::file)));
    }
    if options.is_development {
        scope = scope
            .service(resource("/dev/families", [(Method::POST, web::route().to(sandbox::begin_sandbox))]))
            .service(get("/dev/mail", web::route().to(dev_mail::mails)))
            .service(get("/dev/families/{id}", web::route().to(sandbox::show_family)));
    }
    scope
}

/// Whether a path of the API is served.
pub fn is_served(path: &str, options: &HttpOptions) -> bool {
    options.has_docs || !["/docs", "/openapi.json"].contains(&path)
}

/// Everything on the admin address but the service API.
pub fn admin() -> Scope {
    web::scope("")
        .service(get("/metrics", web::route().to(metrics::metrics)))
        .service(get("/health/live", web::route().to(health::live)))
        .service(get("/health/ready", web::route().to(health::ready)))
}

fn get(path: &str, route: actix_web::Route) -> actix_web::Resource {
    resource(path, [(Method::GET, route)])
}
