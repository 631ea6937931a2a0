//! The client for HTTP of this module.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// A client that trusts the authorities of the machine, and follows no redirect: it could lead a message elsewhere. Every status
/// is a response. With `is_direct` it uses no proxy, whatever the environment says.
pub(super) fn agent(timeout: Duration, is_direct: bool) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("heirloom/", env!("CARGO_PKG_VERSION")));
    if is_direct { config.proxy(None) } else { config }.build().into()
}
