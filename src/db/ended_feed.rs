//! The feed of ended sessions with what other services learn of each, from the table of
//! [`ended_sessions`](super::ended_sessions) and in its order.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::event_feed::{Among, mark};
use crate::domain::Timestamp;
use crate::domain::feed::{EndedSession, TransactionMark};

/// An ended session, and the transaction that has ended it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    pub session: EndedSession,
    pub xid: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    family_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    ended_at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    ended_xid: i64,
}

/// The sessions that have ended since `since`, some of them perhaps read before, and where to read on; all that are on record
/// for a reader that has read nothing, and after the database server has started again.
pub fn read(
    connection: &mut Connection,
    since: Option<TransactionMark>,
) -> Result<(Vec<Described>, TransactionMark), DbError> {
    // Before the rows, whose snapshot then sees every transaction before the mark.
    let now = mark(connection, Among::All)?;
    let xid = since.filter(|since| since.server_started == now.server_started).map_or(0, |since| since.xid);
    // A process of an earlier version does not say whose session it was and why it has ended.
    let sql = "SELECT ended.family_id, coalesce(ended.user_id, family.user_id) AS user_id, ended.ended_at, \
               coalesce(ended.reason, family.revoked_reason) AS reason, ended.ended_xid \
               FROM ended_sessions AS ended \
               LEFT JOIN token_families AS family ON family.id = ended.family_id AND ended.user_id IS NULL \
               WHERE ended.ended_xid >= $1 ORDER BY ended.ended_xid, ended.family_id";
    let rows: Vec<Row> = sql_query(sql).bind::<BigInt, _>(xid).load(connection.pg())?;
    Ok((rows.into_iter().map(Described::from).collect(), now))
}

impl From<Row> for Described {
    fn from(row: Row) -> Self {
        let session = EndedSession {
            session_id: row.family_id.into(),
            user_id: row.user_id.map(Into::into),
            at: row.ended_at,
            // A reason that only a newer version knows.
            reason: row.reason.and_then(|reason| reason.parse().ok()),
        };
        Self { session, xid: row.ended_xid }
    }
}
