//! What the operator can do. No password is required: the operator has the database and the secret.

pub(super) mod accounts;
mod sessions;

use std::sync::Arc;

use super::passwords::Passwords;
use super::throttle::LoginThrottle;
use super::upkeep::ended_sessions::EndedSessions;
use crate::db::Database;
use crate::domain::clock::Clock;
use crate::domain::revocation::{Revocation, RevocationReason};

/// The operator's commands over one database.
pub struct Operator {
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) passwords: Passwords,
    pub(super) login_throttle: Arc<LoginThrottle>,
    pub(super) ended_sessions: Arc<EndedSessions>,
}

impl Operator {
    fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { at: self.clock.now(), reason }
    }
}
