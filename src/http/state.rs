//! What every handler is given.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use actix_web::web::{Bytes, Data};
use ipnet::IpNet;

use super::client_address::client_address;
use super::rate_limit::RateLimits;
use super::traffic::Traffic;
use crate::domain::client::Client;
use crate::domain::policy::CookiePolicy;
use crate::metrics::Metrics;
use crate::service::{Health, Service};

/// How this server speaks HTTP.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Empty, or starting with a slash and not ending in one.
    pub base_path: String,
    pub cookies: CookiePolicy,
    /// Origins other than our own whose pages may call us, as browsers send them.
    pub allowed_origins: Vec<String>,
    /// Those whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// Whether the web app is served.
    pub has_app: bool,
    /// Whether what only a server for development may do is served too.
    pub is_development: bool,
}

/// Shared by all workers.
pub struct HttpState {
    pub service: Arc<Service>,
    pub health: Arc<Health>,
    pub options: HttpOptions,
    pub metrics: Arc<Metrics>,
    pub(super) traffic: Traffic,
    pub rate_limits: RateLimits,
    /// Made when it is first asked for.
    pub(super) openapi: OnceLock<Bytes>,
}

impl HttpState {
    pub fn new(
        service: Arc<Service>,
        health: Arc<Health>,
        options: HttpOptions,
        metrics: Arc<Metrics>,
        rate_limits: RateLimits,
    ) -> Self {
        let traffic = Traffic::new(&metrics, &options.base_path);
        Self { service, health, options, metrics, traffic, rate_limits, openapi: OnceLock::new() }
    }

    pub(super) fn of(request: &HttpRequest) -> &Self {
        request.app_data::<Data<Self>>().expect("the application is built with its state")
    }
}

/// Who is calling.
pub(super) fn client(request: &HttpRequest) -> Client {
    let user_agent = request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Client::new(client_address(request), user_agent.as_deref())
}
