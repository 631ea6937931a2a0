//! The settings of a verifier.

use std::time::Duration;

use crate::clock::Clock;
use crate::verifier::{Verifier, WhenUnknown};

/// Settings of a [`Verifier`]. Made by [`Verifier::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    pub(crate) url: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) feed: Option<Feed>,
    pub(crate) when_unknown: WhenUnknown,
    pub(crate) known_for: Duration,
    pub(crate) clock: Clock,
}

/// Where the feed of ended sessions is.
#[derive(Clone)]
pub(crate) struct Feed {
    pub url: String,
    pub key: String,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a verifier cannot start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuilderError {
    /// A URL is not one of http or https.
    #[error("{0:?} is no URL that starts with http:// or https://")]
    Url(String),
    /// The service key contains characters that no key has.
    #[error("the service key is not one of `heirloom service-key create`")]
    ServiceKey,
    /// [`Builder::known_for`] is too short.
    #[error("ended sessions must count as known for at least 5 seconds after a response")]
    KnownFor,
    /// The operating system refuses a thread.
    #[error("cannot start a thread: {0}")]
    Thread(std::sync::Arc<std::io::Error>),
}

impl Builder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            issuer: "heirloom".to_owned(),
            audience: "heirloom".to_owned(),
            feed: None,
            when_unknown: WhenUnknown::Accept,
            known_for: Duration::from_secs(30),
            clock: Clock::default(),
        }
    }

    /// `HEIRLOOM_ISSUER` of the server. Default: `heirloom`.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// `HEIRLOOM_AUDIENCE` of the server. Default: `heirloom`.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// Follows the feed of ended sessions at `url`, the address of the service API, with a service key that has the scope
    /// `ended:read`. Without the feed, a token is accepted until it expires.
    pub fn ended_sessions(mut self, url: &str, key: impl Into<String>) -> Self {
        self.feed = Some(Feed { url: url.trim_end_matches('/').to_owned(), key: key.into() });
        self
    }

    /// What happens while it is not known which sessions have ended. Default: [`WhenUnknown::Accept`].
    pub fn when_unknown(mut self, when_unknown: WhenUnknown) -> Self {
        self.when_unknown = when_unknown;
        self
    }

    /// How long after a response of the feed it still counts as known which sessions have ended. Default: 30 seconds.
    pub fn known_for(mut self, known_for: Duration) -> Self {
        self.known_for = known_for;
        self
    }

    /// A clock that tests can move.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts to fetch the keys and to follow the feed, in threads of their own. Does not wait for them: until the keys have
    /// arrived, requests are refused as unavailable.
    ///
    /// # Errors
    /// [`BuilderError`], which names the setting.
    pub fn start(self) -> Result<Verifier, BuilderError> {
        for url in [Some(&self.url), self.feed.as_ref().map(|feed| &feed.url)].into_iter().flatten() {
            let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if authority.is_none_or(str::is_empty) {
                return Err(BuilderError::Url(url.clone()));
            }
        }
        if self
            .feed
            .as_ref()
            .is_some_and(|feed| feed.key.is_empty() || !feed.key.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(BuilderError::ServiceKey);
        }
        if self.known_for < Duration::from_secs(5) {
            return Err(BuilderError::KnownFor);
        }
        Verifier::start(self)
    }
}
