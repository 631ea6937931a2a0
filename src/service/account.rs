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
