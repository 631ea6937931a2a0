//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;
use ipnet::IpNet;

use super::limits::rate_limits::RateLimits;
use super::notices::Notices;
use crate::domain::clock::Clock;
use crate::domain::policy::{CookiePolicy, ServiceApi};
use crate::metrics::Metrics;
use crate::service::{Components, EndedLog, Health, Operator, Service, ServiceKeys};

/// How this server speaks HTTP.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Empty, or a path that starts with a slash and does not end in one.
    pub base_path: String,
    /// Where the service API is served.
    pub service_api: ServiceApi,
    pub cookies: CookiePolicy,
    /// Origins besides our own whose pages may call this server, as browsers send them.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// Whether the web app is served.
    pub has_app: bool,
    /// Whether the OpenAPI document and its page are served.
    pub has_docs: bool,
    /// Host names of the admin address besides those of this machine, in lower case.
    pub admin_hosts: Vec<String>,
    /// Whether the sandbox of a development server is served.
    pub is_development: bool,
}

/// Shared by all workers.
pub struct HttpState {
    pub service: Arc<Service>,
    pub operator: Arc<Operator>,
    pub service_keys: Arc<ServiceKeys>,
    pub ended_log: Arc<EndedLog>,
    pub health: Arc<Health>,
    pub options: HttpOptions,
    pub metrics: Arc<Metrics>,
    pub rate_limits: RateLimits,
    pub notices: Notices,
}

/// The state as a handler takes it.
pub type State = Data<HttpState>;

impl HttpState {
    pub fn new(
        components: &Components,
        options: HttpOptions,
        metrics: Arc<Metrics>,
        rate_limits: RateLimits,
        clock: &Clock,
    ) -> Self {
        Self {
            service: Arc::clone(&components.service),
            operator: Arc::clone(&components.operator),
            service_keys: Arc::clone(&components.service_keys),
            ended_log: Arc::clone(&components.ended_log),
            health: Arc::clone(&components.health),
            options,
            metrics,
            rate_limits,
            notices: Notices::new(clock),
        }
    }

    /// The address of a page of the web app, which `fragment` names: where the operator serves it, or else here. `None` if it is
    /// not known to be served.
    pub fn page(&self, fragment: &str) -> Option<String> {
        let given = self.service.public_url().map(|url| format!("{url}{fragment}"));
        given.or_else(|| self.options.has_app.then(|| format!("{}/app/{fragment}", self.options.base_path)))
    }

    pub(super) fn of(request: &HttpRequest) -> &Self {
        request.app_data::<State>().expect("the application is built with its state")
    }
}
