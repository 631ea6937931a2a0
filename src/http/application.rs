//! The applications of the two addresses.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::ServiceConfig;
use actix_web::{App, Error, web};
use tracing_actix_web::TracingLogger;

use super::document::{served_openapi_json, service_openapi_json};
use super::handlers::documents::Document;
use super::handlers::fallback::not_found;
use super::handlers::service::document::ServiceDocument;
use super::middleware::request_log::RequestLog;
use super::middleware::traffic::{self, Traffic};
use super::middleware::{admin_host, cookie_hint, cors, cross_site, response_defaults};
use super::service_routes::SERVICE;
use super::state::State;
use super::{routes, service_routes};
use crate::domain::policy::ServiceApi;

/// The application of the public address, which each worker runs. A layer sees only what the layers around it let
/// through. From the outside: counting, logging, the response defaults, the refusal of cross-site requests, hints to pages,
/// CORS.
pub fn app(
    state: State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let options = &state.options;
    let base_path = options.base_path.clone();
    let service_base_path = options.base_path.clone();
    let served = routes::PUBLIC.fixed_paths().filter(|(_, path)| routes::is_served(path, options));
    let traffic = Traffic::new(&state.metrics, &base_path, served);
    let min_length = state.service.offer().password_min_length;
    let cors = Condition::new(!options.allowed_origins.is_empty(), cors::cors(options));
    App::new()
        .app_data(state.clone())
        .app_data(web::Data::new(traffic))
        .app_data(web::Data::new(Document::new(move || served_openapi_json(&base_path, min_length))))
        .app_data(web::Data::new(ServiceDocument(Document::new(move || service_openapi_json(&service_base_path)))))
        .service(routes::public(options))
        .default_service(web::to(not_found))
        .wrap(cors)
        .wrap(from_fn(cookie_hint::add))
        .wrap(from_fn(cross_site::refuse))
        .wrap(from_fn(response_defaults::apply))
        .wrap(TracingLogger::<RequestLog>::new())
        .wrap(from_fn(traffic::count))
}

/// The routes of the public address as a part of another app, below the base path. The middleware sees the requests of this
/// part only. The state is among the app's data, for its own handlers.
pub fn mounted(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let options = &state.options;
        let (base_path, service_base_path) = (options.base_path.clone(), options.base_path.clone());
        let served = routes::PUBLIC.fixed_paths().filter(|(_, path)| routes::is_served(path, options));
        let traffic = Traffic::new(&state.metrics, &base_path, served);
        let min_length = state.service.offer().password_min_length;
        let cors = Condition::new(!options.allowed_origins.is_empty(), cors::cors(options));
        config
            .app_data(state.clone())
            .app_data(web::Data::new(traffic))
            .app_data(web::Data::new(Document::new(move || served_openapi_json(&base_path, min_length))))
            .app_data(web::Data::new(ServiceDocument(Document::new(move || service_openapi_json(&service_base_path)))))
            .service(
                routes::public(options)
                    .default_service(web::to(not_found))
                    .wrap(cors)
                    .wrap(from_fn(cookie_hint::add))
                    .wrap(from_fn(cross_site::refuse))
                    .wrap(from_fn(response_defaults::apply))
                    .wrap(TracingLogger::<RequestLog>::new())
                    .wrap(from_fn(traffic::count)),
            );
    }
}

/// The application of the admin address, for the operator's machines. Browsers have no business here, so it has no CORS. Of
/// its requests, those of the service API are counted as traffic. The address knows no base path.
pub fn admin_app(
    state: State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let options = &state.options;
    let is_service_api_here = options.service_api == ServiceApi::Admin;
    let served = SERVICE.fixed_paths().filter(|(_, path)| service_routes::is_served(path, options));
    let traffic = Traffic::new(&state.metrics, "", served);
    // A scope without routes has the same 404 as the paths that do not exist.
    let service = if is_service_api_here { service_routes::service(options) } else { web::scope("/service") };
    App::new()
        .app_data(state.clone())
        .app_data(web::Data::new(traffic))
        .app_data(web::Data::new(ServiceDocument(Document::new(|| service_openapi_json("")))))
        .service(service.wrap(Condition::new(is_service_api_here, from_fn(traffic::count))))
        .service(routes::admin())
        .default_service(web::to(not_found))
        .wrap(from_fn(admin_host::refuse))
        .wrap(from_fn(response_defaults::apply))
        .wrap(TracingLogger::<RequestLog>::new())
}
