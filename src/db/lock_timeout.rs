//! How long a statement waits for a row lock: a process that stops in the middle of a transaction must not stop the
//! others.

use diesel::connection::SimpleConnection as _;
use diesel::dsl::Eq;
use diesel::expression_methods::ExpressionMethods as _;
use diesel::sql_types::{Bool, Text};

use super::connection::Connection;
use super::error::DbError;

const LOCK_TIMEOUT: &str = "3s";

diesel::define_sql_function! {
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

/// A condition of a query that is always true and limits lock waits until the transaction ends. A statement outside a
/// transaction is one by itself, so no connection of the pool keeps the setting, and it costs no round trip. Not for
/// statements that change rows: a distributed database runs those without the functions that have side effects.
pub(super) fn within_lock_timeout() -> Eq<set_config<&'static str, &'static str, bool>, &'static str> {
    set_config("lock_timeout", LOCK_TIMEOUT, true).eq(LOCK_TIMEOUT)
}

/// Limits lock waits until this transaction ends.
pub(super) fn limit_lock_waits(tx: &mut Connection) -> Result<(), DbError> {
    set_local(tx, LOCK_TIMEOUT)
}

/// A lock that nearly every statement gets at once. Below the time after which Postgres looks for a deadlock.
pub(super) fn hardly_wait(tx: &mut Connection) -> Result<(), DbError> {
    set_local(tx, "100ms")
}

fn set_local(tx: &mut Connection, timeout: &str) -> Result<(), DbError> {
    Ok(tx.pg().batch_execute(&format!("SET LOCAL lock_timeout TO '{timeout}'"))?)
}
