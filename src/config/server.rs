//! Where the server listens, and what it serves to whom.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use super::errors::{ConfigError, ConfigWarning};
use super::host::host_name;
use super::origin::Origin;
use super::parsers::{boolean, count, duration, list, one_of, optional, parsed};
use super::setting::{Setting, setting};
use crate::domain::policy::ServiceApi;

/// The most connections that are open at a time.
#[derive(Clone, Copy, Default, Debug)]
pub struct ConnectionConfig {
    /// `None` is as many as the limit of open files allows.
    pub max: Option<NonZeroUsize>,
    /// From one IPv4 address or IPv6 /64. `None` is a quarter of all.
    pub max_per_address: Option<NonZeroUsize>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(super) struct ServerSettings {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, env = "HEIRLOOM_BIND", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = setting(parsed::<SocketAddr>("an address such as 127.0.0.1:8080")))]
    pub bind: Setting<SocketAddr>,

    /// Address of metrics and health checks, which must not be public; port 0 picks a free one, `off` disables it
    #[arg(long, env = "HEIRLOOM_ADMIN_BIND", value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    #[arg(value_parser = setting(address_or_off))]
    pub admin_bind: Setting<Option<SocketAddr>>,

    /// Host names that requests to the admin address may name, separated by commas
    ///
    /// Addresses and localhost are always accepted. Any other name is refused: a page of another site could make its own
    /// name resolve to this address.
    #[arg(long, env = "HEIRLOOM_ADMIN_HOSTS", value_name = "HOSTS", default_value = "")]
    #[arg(value_parser = setting(list(host_name)))]
    pub admin_hosts: Setting<Vec<String>>,

    /// Where backends with a service key use the service API, below /service/
    #[arg(long, env = "HEIRLOOM_SERVICE_API", value_name = "PLACE", default_value = "admin")]
    #[arg(value_parser = one_of(&["admin", "public", "off"], [ServiceApi::Admin, ServiceApi::Public, ServiceApi::Off]))]
    pub service_api: Setting<ServiceApi>,

    /// Prefix of all paths, such as /auth
    #[arg(long, env = "HEIRLOOM_BASE_PATH", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(base_path))]
    pub base_path: Setting<String>,

    /// Other origins whose pages may call this server, separated by commas; also those of apps and extensions, such as
    /// capacitor://localhost
    #[arg(long, env = "HEIRLOOM_ALLOWED_ORIGINS", value_name = "ORIGINS", default_value = "")]
    #[arg(value_parser = setting(list(origin)))]
    pub allowed_origins: Setting<Vec<Origin>>,

    /// How long the head, and then the body, of a request may take to arrive
    #[arg(long, env = "HEIRLOOM_BODY_TIMEOUT", value_name = "DURATION", default_value = "10s")]
    #[arg(value_parser = setting(duration(Duration::from_millis(100))))]
    pub body_timeout: Setting<Duration>,

    /// How long a connection stays open between requests; longer than the proxy in front keeps it
    ///
    /// If the server closes a connection that the proxy is about to use, the proxy responds with 502.
    #[arg(long, env = "HEIRLOOM_KEEP_ALIVE", value_name = "DURATION", default_value = "75s")]
    #[arg(value_parser = setting(duration(Duration::from_secs(1))))]
    pub keep_alive: Setting<Duration>,

    /// The most open connections; unset: as many as the limit of open files allows, up to 10000
    #[arg(long, env = "HEIRLOOM_MAX_CONNECTIONS", value_name = "COUNT", default_value = "")]
    #[arg(value_parser = setting(optional(count::<NonZeroUsize>(1_000_000))))]
    pub max_connections: Setting<Option<NonZeroUsize>>,

    /// The most open connections from one IPv4 address or IPv6 /64, trusted proxies excepted; unset: a quarter of all
    #[arg(long, env = "HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS", value_name = "COUNT", default_value = "")]
    #[arg(value_parser = setting(optional(count::<NonZeroUsize>(1_000_000))))]
    pub max_connections_per_address: Setting<Option<NonZeroUsize>>,

    /// Serve the web app at /app/ and redirect / to it
    #[arg(long, env = "HEIRLOOM_APP", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "on", value_parser = setting(boolean))]
    pub app: Setting<bool>,

    /// Serve the OpenAPI document at /openapi.json and its page at /docs
    #[arg(long, env = "HEIRLOOM_DOCS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "on", value_parser = setting(boolean))]
    pub docs: Setting<bool>,
}

impl ServerSettings {
    pub fn connections(&self, errors: &mut Vec<ConfigError>) -> ConnectionConfig {
        ConnectionConfig {
            max: self.max_connections.value(errors),
            max_per_address: self.max_connections_per_address.value(errors),
        }
    }

    pub fn admin_address(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        bind: SocketAddr,
    ) -> Option<SocketAddr> {
        let address = self.admin_bind.value(errors);
        if let Some(open) = address.filter(|address| !address.ip().is_loopback()) {
            let message =
                format!("is {open}, which other machines can reach; only monitoring may, since it needs no password");
            warnings.push(ConfigWarning { variable: self.admin_bind.variable().to_owned(), message });
        }
        if address == Some(bind) && bind.port() != 0 {
            let message = "is the same as HEIRLOOM_BIND; metrics need an address that is not public";
            self.admin_bind.refuse(errors, message);
        }
        address
    }
}

impl ServerSettings {
    /// Where the service API is served, if anywhere.
    pub fn service_api(&self, errors: &mut Vec<ConfigError>, admin: Option<SocketAddr>) -> ServiceApi {
        match self.service_api.value(errors) {
            ServiceApi::Admin if admin.is_none() => {
                if self.service_api.is_given() {
                    let message =
                        "is admin, but HEIRLOOM_ADMIN_BIND is off; give it an address, or set this to public or off";
                    self.service_api.refuse(errors, message);
                }
                ServiceApi::Off
            }
            place => place,
        }
    }
}

fn address_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    parsed("an address such as 127.0.0.1:9090, or off")(text).map(Some)
}

/// Without the slash at the end.
fn base_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let leads_elsewhere = path.split('/').any(|segment| segment == "." || segment == "..");
    let is_path = path.starts_with('/') && !path.contains("//") && path.chars().all(is_plain) && !leads_elsewhere;
    if path.is_empty() || is_path {
        Ok(path.to_owned())
    } else {
        Err(format!("is {path:?} but must be a path such as /auth"))
    }
}

fn origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).ok_or_else(|| {
        format!("contains {text:?}; write each origin as browsers send it, such as https://app.example.com or capacitor://localhost")
    })
}
