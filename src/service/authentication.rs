//! Authenticating callers by their access tokens.

use super::use_cases::Service;
use crate::crypto::access_token::{AcceptedToken, AccessGrant, AccessTokenError};
use crate::domain::Timestamp;

/// A caller with a valid access token, whose session is not known to have ended.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated {
    pub grant: AccessGrant,
    /// When the access token was issued.
    pub issued_at: Timestamp,
}

/// Why an access token does not authenticate a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuthenticationError {
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The session has ended, or its account was disabled or deleted.
    #[error("the session of this access token has ended")]
    SessionRevoked,
    /// The access token is valid, but nothing proves that a page of this session sent it.
    #[error("the CSRF value is not one of the session of this access token")]
    Csrf,
}

impl Service {
    /// Authenticates a caller by an access token, and confirms the token's generation in the background. Does not wait
    /// for the database.
    pub fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let token = self.access_tokens.accept(access_token, self.clock.now())?;
        self.admit(token)
    }

    /// The same without the confirmation, for a server that renders a page: the response that carries the refresh token of this
    /// generation to the browser may still get lost.
    pub fn authenticate_unconfirmed(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let token = self.access_tokens.accept(access_token, self.clock.now())?;
        self.check(token)
    }

    /// The same for an access token in a cookie, which a browser sends by itself: `csrf` has to be a value of its
    /// session. A forged request is refused before it confirms the generation.
    pub fn authenticate_with_csrf(
        &self,
        access_token: &str,
        csrf: &[u8],
    ) -> Result<Authenticated, AuthenticationError> {
        let token = self.access_tokens.accept(access_token, self.clock.now())?;
        if !self.csrf_tokens.verify(csrf, token.grant.family_id) {
            return Err(AuthenticationError::Csrf);
        }
        self.admit(token)
    }

    fn admit(&self, token: AcceptedToken) -> Result<Authenticated, AuthenticationError> {
        let authenticated = self.check(token)?;
        let grant = authenticated.grant;
        self.background_writes.confirm(grant.family_id, grant.generation);
        Ok(authenticated)
    }

    fn check(&self, token: AcceptedToken) -> Result<Authenticated, AuthenticationError> {
        let AcceptedToken { grant, issued_at } = token;
        if self.ended_sessions.contains(grant.family_id) {
            return Err(AuthenticationError::SessionRevoked);
        }
        if self.ended_sessions.is_superseded(grant.family_id, grant.generation) {
            // Its claims are no longer true. With another code, clients would not refresh.
            return Err(AccessTokenError::Expired.into());
        }
        Ok(Authenticated { grant, issued_at })
    }
}
