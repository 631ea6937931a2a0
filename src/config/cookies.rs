//! The cookies of a session.

use std::net::SocketAddr;

use clap::Args;

use super::errors::ConfigError;
use super::parsers::{boolean, one_of, optional};
use super::setting::{Setting, setting};
use crate::domain::policy::{CookiePolicy, SameSite};

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cookies")]
pub(super) struct CookieSettings {
    /// SameSite attribute of the cookies
    #[arg(long, env = "HEIRLOOM_COOKIE_SAMESITE", value_name = "MODE", default_value = "strict")]
    #[arg(value_parser = one_of(&["strict", "lax", "none"], [SameSite::Strict, SameSite::Lax, SameSite::None]))]
    pub cookie_samesite: Setting<SameSite>,

    /// Path attribute of the cookies; with any but / the prefix of their names is __Secure-
    #[arg(long, env = "HEIRLOOM_COOKIE_PATH", value_name = "PATH", default_value = "/")]
    #[arg(value_parser = setting(path))]
    pub cookie_path: Setting<String>,

    /// Domain attribute of the cookies; with one the prefix of their names is __Secure-
    #[arg(long, env = "HEIRLOOM_COOKIE_DOMAIN", value_name = "DOMAIN", default_value = "")]
    #[arg(value_parser = setting(optional(domain)))]
    pub cookie_domain: Setting<Option<String>>,

    /// Send the cookies without Secure and prefix, on a loopback address only
    #[arg(long, env = "HEIRLOOM_COOKIE_INSECURE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "false", value_parser = setting(boolean))]
    pub cookie_insecure: Setting<bool>,

    /// Set the access token as a cookie too; pages then repeat a CSRF cookie in a header
    #[arg(long, env = "HEIRLOOM_ACCESS_COOKIE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "false", value_parser = setting(boolean))]
    pub access_cookie: Setting<bool>,
}

impl CookieSettings {
    pub fn resolve(&self, errors: &mut Vec<ConfigError>, bind: SocketAddr) -> CookiePolicy {
        let cookie = CookiePolicy {
            same_site: self.cookie_samesite.value(errors),
            path: self.cookie_path.value(errors),
            domain: self.cookie_domain.value(errors),
            is_insecure: self.cookie_insecure.value(errors),
            with_access_token: self.access_cookie.value(errors),
        };
        if cookie.is_insecure && !bind.ip().is_loopback() {
            let message =
                "sends sessions unencrypted over the network; use it with a loopback address in HEIRLOOM_BIND only";
            self.cookie_insecure.refuse(errors, message);
        }
        if cookie.is_insecure && cookie.same_site == SameSite::None {
            let message = "is none, which browsers accept with Secure only; remove HEIRLOOM_COOKIE_INSECURE";
            self.cookie_samesite.refuse(errors, message);
        }
        cookie
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic() && c != ';' && c != ',') {
        Ok(text.to_owned())
    } else {
        Err(format!("is {text:?} but must be a path such as / or /auth"))
    }
}

fn domain(text: &str) -> Result<String, String> {
    if text.trim_start_matches('.').split('.').all(is_label) {
        Ok(text.to_owned())
    } else {
        Err(format!("is {text:?} but must be a host name such as example.com"))
    }
}

/// A part of a host name (RFC 1123 §2.1).
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
