//! How long a statement waits for a row lock: a process that stops in the middle of a transaction must not stop the
//! others.

use diesel::dsl::Eq;
use diesel::expression_methods::ExpressionMethods as _;
use diesel::sql_types::{Bool, Text};

const LOCK_TIMEOUT: &str = "3s";

diesel::define_sql_function! {
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

/// A condition that is always true and limits lock waits until the transaction ends. A statement outside a transaction
/// is one by itself, so no connection of the pool keeps the setting, and it costs no round trip.
pub(super) fn within_lock_timeout() -> Eq<set_config<&'static str, &'static str, bool>, &'static str> {
    set_config("lock_timeout", LOCK_TIMEOUT, true).eq(LOCK_TIMEOUT)
}
