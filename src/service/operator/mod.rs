//! What the operator can do. No password is required: the operator has the database and the secret.

pub(super) mod accounts;
mod sessions;

use std::sync::Arc;

use super::passwords::Passwords;
use super::throttle::LoginThrottle;
use super::upkeep::ended_sessions::EndedSessions;
use crate::db::Database;
use crate::domain::client::Client;
use crate::domain::clock::Clock;
use crate::domain::revocation::{Revocation, RevocationReason};

/// The operator's commands over one database.
pub struct Operator {
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) passwords: Passwords,
    pub(super) login_throttle: Arc<LoginThrottle>,
    pub(super) ended_sessions: Arc<EndedSessions>,
    /// The user of the machine who runs the commands, if it is known.
    pub(super) os_user: Option<String>,
}

impl Operator {
    /// The same commands as run by this user of the machine, whom the events then name.
    pub fn run_by(&self, os_user: String) -> Self {
        Self {
            db: self.db.clone(),
            clock: self.clock.clone(),
            passwords: self.passwords.clone(),
            login_throttle: Arc::clone(&self.login_throttle),
            ended_sessions: Arc::clone(&self.ended_sessions),
            os_user: Some(os_user),
        }
    }

    /// The user of the machine who runs the commands, if it is known.
    pub fn os_user(&self) -> Option<&str> {
        self.os_user.as_deref()
    }

    fn client(&self) -> Client {
        Client { os_user: self.os_user.clone(), ..Client::default() }
    }

    fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { at: self.clock.now(), reason }
    }
}
