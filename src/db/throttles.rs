//! The table `login_throttles`: how often a password has been tried in vain, counted before it is looked at.

use std::time::Duration;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Timestamptz};

use super::asynchronous_commit::AsynchronousCommit;
use super::connection::Connection;
use super::error::DbError;
use super::schema::login_throttles;
use crate::domain::Timestamp;
use crate::domain::throttle::{
    FORGOTTEN_AFTER, FREE_FAILURES, LAST_STEP, LONGEST_WAIT, ThrottleKey, Tries, wait_after,
};

diesel::define_sql_function!(#[sql_name = "least"] fn lesser(a: Integer, b: Integer) -> Integer);
diesel::define_sql_function!(#[sql_name = "greatest"] fn greater(a: Integer, b: Integer) -> Integer);

/// How often a key that was found closed and then open is asked again, before its caller is told to come back.
const ROUNDS: usize = 3;

/// Whether a try may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// It counts as failed until it has [succeeded](forget) or turns out not to have been one ([`take_back`]), and if it
    /// does fail, the key is closed for so long.
    Admitted { closes_for: Duration },
    /// The key is closed for so long. The try was not counted, so that nobody can hold a key closed by knocking.
    Closed(Duration),
}

/// Counts a try, if its key is open. One statement does both, so that of a hundred tries at once no more are let in than
/// one after the other.
///
/// The commit is not waited for: what a crash may take back is a few counts.
pub fn count(connection: &mut Connection, key: &ThrottleKey, now: Timestamp) -> Result<Counted, DbError> {
    for _ in 0..ROUNDS {
        if let Some(failures) = admit(connection, key, now)? {
            return Ok(Counted::Admitted { closes_for: wait_after(failures.unsigned_abs()) });
        }
        let found: Option<(i32, Timestamp)> = login_throttles::table
            .find(key.as_bytes())
            .select((login_throttles::failures, login_throttles::counted_at))
            .first(connection.pg())
            .optional()?;
        let wait = found.map(|(failures, counted_at)| tries(failures, counted_at).wait(now)).unwrap_or_default();
        if !wait.is_zero() {
            return Ok(Counted::Closed(wait));
        }
    }
    Ok(Counted::Closed(Duration::ZERO))
}

/// The rule is the domain's: Postgres gets it as the latest count, for each number of failures, of a key that is open now.
fn admit(connection: &mut Connection, key: &ThrottleKey, now: Timestamp) -> Result<Option<i32>, DbError> {
    use diesel::query_dsl::methods::FilterDsl as _;
    use login_throttles::dsl;
    let open_since: Vec<Timestamp> = (1..=LAST_STEP).map(|failures| now - wait_after(failures)).collect();
    let step = lesser(greater(dsl::failures, 1), LAST_STEP.cast_signed());
    let is_over = dsl::counted_at.le(open_since.into_sql::<Array<Timestamptz>>().index(step));
    // Tries that run side by side are not in the order of their times, nor do all processes have one clock.
    let is_open = dsl::failures.lt(FREE_FAILURES.cast_signed()).or(is_over);
    let is_forgotten = || dsl::counted_at.le(now - FORGOTTEN_AFTER).or(dsl::counted_at.gt(now + LONGEST_WAIT));
    let admitted: Option<(i32, bool)> = diesel::insert_into(login_throttles::table)
        .values((dsl::lane.eq(&key.as_bytes()[..]), dsl::failures.eq(1), dsl::counted_at.eq(now)))
        .on_conflict(dsl::lane)
        .do_update()
        .set((
            dsl::failures.eq(case_when(is_forgotten(), 1.into_sql::<Integer>()).otherwise(dsl::failures + 1)),
            dsl::counted_at.eq(now),
        ))
        .filter(is_open.or(is_forgotten()))
        .returning((dsl::failures, AsynchronousCommit))
        .get_result(connection.pg())
        .optional()?;
    Ok(admitted.map(|(failures, _)| failures))
}

/// Opens a key: its last try has succeeded.
pub fn forget(connection: &mut Connection, key: &ThrottleKey) -> Result<(), DbError> {
    diesel::delete(login_throttles::table.find(key.as_bytes()).filter(AsynchronousCommit)).execute(connection.pg())?;
    Ok(())
}

/// Takes a count back, of a try that came to no verdict.
pub fn take_back(connection: &mut Connection, key: &ThrottleKey) -> Result<(), DbError> {
    use login_throttles::dsl;
    let may_decrease = dsl::failures.gt(0).and(AsynchronousCommit);
    diesel::update(dsl::login_throttles.find(key.as_bytes()).filter(may_decrease))
        .set(dsl::failures.eq(dsl::failures - 1))
        .execute(connection.pg())?;
    Ok(())
}

/// Deletes up to `limit` rows that were last counted before `before`, and says how many. Any number of processes may do so
/// at once. Rows older than [`FORGOTTEN_AFTER`] mean nothing any more.
pub fn prune(connection: &mut Connection, before: Timestamp, limit: i64) -> Result<usize, DbError> {
    connection.transaction(|connection| {
        let old: Vec<Vec<u8>> = login_throttles::table
            .filter(login_throttles::counted_at.lt(before))
            .select(login_throttles::lane)
            .order(login_throttles::counted_at)
            .limit(limit)
            .for_update()
            .skip_locked()
            .load(connection.pg())?;
        let pruned = diesel::delete(login_throttles::table.filter(login_throttles::lane.eq_any(old)));
        Ok(pruned.execute(connection.pg())?)
    })
}

/// A row's check holds that failures are not negative.
fn tries(failures: i32, counted_at: Timestamp) -> Tries {
    Tries { failures: failures.unsigned_abs(), counted_at }
}
