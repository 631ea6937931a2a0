//! HTTP: routes, cookies, credentials, problems. Knows the use cases and nothing below them.

mod admin;
mod auth;
mod bearer;
mod body;
mod bounded_store;
mod caller;
mod client_address;
mod cookies;
mod cors;
mod credentials;
mod cross_site;
mod device;
mod docs;
mod dto;
mod health;
mod openapi;
mod problem;
mod rate_limit;
mod request_log;
mod response_defaults;
mod routes;
mod sandbox;
mod sessions;
mod state;
mod traffic;
mod users;
mod web_app;

pub use openapi::openapi_json;
pub use rate_limit::RateLimits;
pub use request_log::RequestLog;
pub use state::{HttpOptions, HttpState};
pub use web_app::is_built as is_app_built;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, Error, web};
use tracing_actix_web::TracingLogger;

/// The application that each worker runs. Each layer sees only what those around it let through: outermost the counting
/// and the log, then what every answer gets, then the refusal of cross-site requests.
pub fn app(
    state: web::Data<HttpState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = Condition::new(!state.options.allowed_origins.is_empty(), cors::cors(&state.options));
    App::new()
        .app_data(state.clone())
        .configure(|app| routes::configure(app, &state))
        .default_service(web::to(routes::not_found))
        .wrap(cors)
        .wrap(from_fn(cross_site::refuse))
        .wrap(from_fn(response_defaults::apply))
        .wrap(TracingLogger::<RequestLog>::new())
        .wrap(from_fn(traffic::count))
}

/// The application of the admin address: what is for the operator's machines and not for the world. No page of a browser
/// has any business here, so there is no CORS, and what is asked here is no traffic to count.
pub fn admin_app(
    state: web::Data<HttpState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .configure(admin::configure)
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(response_defaults::apply))
        .wrap(TracingLogger::<RequestLog>::new())
}
