//! Whether this is a server for development: only this machine can reach it, and no proxy forwards others to it.

use std::net::SocketAddr;

use clap::Args;

use super::database::DatabasePlace;
use super::errors::ConfigError;
use super::parsers::{boolean, optional};
use super::setting::{Setting, setting};
use super::throttling::ThrottleConfig;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Development")]
pub(super) struct DevelopmentSettings {
    /// Serve /dev/, a sandbox of token families for the web app. On a loopback address without trusted proxies only
    /// [default: true with the embedded database on such an address]
    #[arg(long, env = "HEIRLOOM_DEV", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "", value_parser = setting(optional(boolean)))]
    pub dev: Setting<Option<bool>>,
}

impl DevelopmentSettings {
    pub fn resolve(
        &self,
        errors: &mut Vec<ConfigError>,
        bind: SocketAddr,
        place: &DatabasePlace,
        throttle: &ThrottleConfig,
    ) -> bool {
        let is_private = bind.ip().is_loopback() && throttle.trusted_proxies.is_empty();
        let is_usual = is_private && matches!(place, DatabasePlace::Embedded(_));
        let is_wanted = self.dev.value(errors).unwrap_or(is_usual);
        if is_wanted && !is_private {
            self.dev.refuse(
                errors,
                "lets anyone with an access token start a session without a password; use it with a loopback address in \
                 HEIRLOOM_BIND and without HEIRLOOM_TRUSTED_PROXIES only",
            );
        }
        is_wanted && is_private
    }
}
