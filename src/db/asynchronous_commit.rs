//! Commits that do not wait for the disk, for writes that a crash of the database may take back. Only this file and the
//! connector name `synchronous_commit`. No statement sets it from within: a function with a side effect
//! keeps a distributed database from choosing where the statement runs.

use diesel::connection::SimpleConnection as _;

use super::connection::{BEGIN, Connection};
use super::error::DbError;

const SET_LOCAL: &str = "SET LOCAL synchronous_commit TO off";

/// Makes the commit of this transaction asynchronous.
pub fn commit_asynchronously(connection: &mut Connection) -> Result<(), DbError> {
    Ok(connection.pg().batch_execute(SET_LOCAL)?)
}

impl Connection {
    /// Runs `work` in a transaction whose commit is asynchronous. The setting ends with the transaction, so no connection
    /// returns to the pool, or to a pooler, with it.
    pub(super) fn asynchronously<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.transaction_that_begins_with(&format!("{BEGIN}; {SET_LOCAL}"), |tx| {
            if tx.is_nested() {
                commit_asynchronously(tx)?;
            }
            work(tx)
        })
    }
}
