//! What a client gets from a login or a refresh.

use secrecy::SecretString;

use super::random::rng;
use super::use_cases::Service;
use crate::crypto::access_token::AccessGrant;
use crate::domain::Timestamp;
use crate::domain::family::Delivery;
use crate::domain::ids::FamilyId;
use crate::domain::refresh_token::IssuedGeneration;

/// The tokens of one generation of a session.
#[derive(Debug)]
pub struct SessionGrant {
    pub session_id: FamilyId,
    pub delivery: Delivery,
    pub access_token: SecretString,
    /// In seconds.
    pub access_expires_in: i64,
    pub refresh_token: SecretString,
    /// In seconds, until the idle expiry.
    pub refresh_expires_in: i64,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether a browser keeps the cookies when it is closed.
    pub remember: bool,
}

impl Service {
    /// A new CSRF value of this session, for [`authenticate_with_csrf`](Self::authenticate_with_csrf).
    pub fn csrf_token(&self, session_id: FamilyId) -> SecretString {
        self.csrf_tokens.mint(session_id, &mut rng())
    }

    /// The tokens of a generation that is on record. The refresh token is the same each time.
    pub(super) fn grant(&self, issued: &IssuedGeneration, now: Timestamp) -> SessionGrant {
        let grant = AccessGrant {
            user_id: issued.user_id,
            family_id: issued.family_id,
            generation: issued.generation,
            authenticated_at: issued.authenticated_at,
        };
        let session_end = issued.idle_expires_at.min(issued.expires_at);
        let access = self.access_tokens.issue_with(&grant, issued.content.as_deref(), now, session_end, &mut rng());
        SessionGrant {
            session_id: issued.family_id,
            delivery: issued.delivery,
            access_token: access.token,
            access_expires_in: access.expires_in,
            refresh_token: self.refresh_tokens.mint(issued.family_id, issued.generation),
            refresh_expires_in: (issued.idle_expires_at - now).whole_seconds().max(0),
            idle_expires_at: issued.idle_expires_at,
            expires_at: issued.expires_at,
            remember: issued.remember,
        }
    }
}
