//! Counting and timing what is answered on the public address.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

use super::request_log::known_method;
use super::routes;
use super::state::HttpState;
use crate::metrics::{Metrics, RouteMetrics, StatusClass};

/// What stands for the route of a request that has none.
const NONE: &str = "none";

/// The routes whose path is always the same, so that most requests find their counters by the path that they ask for.
pub struct Traffic(HashMap<String, Vec<(Method, Arc<RouteMetrics>)>>);

impl Traffic {
    pub(super) fn new(metrics: &Metrics, base_path: &str) -> Self {
        let mut routes: HashMap<String, Vec<(Method, Arc<RouteMetrics>)>> = HashMap::new();
        for (method, path) in routes::fixed() {
            let answers = Arc::new(metrics.route(known_method(method.as_str()), &path));
            routes.entry(format!("{base_path}{path}")).or_default().push((method, answers));
        }
        Self(routes)
    }

    fn find(&self, request: &ServiceRequest) -> Option<Arc<RouteMetrics>> {
        let methods = self.0.get(request.path())?;
        methods.iter().find(|(method, _)| method == request.method()).map(|(_, answers)| Arc::clone(answers))
    }
}

/// The middleware. Outermost, so that whatever refuses a request is counted too, under the route that was asked for.
pub(super) async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = now();
    let state = HttpState::of(request.request());
    let answers = state.traffic.find(&request).unwrap_or_else(|| Arc::new(look_up(state, &request)));
    let result = next.call(request).await;
    let status = match &result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    answers.record(StatusClass::of(status.as_u16()), began.elapsed());
    result
}

/// For paths with parameters, odd methods, and what is no route.
fn look_up(state: &HttpState, request: &ServiceRequest) -> RouteMetrics {
    let pattern = request.match_pattern();
    let route = pattern.as_deref().map(|pattern| pattern.strip_prefix(&state.options.base_path).unwrap_or(pattern));
    state.metrics.route(known_method(request.method().as_str()), route.unwrap_or(NONE))
}

#[expect(clippy::disallowed_methods, reason = "how long a request took is measured, not told to anybody")]
fn now() -> Instant {
    Instant::now()
}
