//! Letting callers in by their access tokens.

use super::Service;
use crate::crypto::access_token::{AccessGrant, AccessTokenError};

/// A caller whose access token was good and whose session is not known to have ended.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated {
    pub grant: AccessGrant,
}

/// Why a caller is not let in by an access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuthenticationError {
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The session has ended, or its account was disabled or deleted.
    #[error("the session of this access token has ended")]
    SessionRevoked,
    /// The access token was good, and nothing shows that a page of this session has sent it.
    #[error("the CSRF value is not one of the session of this access token")]
    Csrf,
}

impl Service {
    /// Lets a caller in by an access token, and notes that its generation has arrived. No database is asked.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        self.admit(grant)
    }

    /// The same for an access token that a browser sends by itself: `csrf` has to be a value of its session. A forged
    /// request gets no further than this, not even to a confirmation.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub fn authenticate_with_csrf(
        &self,
        access_token: &str,
        csrf: &[u8],
    ) -> Result<Authenticated, AuthenticationError> {
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        if !self.csrf_tokens.verify(csrf, grant.family_id) {
            return Err(AuthenticationError::Csrf);
        }
        self.admit(grant)
    }

    fn admit(&self, grant: AccessGrant) -> Result<Authenticated, AuthenticationError> {
        if self.ended_sessions.contains(grant.family_id) {
            return Err(AuthenticationError::SessionRevoked);
        }
        self.background_writes.in_use(grant.family_id, grant.generation, self.db.outages());
        Ok(Authenticated { grant })
    }
}
