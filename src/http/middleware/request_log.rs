//! One log line for each request. It names the route, never the path, query or headers of the request, because those may
//! hold secrets.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage as _};
use tracing::{Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::http::extractors::client::client_address;
use crate::http::wire::method::known_method;

/// How requests are logged.
pub struct RequestLog;

#[derive(Clone, Copy)]
struct Began(Instant);

impl RootSpanBuilder for RequestLog {
    #[expect(clippy::disallowed_methods, reason = "only the duration of a request is measured")]
    fn on_request_start(request: &ServiceRequest) -> Span {
        request.extensions_mut().insert(Began(Instant::now()));
        let id = request.extensions().get::<RequestId>().copied();
        tracing::info_span!(
            "request",
            request.id = id.map(field::display),
            http.method = %known_method(request.method().as_str()),
            client.ip = client_address(request.request()).map(field::display),
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, route, millis) = match outcome {
            Ok(response) => {
                let request = response.request();
                let began = request.extensions().get::<Began>().copied();
                let millis = began.map(|Began(at)| at.elapsed().as_secs_f64() * 1000.0);
                (response.status(), request.match_pattern(), millis)
            }
            Err(error) => (error.as_response_error().status_code(), None, None),
        };
        span.in_scope(|| {
            tracing::info!(
                http.status = status.as_u16(),
                http.route = route.as_deref().unwrap_or("none"),
                http.millis = millis.map(|millis| (millis * 100.0).round() / 100.0),
                "Responded"
            );
        });
    }
}
