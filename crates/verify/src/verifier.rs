//! A verifier that keeps itself up to date.

use std::ops::Deref;
use std::sync::Arc;

use crate::builder::{Builder, BuilderError};
use crate::claims::Claims;
use crate::clock::Clock;
use crate::ended::EndedSessions;
use crate::refusal::Refusal;
use crate::remote::{KeyFetcher, follow};
use crate::token::{TokenError, TokenVerifier};

/// What happens with valid tokens while it is not known which sessions have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenUnknown {
    /// They are accepted. A session that ends meanwhile is accepted until its token expires.
    Accept,
    /// They are refused as [`Refusal::Unavailable`] (503).
    Refuse,
}

/// Verifies access tokens for a service. Cheap to clone. The threads end with the last clone.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

pub(crate) struct Inner {
    pub tokens: TokenVerifier,
    pub ended: EndedSessions,
    pub clock: Clock,
    keys: KeyFetcher,
    follows_feed: bool,
    known_for: i64,
    when_unknown: WhenUnknown,
}

/// A valid access token of a session that is not known to have ended. Dereferences to its [`Claims`].
#[derive(Clone, PartialEq, Debug)]
pub struct Session(Arc<Claims>);

impl Deref for Session {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl Inner {
    pub fn keys(&self) -> &KeyFetcher {
        &self.keys
    }
}

impl Verifier {
    /// A verifier of the tokens of the Heirloom at `url`, which may contain a path (`HEIRLOOM_BASE_PATH`).
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    pub(crate) fn start(settings: Builder) -> Result<Self, BuilderError> {
        let inner = Arc::new(Inner {
            tokens: TokenVerifier::new(settings.issuer, settings.audience, Vec::new()),
            ended: EndedSessions::default(),
            clock: settings.clock,
            keys: KeyFetcher::default(),
            follows_feed: settings.feed.is_some(),
            known_for: i64::try_from(settings.known_for.as_secs()).unwrap_or(i64::MAX),
            when_unknown: settings.when_unknown,
        });
        inner.keys.start(&inner, settings.url).map_err(|error| BuilderError::Thread(Arc::new(error)))?;
        if let Some(feed) = settings.feed {
            follow(&inner, feed, settings.known_for).map_err(|error| BuilderError::Thread(Arc::new(error)))?;
        }
        Ok(Self(inner))
    }

    /// The session of a presented access token. Waits only if the keys are not there yet, or if the token names an unknown
    /// key and the keys may be fetched again, which is at most every 30 seconds.
    ///
    /// # Errors
    /// The [`Refusal`] to respond with.
    pub async fn verify(&self, token: &str) -> Result<Session, Refusal> {
        match self.check(token) {
            Err(TokenError::UnknownKey) => {}
            checked => return self.admit(checked?),
        }
        let is_up_to_date = self.0.keys.fetch(self.0.clock.now()).await;
        match self.check(token) {
            Err(TokenError::UnknownKey) if !is_up_to_date => Err(Refusal::Unavailable),
            checked => self.admit(checked?),
        }
    }

    /// As [`verify`](Self::verify), but never waits: only the keys that are there count.
    ///
    /// # Errors
    /// The [`Refusal`] to respond with.
    pub fn verify_now(&self, token: &str) -> Result<Session, Refusal> {
        match self.check(token) {
            Err(TokenError::UnknownKey) if !self.0.keys.is_up_to_date() => Err(Refusal::Unavailable),
            checked => self.admit(checked?),
        }
    }

    /// Whether it is known which sessions have ended: the feed has responded recently. Always false without the feed.
    pub fn knows_ended_sessions(&self) -> bool {
        let inner = &*self.0;
        inner.follows_feed && inner.ended.age(inner.clock.now()).is_some_and(|age| age <= inner.known_for)
    }

    /// How many ended sessions are remembered.
    pub fn ended_sessions(&self) -> usize {
        self.0.ended.count()
    }

    /// Whether the keys are there and the latest attempt to fetch them succeeded.
    pub fn has_keys(&self) -> bool {
        self.0.keys.is_up_to_date()
    }

    fn check(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        self.0.tokens.check(token, self.0.clock.now())
    }

    fn admit(&self, claims: Arc<Claims>) -> Result<Session, Refusal> {
        let inner = &*self.0;
        if inner.ended.contains(claims.session_id) {
            return Err(Refusal::SessionEnded);
        }
        if inner.follows_feed && inner.when_unknown == WhenUnknown::Refuse && !self.knows_ended_sessions() {
            return Err(Refusal::Unavailable);
        }
        Ok(Session(claims))
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("knows_ended_sessions", &self.knows_ended_sessions()).finish_non_exhaustive()
    }
}
