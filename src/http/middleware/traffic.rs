//! Counts and times the responses of the public address.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::http::state::HttpState;
use crate::http::wire::method::known_method;
use crate::metrics::{Metrics, RouteMetrics, StatusClass};

/// The route of a request that matches none.
const NONE: &str = "none";

/// The counters of the routes without parameters, so most requests find theirs by their path alone.
pub struct Traffic(HashMap<String, Vec<(Method, Arc<RouteMetrics>)>>);

impl Traffic {
    /// Counters for `routes`, whose paths are below `base_path`.
    pub fn new<'a>(metrics: &Metrics, base_path: &str, routes: impl Iterator<Item = (Method, &'a str)>) -> Self {
        let mut counters: HashMap<String, Vec<(Method, Arc<RouteMetrics>)>> = HashMap::new();
        for (method, path) in routes {
            let route = Arc::new(metrics.route(known_method(method.as_str()), path));
            counters.entry(format!("{base_path}{path}")).or_default().push((method, route));
        }
        Self(counters)
    }

    fn find(&self, request: &ServiceRequest) -> Option<Arc<RouteMetrics>> {
        let methods = self.0.get(request.path())?;
        methods.iter().find(|(method, _)| method == request.method()).map(|(_, route)| Arc::clone(route))
    }
}

/// The middleware. It is the outermost, so a request that another layer refuses is counted too, under its own route.
pub async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = now();
    let known = request.app_data::<Data<Traffic>>().and_then(|traffic| traffic.find(&request));
    let route = known.unwrap_or_else(|| Arc::new(look_up(&request)));
    let result = next.call(request).await;
    let status = match &result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    route.record(StatusClass::of(status.as_u16()), began.elapsed());
    result
}

/// For paths with parameters, other methods, and paths that match no route.
fn look_up(request: &ServiceRequest) -> RouteMetrics {
    let state = HttpState::of(request.request());
    let pattern = request.match_pattern();
    let route = pattern.as_deref().map(|pattern| pattern.strip_prefix(&state.options.base_path).unwrap_or(pattern));
    state.metrics.route(known_method(request.method().as_str()), route.unwrap_or(NONE))
}

#[expect(clippy::disallowed_methods, reason = "only the duration of a request is measured")]
fn now() -> Instant {
    Instant::now()
}
