//! The table `ended_sessions`: the feed from which each process learns which sessions have ended, and its notifications.
//!
//! A row is a session that a transaction has ended. The feed is read by the order of transactions, which the database
//! knows, and not by `ended_at`, which is the time of the process that ended the session. `pg_snapshot_xmin` is the
//! oldest transaction that was still running when a snapshot was taken. Every row that a reader has not seen is therefore
//! of this transaction or a later one, however long it took to commit.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::rows::generation;
use super::schema::ended_sessions;
use crate::domain::Timestamp;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::Revocation;
use crate::domain::rotation::Generation;

/// The channel of `NOTIFY`. [`read`] finds the same sessions later.
pub(super) const CHANNEL: &str = "heirloom_sessions_ended";

/// A payload has to be shorter than 8,000 bytes, and an id with its separator takes 33.
const IDS_PER_NOTIFICATION: usize = 240;

/// Where more sessions end together, the notification only says that [`read`] has news.
const NOTIFIED_IDS: usize = 5 * IDS_PER_NOTIFICATION;

/// What a notification says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// These sessions have ended.
    Ended(Vec<FamilyId>),
    /// Sessions have ended; [`read`] returns which.
    News,
}

/// How far a reader has read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// When the database server started. After a failover, transactions are counted from where the standby was.
    server_started: Timestamp,
    /// Every session of a transaction before this one has been read.
    xid: i64,
}

/// What [`read`] returns.
#[derive(Clone, Debug)]
pub struct News {
    /// Sessions that have ended, some of them perhaps read before.
    pub ended: Vec<FamilyId>,
    /// Up to which generation the access tokens of sessions that go on were superseded.
    pub superseded: Vec<(FamilyId, Generation)>,
    pub position: Position,
    /// The time by the database's clock during the reading.
    pub at: Timestamp,
}

/// Records that sessions have ended, in the transaction that ends them. Its commit notifies the other processes.
pub(super) fn insert(
    connection: &mut Connection,
    ended: &[(FamilyId, UserId)],
    revocation: Revocation,
) -> Result<(), DbError> {
    if ended.is_empty() {
        return Ok(());
    }
    let row = |(id, user): &(FamilyId, UserId)| {
        (
            ended_sessions::family_id.eq(id.as_uuid()),
            ended_sessions::ended_at.eq(revocation.at),
            ended_sessions::user_id.eq(user.as_uuid()),
            ended_sessions::reason.eq(revocation.reason.as_str()),
        )
    };
    let rows: Vec<_> = ended.iter().map(row).collect();
    let ids: Vec<FamilyId> = ended.iter().map(|(id, _)| *id).collect();
    // A statement can have 65,535 parameters.
    for rows in rows.chunks(10_000) {
        diesel::insert_into(ended_sessions::table).values(rows).on_conflict_do_nothing().execute(connection.pg())?;
    }
    sql_query("SELECT pg_notify($1, payload) FROM unnest($2) AS payload")
        .bind::<Text, _>(CHANNEL)
        .bind::<Array<Text>, _>(payloads(&ids))
        .execute(connection.pg())?;
    Ok(())
}

/// The sessions that have ended since `since`; all that are on record for a reader that has read nothing, and after the
/// database server has started again.
pub fn read(connection: &mut Connection, since: Option<Position>) -> Result<News, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Timestamptz)]
        server_started: Timestamp,
        #[diesel(sql_type = BigInt)]
        xid: i64,
        #[diesel(sql_type = Timestamptz)]
        at: Timestamp,
        #[diesel(sql_type = Array<SqlUuid>)]
        ended: Vec<Uuid>,
        #[diesel(sql_type = Array<Text>)]
        superseded: Vec<String>,
    }
    // One statement has one snapshot, so a transaction that it does not see is not before its `xid`.
    let sql = "SELECT pg_postmaster_start_time() AS server_started, \
               pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid, clock_timestamp() AS at, \
               ARRAY(SELECT family_id FROM ended_sessions \
               WHERE ended_xid >= CASE WHEN pg_postmaster_start_time() = $1 THEN $2 ELSE 0 END) AS ended, \
               ARRAY(SELECT family_id::text || ' ' || generation FROM superseded_tokens \
               WHERE superseded_xid >= CASE WHEN pg_postmaster_start_time() = $1 THEN $2 ELSE 0 END) AS superseded";
    let row: Row = sql_query(sql)
        .bind::<Nullable<Timestamptz>, _>(since.map(|position| position.server_started))
        .bind::<BigInt, _>(since.map_or(0, |position| position.xid))
        .get_result(connection.pg())?;
    let position = Position { server_started: row.server_started, xid: row.xid };
    let superseded = row.superseded.iter().map(|text| superseded(text)).collect::<Result<_, DbError>>()?;
    let ended = row.ended.into_iter().map(FamilyId::from).collect();
    Ok(News { ended, superseded, position, at: row.at })
}

fn superseded(text: &str) -> Result<(FamilyId, Generation), DbError> {
    let parts = text.split_once(' ').and_then(|(id, number)| Some((Uuid::try_parse(id).ok()?, number.parse().ok()?)));
    let (id, number) = parts.ok_or_else(|| DbError::corrupt("superseded_tokens: a row"))?;
    Ok((id.into(), generation(number)?))
}

impl Position {
    /// Whether both were read from the same run of the database server.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.server_started == other.server_started
    }
}

/// The payloads of the notifications for these sessions. One that is empty stands for [`Notice::News`].
fn payloads(ids: &[FamilyId]) -> Vec<String> {
    if ids.len() > NOTIFIED_IDS {
        return vec![String::new()];
    }
    let written = |ids: &[FamilyId]| ids.iter().map(|id| id.as_uuid().simple().to_string()).collect::<Vec<_>>();
    ids.chunks(IDS_PER_NOTIFICATION).map(|ids| written(ids).join(",")).collect()
}

/// The sessions in a payload. Previous versions send an empty one.
pub(super) fn ids_in(payload: &str) -> Option<Vec<FamilyId>> {
    payload.split(',').map(|id| Uuid::try_parse(id).ok().map(FamilyId::from)).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{IDS_PER_NOTIFICATION, NOTIFIED_IDS, ids_in, payloads};
    use crate::domain::ids::FamilyId;

    fn sessions(count: usize) -> Vec<FamilyId> {
        (1..=count).map(|number| Uuid::from_u128(number as u128).into()).collect()
    }

    #[test]
    fn every_session_is_in_a_payload_that_postgres_accepts() {
        for count in [1, 2, IDS_PER_NOTIFICATION, IDS_PER_NOTIFICATION + 1, NOTIFIED_IDS] {
            let ids = sessions(count);
            let payloads = payloads(&ids);
            assert!(payloads.iter().all(|payload| payload.len() < 8_000));
            let read: Vec<FamilyId> = payloads.iter().flat_map(|payload| ids_in(payload).unwrap()).collect();
            assert_eq!(read, ids);
        }
    }

    #[test]
    fn a_payload_that_names_no_sessions_says_that_there_is_news() {
        let many = payloads(&sessions(NOTIFIED_IDS + 1));
        assert_eq!(many, [""]);
        for payload in ["", ",", "0", "not ids", &"x".repeat(8_000)] {
            assert_eq!(ids_in(payload), None, "{payload}");
        }
    }
}
