//! What a new connection finds in its session of the server.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

/// A role, a database or a pooler between here and the server may have changed what a session starts with.
#[derive(QueryableByName)]
pub(super) struct Session {
    /// A statement outside a transaction has a higher isolation level than read committed.
    #[diesel(sql_type = Bool)]
    pub is_isolation_raised: bool,
    /// A commit does not wait for the disk.
    #[diesel(sql_type = Bool)]
    pub commits_asynchronously: bool,
    /// Another client of Diesel's has prepared statements here: a pooler gives each transaction to another session. Diesel
    /// numbers its statements, so one name means another statement to each client.
    #[diesel(sql_type = Bool)]
    pub is_shared: bool,
}

impl Session {
    /// Call it before anything is prepared.
    pub fn of(pg: &mut PgConnection) -> QueryResult<Self> {
        let sql = "SELECT current_setting('default_transaction_isolation') IN ('repeatable read', 'serializable') \
                   AS is_isolation_raised, current_setting('synchronous_commit') = 'off' AS commits_asynchronously, \
                   EXISTS (SELECT FROM pg_prepared_statements WHERE starts_with(name, '__diesel_stmt_')) AS is_shared";
        sql_query(sql).get_result(pg)
    }
}

/// Prepared statements do not work in a [shared](Session::is_shared) session: one client would run what another meant.
#[derive(Debug, thiserror::Error)]
#[error(
    "another client has prepared statements in the same session, as PgBouncer in transaction mode makes it happen. Set \
     HEIRLOOM_DATABASE_PREPARE=false, or max_prepared_statements in PgBouncer 1.21 or later"
)]
pub(super) struct SharedSession;
