//! Passwords and what hashing them costs.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::errors::{ConfigError, ConfigWarning};
use super::parsers::{count, in_range, optional, path};
use super::setting::{Setting, setting};
use super::sources::Sources;
use crate::domain::password::PasswordPolicy;
use crate::domain::policy::HashCost;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Passwords")]
pub(super) struct PasswordSettings {
    /// Minimum length of a new password, in characters
    #[arg(long, env = "HEIRLOOM_PASSWORD_MIN_LENGTH", value_name = "COUNT", default_value = "8")]
    #[arg(value_parser = setting(in_range(8..=64_usize)))]
    pub password_min_length: Setting<usize>,

    /// Memory of a password hash in KiB
    #[arg(long, env = "HEIRLOOM_ARGON2_MEMORY", value_name = "KIB", default_value = "19456")]
    #[arg(value_parser = setting(in_range(7_168..=262_144_u32)))]
    pub argon2_memory: Setting<u32>,

    /// Passes of a password hash
    #[arg(long, env = "HEIRLOOM_ARGON2_PASSES", value_name = "COUNT", default_value = "2")]
    #[arg(value_parser = setting(in_range(1..=16_u32)))]
    pub argon2_passes: Setting<u32>,

    /// Parallelism of a password hash
    #[arg(long, env = "HEIRLOOM_ARGON2_LANES", value_name = "COUNT", default_value = "1")]
    #[arg(value_parser = setting(in_range(1..=16_u32)))]
    pub argon2_lanes: Setting<u32>,

    /// Number of passwords hashed at once, each in its own memory [default: the number of cores]
    #[arg(long, env = "HEIRLOOM_HASHES_AT_ONCE", value_name = "COUNT", default_value = "")]
    #[arg(value_parser = setting(optional(count::<NonZeroUsize>(1_024))))]
    pub hashes_at_once: Setting<Option<NonZeroUsize>>,

    /// Service that knows the passwords of users without a hash, asked once at their login; unset: none
    #[arg(long, env = "HEIRLOOM_PASSWORD_HOOK", hide_env_values = true, value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(hook_url)))]
    pub password_hook: Setting<Option<SecretString>>,

    /// File with the value of HEIRLOOM_PASSWORD_HOOK
    ///
    /// It must belong to the user or root, and no other user may write to it.
    #[arg(long, env = "HEIRLOOM_PASSWORD_HOOK_FILE", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub password_hook_file: Setting<Option<PathBuf>>,
}

impl PasswordSettings {
    pub fn policy(&self, errors: &mut Vec<ConfigError>) -> PasswordPolicy {
        PasswordPolicy { min_length: self.password_min_length.value(errors) }
    }

    pub fn hash_cost(&self, errors: &mut Vec<ConfigError>) -> HashCost {
        let cost = HashCost {
            memory: self.argon2_memory.value(errors),
            passes: self.argon2_passes.value(errors),
            parallelism: self.argon2_lanes.value(errors),
        };
        if !cost.is_enough() {
            self.argon2_memory.refuse(
                errors,
                "is too little for HEIRLOOM_ARGON2_PASSES; OWASP requires 47104 KiB with 1 pass, 19456 with 2, 12288 with 3, \
                 9216 with 4 or 7168 with 5",
            );
        }
        cost
    }

    pub fn hashes_at_once(&self, errors: &mut Vec<ConfigError>) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.hashes_at_once.value(errors).unwrap_or_else(cores)
    }

    pub fn hook(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        credentials: Option<&Path>,
    ) -> Option<SecretString> {
        let sources =
            Sources::new(&self.password_hook, &self.password_hook_file, credentials, "heirloom_password_hook");
        sources.value(errors, warnings, optional(hook_url))
    }

    /// Whether the URL of the hook has a password.
    pub fn has_password(&self) -> bool {
        let url = self.password_hook.parsed().as_ref().and_then(|url| Url::parse(url.expose_secret()).ok());
        url.is_some_and(|url| url.password().is_some())
    }
}

/// Passwords are sent to it, so others must not be able to listen.
fn hook_url(text: &str) -> Result<SecretString, String> {
    let is_loopback = |url: &Url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    // Not quoted: it may have a password.
    match Url::parse(text) {
        Ok(url) if url.fragment().is_some() || !["http", "https"].contains(&url.scheme()) => {
            Err("must be a URL such as https://legacy.example.com/check, without a fragment".to_owned())
        }
        Ok(url) if url.scheme() == "http" && !is_loopback(&url) => {
            Err("must begin with https://, because passwords are sent to it; http:// is for this machine only"
                .to_owned())
        }
        Ok(url) => Ok(String::from(url).into()),
        Err(_) => Err("must be a URL such as https://legacy.example.com/check".to_owned()),
    }
}
