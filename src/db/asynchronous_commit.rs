//! Commits that do not wait for the disk, for writes that a crash of the database may take back. This is the only place
//! that sets `synchronous_commit`.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

use super::connection::Connection;
use super::error::DbError;

/// A condition that is always true and makes the commit of its transaction asynchronous. A statement outside a
/// transaction is one by itself, so no connection keeps the setting, and it costs no round trip. A sub-select, so
/// Postgres evaluates it once and not for each row.
macro_rules! asynchronous_commit {
    () => {
        "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"
    };
}

pub(super) use asynchronous_commit;

/// The same condition as an expression of Diesel's.
#[derive(Clone, Copy, QueryId, ValidGrouping)]
pub(super) struct AsynchronousCommit;

impl Expression for AsynchronousCommit {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for AsynchronousCommit {}

impl<Source> SelectableExpression<Source> for AsynchronousCommit {}

impl QueryFragment<Pg> for AsynchronousCommit {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(asynchronous_commit!());
        Ok(())
    }
}

/// Makes the commit of this transaction asynchronous.
pub fn commit_asynchronously(connection: &mut Connection) -> Result<(), DbError> {
    diesel::select(AsynchronousCommit).execute(connection.pg())?;
    Ok(())
}
