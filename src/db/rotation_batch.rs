//! Many families at once: rotations and confirmations as one statement each, on arrays.
//!
//! Rows that somebody else has locked are skipped, and so are left to the path for a single family. A batch therefore
//! never waits: batches of several processes cannot deadlock, whatever order their rows come in, and no family that is
//! held up holds up the others.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Inet, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use ipnet::IpNet;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::families::{Presented, Rotated};
use super::rows::{address, generation, number};
use crate::domain::Timestamp;
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::rotation::Generation;

// The arrays stand in sub-selects so that Postgres does not see their lengths. It would plan each batch anew for its length,
// which takes ten times as long as a rotation.

/// True, and the commit does not wait for the disk. A sub-select, so that it is evaluated once and not for each row.
const WITHOUT_WAITING_FOR_DISK: &str = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'";

/// What an answer is made of.
const ANSWER: &str = "family.id, family.generation, family.user_id, family.authenticated_at, family.idle_expires_at, \
                      family.expires_at";

/// Gives each presented token that is the newest of a live family of an active user its next generation, and says which
/// these were, in no order, with the generation that was issued. Of the others nothing is known. No token may stand in the
/// batch twice, nor the last of all generations.
pub fn rotate(
    connection: &mut Connection,
    batch: &[&Presented],
    lifetimes: &Lifetimes,
) -> Result<Vec<(FamilyId, Generation, Rotated)>, DbError> {
    type Row = (Uuid, i32, Uuid, Timestamp, Timestamp, Timestamp);
    let rows: Vec<Row> = match batch {
        [presented] => rotate_one(presented, lifetimes).load(connection.pg())?,
        _ => rotate_many(batch, lifetimes).load(connection.pg())?,
    };
    let rotated = |(id, issued, user_id, authenticated_at, idle_expires_at, expires_at): Row| {
        let rotated = Rotated { user_id: user_id.into(), authenticated_at, idle_expires_at, expires_at };
        Ok((id.into(), generation(issued)?, rotated))
    };
    rows.into_iter().map(rotated).collect()
}

fn rotate_one(presented: &Presented, lifetimes: &Lifetimes) -> RotateOne {
    RotateOne {
        id: presented.family_id.as_uuid(),
        generation: number(presented.generation),
        delivery: presented.delivery.as_str(),
        at: presented.at,
        idle_end: presented.at + lifetimes.idle,
        ip: presented.client.ip.map(address),
    }
}

fn rotate_many(batch: &[&Presented], lifetimes: &Lifetimes) -> RotateMany {
    RotateMany {
        ids: batch.iter().map(|presented| presented.family_id.as_uuid()).collect(),
        generations: batch.iter().map(|presented| number(presented.generation)).collect(),
        deliveries: batch.iter().map(|presented| presented.delivery.as_str()).collect(),
        ats: batch.iter().map(|presented| presented.at).collect(),
        idle_ends: batch.iter().map(|presented| presented.at + lifetimes.idle).collect(),
        ips: batch.iter().map(|presented| presented.client.ip.map(address)).collect(),
    }
}

/// Notes which generations' access tokens are in use, and says for which families that was news. No family may stand in
/// the batch twice.
pub fn confirm(connection: &mut Connection, batch: &[(FamilyId, Generation)]) -> Result<Vec<FamilyId>, DbError> {
    let confirmed: Vec<Uuid> = Confirm {
        ids: batch.iter().map(|(family_id, _)| family_id.as_uuid()).collect(),
        generations: batch.iter().map(|(_, generation)| number(*generation)).collect(),
    }
    .load(connection.pg())?;
    Ok(confirmed.into_iter().map(FamilyId::from).collect())
}

/// The columns that an answer is made of.
type RotatedRow = (SqlUuid, Integer, SqlUuid, Timestamptz, Timestamptz, Timestamptz);

/// A single row, in two thirds of the time.
#[derive(QueryId)]
struct RotateOne {
    id: Uuid,
    generation: i32,
    delivery: &'static str,
    at: Timestamp,
    idle_end: Timestamp,
    ip: Option<IpNet>,
}

impl Query for RotateOne {
    type SqlType = RotatedRow;
}

impl RunQueryDsl<PgConnection> for RotateOne {}

impl QueryFragment<Pg> for RotateOne {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE token_families AS family SET generation = family.generation + 1, rotated_at = ");
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(", idle_expires_at = least(");
        out.push_bind_param::<Timestamptz, _>(&self.idle_end)?;
        out.push_sql(", family.expires_at), ip = ");
        out.push_bind_param::<Nullable<Inet>, _>(&self.ip)?;
        out.push_sql(" WHERE family.ctid = (SELECT newest.ctid FROM token_families AS newest WHERE newest.id = ");
        out.push_bind_param::<SqlUuid, _>(&self.id)?;
        out.push_sql(" AND newest.generation = ");
        out.push_bind_param::<Integer, _>(&self.generation)?;
        out.push_sql(" AND newest.delivery = ");
        out.push_bind_param::<Text, _>(&self.delivery)?;
        out.push_sql(" AND newest.revoked_at IS NULL AND least(newest.idle_expires_at, newest.expires_at) > ");
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(" AND EXISTS (SELECT FROM users WHERE users.id = newest.user_id AND is_active) AND ");
        out.push_sql(WITHOUT_WAITING_FOR_DISK);
        out.push_sql(" FOR NO KEY UPDATE SKIP LOCKED) RETURNING ");
        out.push_sql(ANSWER);
        Ok(())
    }
}

#[derive(QueryId)]
struct RotateMany {
    ids: Vec<Uuid>,
    generations: Vec<i32>,
    deliveries: Vec<&'static str>,
    ats: Vec<Timestamp>,
    idle_ends: Vec<Timestamp>,
    ips: Vec<Option<IpNet>>,
}

impl Query for RotateMany {
    type SqlType = RotatedRow;
}

impl RunQueryDsl<PgConnection> for RotateMany {}

impl QueryFragment<Pg> for RotateMany {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH newest AS MATERIALIZED (SELECT family.ctid AS place, at, idle_end, presented.ip FROM unnest((SELECT ",
        );
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Integer>, _>(&self.generations)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Text>, _>(&self.deliveries)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Timestamptz>, _>(&self.ats)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Timestamptz>, _>(&self.idle_ends)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Nullable<Inet>>, _>(&self.ips)?;
        out.push_sql(
            ")) AS presented (id, generation, delivery, at, idle_end, ip) JOIN token_families AS family \
             ON family.id = presented.id AND family.generation = presented.generation \
             AND family.delivery = presented.delivery WHERE family.revoked_at IS NULL AND family.idle_expires_at > at \
             AND family.expires_at > at AND EXISTS (SELECT FROM users WHERE users.id = family.user_id AND is_active) AND ",
        );
        out.push_sql(WITHOUT_WAITING_FOR_DISK);
        out.push_sql(
            " FOR NO KEY UPDATE OF family SKIP LOCKED) UPDATE token_families AS family SET \
             generation = family.generation + 1, rotated_at = newest.at, \
             idle_expires_at = least(newest.idle_end, family.expires_at), ip = newest.ip \
             FROM newest WHERE family.ctid = newest.place RETURNING ",
        );
        out.push_sql(ANSWER);
        Ok(())
    }
}

#[derive(QueryId)]
struct Confirm {
    ids: Vec<Uuid>,
    generations: Vec<i32>,
}

impl Query for Confirm {
    type SqlType = SqlUuid;
}

impl RunQueryDsl<PgConnection> for Confirm {}

impl QueryFragment<Pg> for Confirm {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH news AS MATERIALIZED (SELECT family.ctid AS place, seen.generation FROM unnest((SELECT ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql("), (SELECT ");
        out.push_bind_param::<Array<Integer>, _>(&self.generations)?;
        out.push_sql(
            ")) AS seen (id, generation) JOIN token_families AS family ON family.id = seen.id \
             WHERE family.confirmed < seen.generation AND family.generation >= seen.generation \
             AND family.revoked_at IS NULL AND ",
        );
        out.push_sql(WITHOUT_WAITING_FOR_DISK);
        out.push_sql(
            " FOR NO KEY UPDATE OF family SKIP LOCKED) UPDATE token_families AS family \
             SET confirmed = news.generation FROM news WHERE family.ctid = news.place RETURNING family.id",
        );
        Ok(())
    }
}
