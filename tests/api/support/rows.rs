//! Rows for tests that run the database's own functions, without a server.

use heirloom::db::{Connection, Database, DatabaseOptions, DbError, users};
use heirloom::domain::Timestamp;
use heirloom::domain::account::{Email, User};
use heirloom::domain::ids::UserId;
use heirloom::domain::outbox::Outgoing;
use heirloom::domain::password::PasswordHash;
use std::time::Duration;
use uuid::Uuid;

use super::app::block_on;
use super::postgres::TestDatabase;

impl TestDatabase {
    /// Runs `work` on a connection that keeps its statements prepared.
    pub fn runs<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.runs_with(true, work)
    }

    /// Runs `work` on a connection that keeps its statements prepared, or does not.
    pub fn runs_with<T: Send + 'static>(
        &self,
        prepare: bool,
        work: impl FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        let timeout = Duration::from_secs(60);
        let options =
            DatabaseOptions { url: self.url().into(), connections: 1, prepare, timeout, outgoing: Outgoing::default() };
        block_on(Database::new(&options).run(work)).unwrap()
    }

    /// Stores a user whose id is `number`.
    pub fn has_user(&self, number: u128, is_active: bool, created_at: Timestamp) -> UserId {
        let id = UserId::from(Uuid::from_u128(number));
        let email = Email::parse(&format!("user{number}@example.com")).unwrap();
        let user = User { is_active, ..User::registered(id, email, created_at) };
        self.runs(move |connection| {
            users::insert(connection, &user, Some(&PasswordHash::from_stored("none".to_owned())))
        });
        id
    }
}
