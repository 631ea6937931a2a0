//! A connection that listens, and on which notifications arrive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::{ConnectionError, RunQueryDsl as _};

use super::connector::Connector;

/// How long a notification may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

const PROBE_EVERY: Duration = Duration::from_millis(10);

/// Why there is no such connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListenError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Query(#[from] DieselError),
    #[error("too many connections do not respond")]
    TooMany,
    #[error(
        "notifications do not arrive. A pooler such as PgBouncer in transaction mode does not pass them on; \
         HEIRLOOM_DATABASE_LISTEN=false turns listening off"
    )]
    Deaf,
}

/// Listens to `channel`.
pub(super) fn listen(
    connector: &Connector,
    channel: &str,
    is_stopping: &AtomicBool,
) -> Result<PgConnection, ListenError> {
    let (mut connection, _) = connector.establish()?;
    let (mut other, _) = connector.establish()?;
    if !hears(&mut connection, &mut other, is_stopping)? {
        return Err(ListenError::Deaf);
    }
    connection.batch_execute(&format!("LISTEN {channel}"))?;
    Ok(connection)
}

/// Whether a notification of another session arrives. Behind a pooler that gives each transaction to another session,
/// `LISTEN` succeeds all the same.
fn hears(connection: &mut PgConnection, other: &mut PgConnection, is_stopping: &AtomicBool) -> QueryResult<bool> {
    diesel::define_sql_function!(fn pg_backend_pid() -> Integer);
    // A channel of its own: a shared session keeps listening to it, and whatever arrives there later is never taken.
    let pid: i32 = diesel::select(pg_backend_pid()).get_result(connection)?;
    let channel = format!("heirloom_probe_{pid}");
    connection.batch_execute(&format!("LISTEN {channel}"))?;
    other.batch_execute(&format!("NOTIFY {channel}"))?;
    let mut left = PROBE_TIMEOUT;
    let mut is_heard = false;
    while !is_heard && !left.is_zero() && !is_stopping.load(Ordering::Relaxed) {
        pause(PROBE_EVERY, is_stopping);
        left = left.saturating_sub(PROBE_EVERY);
        is_heard = connection.notifications_iter().next().transpose()?.is_some();
    }
    connection.batch_execute(&format!("UNLISTEN {channel}"))?;
    Ok(is_heard)
}

/// Returns at once when the thread has to stop.
#[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
pub(super) fn pause(time: Duration, is_stopping: &AtomicBool) {
    let mut left = time;
    while !left.is_zero() && !is_stopping.load(Ordering::Relaxed) {
        let step = left.min(Duration::from_millis(50));
        thread::sleep(step);
        left -= step;
    }
}
