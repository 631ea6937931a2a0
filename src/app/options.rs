//! The settings in the terms of the modules that are composed.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::error::StartError;
use crate::config::{Config, DatabasePlace, without_values};
use crate::connections::Timeouts;
use crate::crypto::keys::Keyring;
use crate::db::{Database, DatabaseOptions, objection};
use crate::delivery::password_hook::{PasswordHook, TIMEOUT};
use crate::domain::outbox::Outgoing;
use crate::http::HttpOptions;
use crate::service::{Messaging, Policy};

/// Checks what [`Config::resolve`](crate::config::Config::resolve) cannot: the keys derived from the secrets, and whether
/// libpq can read the URL of the database.
///
/// # Errors
/// [`StartError::Secret`] and [`StartError::DatabaseUrlRefused`].
pub fn check(config: &Config) -> Result<(), StartError> {
    if let DatabasePlace::External(url) = &config.database.place
        && let Some(message) = objection(url)
    {
        return Err(StartError::DatabaseUrlRefused(without_values(&message, url.expose_secret())));
    }
    if !config.secrets.is_empty() {
        Keyring::derive(&config.secrets)?;
    }
    Ok(())
}

pub(super) fn pool(config: &Config, url: SecretString, outgoing: Outgoing) -> Database {
    Database::new(&DatabaseOptions {
        url,
        connections: config.database.connections,
        prepare: config.database.prepare,
        timeout: config.database.timeout,
        outgoing,
    })
}

pub(super) fn policy(config: &Config, messaging: Messaging) -> Policy {
    Policy {
        rotation: config.rotation,
        lifetimes: config.lifetimes,
        password: config.password,
        sessions_per_user: config.sessions_per_user,
        event_retention: config.event_retention,
        access_token: config.access_token.clone(),
        hash_cost: config.hash_cost,
        rotation_workers: config.database.rotation_workers,
        hashes_at_once: config.hashes_at_once,
        password_hook: config.password_hook.clone().map(|url| Arc::new(PasswordHook::new(url, TIMEOUT))),
        messaging,
    }
}

/// One setting limits what a client does during a request: send a head, send a body, read a response.
pub(super) fn timeouts(config: &Config) -> Timeouts {
    Timeouts {
        head: config.body_timeout,
        write: 3 * config.body_timeout,
        idle: config.keep_alive,
        linger: Duration::from_secs(2),
    }
}

pub(super) fn http_options(config: &Config) -> HttpOptions {
    HttpOptions {
        base_path: config.base_path.clone(),
        service_api: config.service_api,
        cookies: config.cookie.clone(),
        allowed_origins: config.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        trusted_proxies: config.throttle.trusted_proxies.clone(),
        body_timeout: config.body_timeout,
        has_app: config.has_app,
        has_docs: config.has_docs,
        admin_hosts: config.admin_hosts.clone(),
        is_development: config.is_development,
    }
}
