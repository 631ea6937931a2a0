//! The table `login_throttles`: failed password attempts. An attempt is counted before its password is checked.

use std::time::Duration;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Timestamptz};

use super::connection::Connection;
use super::error::DbError;
use super::schema::login_throttles;
use crate::domain::Timestamp;
use crate::domain::throttle::{
    Attempts, FORGOTTEN_AFTER, FREE_FAILURES, LAST_STEP, LONGEST_WAIT, TRIES_WITH_HEAD_START, ThrottleKey, wait_after,
    wait_with_head_start,
};

diesel::define_sql_function!(#[sql_name = "least"] fn lesser(a: Integer, b: Integer) -> Integer);
diesel::define_sql_function!(#[sql_name = "greatest"] fn greater(a: Integer, b: Integer) -> Integer);

/// How many times an attempt is counted again if its key was closed, but open a moment later.
const ROUNDS: usize = 3;

/// Whether an attempt may continue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// It counts as failed until it has [succeeded](forget) or is [taken back](take_back). If it fails, the key is
    /// closed for this long. It may count for its network too.
    Admitted { closes_for: Duration, for_network: bool },
    /// The key is closed for this long. The attempt was not counted, so further attempts cannot keep a key closed.
    Closed(Duration),
}

/// Counts an attempt if its key is open. One statement does both, so a hundred attempts at once get no more admissions
/// than one after the other.
///
/// `network` is where an unknown device tries from. A network that has seldom failed has a [head start](crate::domain::throttle::HEAD_START).
///
/// The commit is asynchronous: a crash loses a few counts.
pub fn count(
    connection: &mut Connection,
    key: &ThrottleKey,
    network: Option<&ThrottleKey>,
    now: Timestamp,
) -> Result<Counted, DbError> {
    for _ in 0..ROUNDS {
        if let Some(failures) = admit(connection, key, wait_after, now)? {
            return admitted(connection, failures, network, now);
        }
        let Some(found) = find(connection, key)? else { continue };
        let mut waits: Waits = wait_after;
        if found.failures >= LAST_STEP && has_head_start(connection, network, now)? {
            waits = wait_with_head_start;
            if let Some(failures) = admit(connection, key, waits, now)? {
                return admitted(connection, failures, network, now);
            }
        }
        let wait = found.wait(now, waits);
        if !wait.is_zero() {
            return Ok(Counted::Closed(wait));
        }
    }
    Ok(Counted::Closed(Duration::ZERO))
}

/// The network is counted at an account that is slowed already, so the table gets no second row for most wrong passwords.
fn admitted(
    connection: &mut Connection,
    failures: u32,
    network: Option<&ThrottleKey>,
    now: Timestamp,
) -> Result<Counted, DbError> {
    let network = network.filter(|_| failures > FREE_FAILURES);
    if let Some(network) = network {
        admit(connection, network, |_| Duration::ZERO, now)?;
    }
    Ok(Counted::Admitted { closes_for: wait_after(failures), for_network: network.is_some() })
}

/// How long a key is closed after so many failures.
type Waits = fn(u32) -> Duration;

fn find(connection: &mut Connection, key: &ThrottleKey) -> Result<Option<Attempts>, DbError> {
    let found: Option<(i32, Timestamp)> = login_throttles::table
        .find(key.as_bytes())
        .select((login_throttles::failures, login_throttles::counted_at))
        .first(connection.pg())
        .optional()?;
    Ok(found.map(|(failures, counted_at)| attempts(failures, counted_at)))
}

fn has_head_start(connection: &mut Connection, network: Option<&ThrottleKey>, now: Timestamp) -> Result<bool, DbError> {
    let Some(network) = network else { return Ok(false) };
    let found = find(connection, network)?.filter(|found| !found.is_forgotten(now));
    Ok(found.is_none_or(|found| found.failures < TRIES_WITH_HEAD_START))
}

/// Counts an attempt if its key is open by these waits, and returns the failures with it.
///
/// The domain has the rule. Postgres gets, for each number of failures, the latest time of counting that leaves a key
/// open now.
fn admit(connection: &mut Connection, key: &ThrottleKey, waits: Waits, now: Timestamp) -> Result<Option<u32>, DbError> {
    use diesel::query_dsl::methods::FilterDsl as _;
    use login_throttles::dsl;
    let open_since: Vec<Timestamp> = (1..=LAST_STEP).map(|failures| now - waits(failures)).collect();
    let step = lesser(greater(dsl::failures, 1), LAST_STEP.cast_signed());
    let is_over = dsl::counted_at.le(open_since.into_sql::<Array<Timestamptz>>().index(step));
    // Concurrent attempts do not come in the order of their times, and processes have different clocks.
    let is_open = dsl::failures.lt(FREE_FAILURES.cast_signed()).or(is_over);
    let admit = diesel::insert_into(login_throttles::table)
        .values((dsl::lane.eq(&key.as_bytes()[..]), dsl::failures.eq(1), dsl::counted_at.eq(now)))
        .on_conflict(dsl::lane)
        .do_update()
        .set((
            dsl::failures.eq(case_when(is_forgotten(now), 1.into_sql::<Integer>()).otherwise(dsl::failures + 1)),
            dsl::counted_at.eq(now),
        ))
        .filter(is_open.or(is_forgotten(now)))
        .returning(dsl::failures);
    let admitted: Option<i32> = connection.asynchronously(|tx| Ok(admit.get_result(tx.pg()).optional()?))?;
    Ok(admitted.map(i32::unsigned_abs))
}

/// Whether a count no longer matters, or was made by a wrong clock.
fn is_forgotten(now: Timestamp) -> IsForgotten {
    login_throttles::counted_at.le(now - FORGOTTEN_AFTER).or(login_throttles::counted_at.gt(now + LONGEST_WAIT))
}

type IsForgotten = diesel::dsl::Or<
    diesel::dsl::LtEq<login_throttles::counted_at, Timestamp>,
    diesel::dsl::Gt<login_throttles::counted_at, Timestamp>,
>;

/// Opens a key after a successful attempt.
pub fn forget(connection: &mut Connection, key: &ThrottleKey) -> Result<(), DbError> {
    let key = login_throttles::table.find(key.as_bytes());
    connection.asynchronously(|tx| Ok(diesel::delete(key).execute(tx.pg())?))?;
    Ok(())
}

/// Deletes all counts of these keys, in the transaction of the caller.
pub fn delete(connection: &mut Connection, keys: &[ThrottleKey]) -> Result<(), DbError> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key.as_bytes()[..]).collect();
    diesel::delete(login_throttles::table.filter(login_throttles::lane.eq_any(keys))).execute(connection.pg())?;
    Ok(())
}

/// Takes back the count of an attempt whose password was not checked.
pub fn take_back(connection: &mut Connection, key: &ThrottleKey) -> Result<(), DbError> {
    use login_throttles::dsl;
    let decrease = diesel::update(dsl::login_throttles.find(key.as_bytes()).filter(dsl::failures.gt(0)))
        .set(dsl::failures.eq(dsl::failures - 1));
    connection.asynchronously(|tx| Ok(decrease.execute(tx.pg())?))?;
    Ok(())
}

/// Deletes up to `limit` rows that were last counted before `before`. Returns their number. Several processes can do it
/// at once. Rows older than [`FORGOTTEN_AFTER`] have no effect.
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

/// The table's check keeps failures from being negative.
fn attempts(failures: i32, counted_at: Timestamp) -> Attempts {
    Attempts { failures: failures.unsigned_abs(), counted_at }
}
