//! What an access token opens: the caller's own account.

use super::{Service, ServiceError};
use crate::crypto::access_token::{AccessGrant, AccessTokenError};
use crate::db::users;
use crate::domain::account::User;

/// A caller whose access token was good and whose session lives.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub user: User,
    pub grant: AccessGrant,
}

/// Why a caller is not let in by an access token.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The session has ended, or its account was disabled or deleted.
    #[error("the session of this access token has ended")]
    SessionRevoked,
    /// The access token was good, and nothing shows that a page of this session has sent it.
    #[error("the CSRF value is not one of the session of this access token")]
    Csrf,
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Service {
    /// Lets a caller in by an access token, and notes that its generation has arrived. Fails closed: a database that does
    /// not answer is an error, never a pass.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        self.admit(grant).await
    }

    /// The same for an access token that a browser sends by itself: `csrf` has to be a value of its session. A forged
    /// request gets no further than this, neither to the database nor to a confirmation.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate_with_csrf(
        &self,
        access_token: &str,
        csrf: &[u8],
    ) -> Result<Authenticated, AuthenticationError> {
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        if !self.csrf_tokens.verify(csrf, grant.family_id) {
            return Err(AuthenticationError::Csrf);
        }
        self.admit(grant).await
    }

    async fn admit(&self, grant: AccessGrant) -> Result<Authenticated, AuthenticationError> {
        let (user_id, family_id) = (grant.user_id, grant.family_id);
        let found = self
            .db
            .run(move |connection| users::find_with_session(connection, user_id, family_id))
            .await
            .map_err(ServiceError::from)?;
        match found {
            Some((user, None)) if user.is_active => {
                self.confirmations.note(family_id, grant.generation);
                Ok(Authenticated { user, grant })
            }
            _ => Err(AuthenticationError::SessionRevoked),
        }
    }
}
