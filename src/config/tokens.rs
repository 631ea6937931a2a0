//! The secret that all keys are derived from, and access tokens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::errors::{ConfigError, ConfigWarning};
use super::parsers::{all, duration, one_of, optional, path, text};
use super::setting::{Setting, setting};
use super::sources::Sources;
use crate::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy};
use crate::domain::secret::Secret;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Tokens")]
pub(super) struct TokenSettings {
    /// Secrets of at least 32 bytes that all keys are derived from, newest first, separated by commas. Required with
    /// DATABASE_URL. Refused as a flag
    ///
    /// Refused on the command line, which every user of the machine can read. Set the variable, a line in .env,
    /// HEIRLOOM_SECRET_FILE or the systemd credential heirloom_secret instead.
    #[arg(long, env = "HEIRLOOM_SECRET", hide_env_values = true, value_name = "SECRETS", default_value = "")]
    #[arg(value_parser = setting(secrets))]
    pub secret: Setting<Vec<Secret>>,

    /// File with the value of HEIRLOOM_SECRET
    ///
    /// It must belong to the user or root, and no other user may write to it.
    #[arg(long, env = "HEIRLOOM_SECRET_FILE", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub secret_file: Setting<Option<PathBuf>>,

    /// Signature algorithm of access tokens
    #[arg(long, env = "HEIRLOOM_ACCESS_TOKEN_ALG", value_name = "ALG", default_value = "EdDSA")]
    #[arg(value_parser = one_of(
        &["EdDSA", "ES256", "HS256"],
        [AccessTokenAlgorithm::EdDsa, AccessTokenAlgorithm::Es256, AccessTokenAlgorithm::Hs256],
    ))]
    pub access_token_alg: Setting<AccessTokenAlgorithm>,

    /// Lifetime of an access token
    #[arg(long, env = "HEIRLOOM_ACCESS_TOKEN_TTL", value_name = "DURATION", default_value = "15m")]
    #[arg(value_parser = setting(duration(Duration::from_secs(1))))]
    pub access_token_ttl: Setting<Duration>,

    /// Claim `iss` of access tokens
    #[arg(long, env = "HEIRLOOM_ISSUER", value_name = "TEXT", default_value = "heirloom")]
    #[arg(value_parser = setting(text))]
    pub issuer: Setting<String>,

    /// Claim `aud` of access tokens
    #[arg(long, env = "HEIRLOOM_AUDIENCE", value_name = "TEXT", default_value = "heirloom")]
    #[arg(value_parser = setting(text))]
    pub audience: Setting<String>,
}

impl TokenSettings {
    /// Newest first. Empty only with the embedded database, which generates one.
    pub fn secrets(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        is_external: bool,
        credentials: Option<&Path>,
    ) -> Vec<Secret> {
        let sources = Sources::new(&self.secret, &self.secret_file, credentials, "heirloom_secret");
        if is_external && !sources.is_given() {
            self.secret.refuse(
                errors,
                "is required with DATABASE_URL, and must be the same for every process on one database; generate one with \
                 `heirloom secret generate`",
            );
        }
        sources.value(errors, warnings, secrets)
    }

    pub fn access_token(&self, errors: &mut Vec<ConfigError>) -> AccessTokenPolicy {
        AccessTokenPolicy {
            algorithm: self.access_token_alg.value(errors),
            ttl: self.access_token_ttl.value(errors),
            issuer: self.issuer.value(errors),
            audience: self.audience.value(errors),
        }
    }
}

/// An empty secret among others is refused.
fn secrets(text: &str) -> Result<Vec<Secret>, String> {
    let items = text.split(',').filter(|_| !text.is_empty());
    all(items.map(|item| Secret::new(item.trim()).map_err(|error| error.to_string())))
}
