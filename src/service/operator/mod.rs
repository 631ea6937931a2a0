//! What the operator can do, and a backend with a service key. No password is required: the operator has the database and
//! the secret, and has given the backend its key.

pub(super) mod accounts;
pub(super) mod import;
mod import_batch;
pub(super) mod service_users;
mod sessions;

use std::sync::Arc;

use super::passwords::Passwords;
use super::service_keys::Backend;
use super::throttle::LoginThrottle;
use super::upkeep::ended_sessions::EndedSessions;
use crate::db::Database;
use crate::domain::account::DeletedBy;
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
    pub(super) behalf: Behalf,
}

/// On whose behalf a command runs.
#[derive(Clone, Default)]
pub(super) enum Behalf {
    #[default]
    Unknown,
    /// A user of the machine.
    OsUser(String),
    Backend(Backend),
}

impl Operator {
    /// The same commands as run by this user of the machine, whom the events then name.
    pub fn run_by(&self, os_user: String) -> Self {
        self.on_behalf(Behalf::OsUser(os_user))
    }

    /// The same commands for a backend, whose key the events then name.
    pub fn run_for(&self, backend: Backend) -> Self {
        self.on_behalf(Behalf::Backend(backend))
    }

    fn on_behalf(&self, behalf: Behalf) -> Self {
        Self {
            db: self.db.clone(),
            clock: self.clock.clone(),
            passwords: self.passwords.clone(),
            login_throttle: Arc::clone(&self.login_throttle),
            ended_sessions: Arc::clone(&self.ended_sessions),
            behalf,
        }
    }

    /// The user of the machine who runs the commands, if it is known.
    pub fn os_user(&self) -> Option<&str> {
        match &self.behalf {
            Behalf::OsUser(os_user) => Some(os_user),
            Behalf::Unknown | Behalf::Backend(_) => None,
        }
    }

    fn client(&self) -> Client {
        match &self.behalf {
            Behalf::Unknown => Client::default(),
            Behalf::OsUser(os_user) => Client { os_user: Some(os_user.clone()), ..Client::default() },
            Behalf::Backend(backend) => Client { service_key: Some(backend.key_id), ..Client::default() },
        }
    }

    /// Whose deed it is, for logs and records.
    fn deleted_by(&self) -> DeletedBy {
        match self.behalf {
            Behalf::Backend(_) => DeletedBy::Service,
            Behalf::Unknown | Behalf::OsUser(_) => DeletedBy::Operator,
        }
    }

    fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { at: self.clock.now(), reason }
    }
}
