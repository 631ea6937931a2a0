//! GET requests.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// A million ended sessions are about 150 MB.
const BODY_LIMIT: u64 = 512 * 1024 * 1024;

pub(super) struct Client(Agent);

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("the response has the status {0}")]
    Status(u16),
    #[error("{0}")]
    Transport(#[from] ureq::Error),
}

impl Client {
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).tls_config(tls);
        Self(config.build().into())
    }

    /// The body of a 200 response to a GET request.
    pub fn get(&self, url: &str, bearer: Option<&str>, timeout: Duration) -> Result<String, ClientError> {
        let mut request = self.0.get(url).header("accept", "application/json");
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let mut response = request.config().timeout_global(Some(timeout)).build().call()?;
        if response.status() != 200 {
            return Err(ClientError::Status(response.status().as_u16()));
        }
        Ok(response.body_mut().with_config().limit(BODY_LIMIT).read_to_string()?)
    }
}
