//! What every response gets: the request's id, the security headers, and for an error the body of a problem, whatever part
//! of the server made the error. A handler that panics gets a response too, not a dropped connection.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use futures_util::FutureExt as _;
use tracing_actix_web::RequestId;

use crate::http::wire::problem::{OwnBody, Problem};
use crate::http::wire::problems::INTERNAL;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Set unless the response sets them itself: do not cache, frame, sniff or run it.
static DEFAULTS: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// The middleware.
pub async fn apply(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let (request, response) = response.map_into_boxed_body().into_parts();
            Ok(ServiceResponse::new(request, with_defaults(response, &id)))
        }
        Ok(Err(error)) => Err(error_with_defaults(error.error_response(), &id)),
        // The panic hook has logged what happened and where.
        Err(_panic) => Err(error_with_defaults(Problem::from(&INTERNAL).response().finish(), &id)),
    }
}

fn error_with_defaults(response: HttpResponse, id: &str) -> Error {
    InternalError::from_response("refused", with_defaults(response, id)).into()
}

fn with_defaults(mut response: HttpResponse, id: &str) -> HttpResponse {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if is_error && response.extensions_mut().remove::<OwnBody>().is_none() {
        let own = response.extensions_mut().remove::<Problem>();
        let problem = own.unwrap_or_else(|| Problem::for_status(status));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.remove(CONTENT_LENGTH);
        response = response.set_body(BoxBody::new(problem.body(id)));
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in &DEFAULTS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};
    use serde_json::Value;

    use super::apply;

    async fn panics() -> HttpResponse {
        panic!("a defect with a secret in it");
    }

    #[actix_web::test]
    async fn a_panic_becomes_a_problem_and_the_next_request_is_served() {
        let app = App::new()
            .route("/panics", web::get().to(panics))
            .route("/works", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(apply));
        let app = test::init_service(app).await;
        let error = test::try_call_service(&app, test::TestRequest::get().uri("/panics").to_request()).await.err();
        let response = error.expect("a panic is an error").error_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
        let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&"internal_error".into(), &500.into()));
        assert!(!problem.to_string().contains("secret"), "{problem}");
        let works = test::call_service(&app, test::TestRequest::get().uri("/works").to_request()).await;
        assert_eq!(works.status(), 200);
    }
}
