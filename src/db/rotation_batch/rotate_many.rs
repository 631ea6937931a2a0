//! Rotating many families.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Inet, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use ipnet::IpNet;
use uuid::Uuid;

use super::super::rows::{address, number};
use super::issued_row::IssuedColumns;
use super::parameters::Parameters;
use crate::domain::Timestamp;
use crate::domain::place::Place;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::PresentedToken;

const SQL: &str = concat!(
    // Materialized, so the rows are locked before any of them is updated.
    "\
WITH newest AS MATERIALIZED (
     SELECT family.id, presented.at, presented.idle_end, presented.ip,
            presented.user_agent_hash
",
    // Each array is in a sub-select, which hides its length from Postgres. With the length in sight, Postgres plans
    // every batch anew, and that takes ten times as long as a rotation.
    "       FROM unnest(
            (SELECT $1), (SELECT $2), (SELECT $3), (SELECT $4), (SELECT $5), (SELECT $6), (SELECT $7)
            ) AS presented (id, generation, delivery, at, idle_end, ip, user_agent_hash)
       JOIN token_families AS family
         ON family.id = presented.id
        AND family.generation = presented.generation
        AND family.delivery = presented.delivery
",
    // Liveness, as `decide` judges it.
    "      WHERE family.revoked_at IS NULL
        AND family.idle_expires_at > presented.at
        AND family.expires_at > presented.at
        FOR NO KEY UPDATE OF family SKIP LOCKED)
UPDATE token_families AS family
   SET generation = family.generation + 1,
       rotated_at = newest.at,
       idle_expires_at = least(newest.idle_end, family.expires_at,
                               newest.at + make_interval(secs => family.idle_ttl)),
       ip = newest.ip,
       user_agent_hash = newest.user_agent_hash
  FROM newest
 WHERE family.id = newest.id
RETURNING family.id, family.generation, family.user_id, family.authenticated_at,
          family.idle_expires_at, family.expires_at, family.claims, family.amr, family.acr,
          family.actor, family.remember"
);

#[derive(QueryId)]
pub(super) struct RotateMany {
    ids: Vec<Uuid>,
    generations: Vec<i32>,
    deliveries: Vec<&'static str>,
    ats: Vec<Timestamp>,
    idle_ends: Vec<Timestamp>,
    ips: Vec<Option<IpNet>>,
    user_agent_hashes: Vec<i64>,
}

impl RotateMany {
    pub fn new(batch: &[&PresentedToken], lifetimes: &Lifetimes) -> Self {
        Self {
            ids: batch.iter().map(|presented| presented.family_id.as_uuid()).collect(),
            generations: batch.iter().map(|presented| number(presented.generation)).collect(),
            deliveries: batch.iter().map(|presented| presented.delivery.as_str()).collect(),
            ats: batch.iter().map(|presented| presented.at).collect(),
            idle_ends: batch.iter().map(|presented| presented.at + lifetimes.idle).collect(),
            ips: batch.iter().map(|presented| presented.client.ip.map(address)).collect(),
            user_agent_hashes: batch
                .iter()
                .map(|presented| Place::of(&presented.client).user_agent_hash().cast_signed())
                .collect(),
        }
    }
}

impl Query for RotateMany {
    type SqlType = IssuedColumns;
}

impl RunQueryDsl<PgConnection> for RotateMany {}

impl QueryFragment<Pg> for RotateMany {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parameters = Parameters::of(SQL, out);
        parameters.bind::<Array<SqlUuid>, _>(&self.ids)?;
        parameters.bind::<Array<Integer>, _>(&self.generations)?;
        parameters.bind::<Array<Text>, _>(&self.deliveries)?;
        parameters.bind::<Array<Timestamptz>, _>(&self.ats)?;
        parameters.bind::<Array<Timestamptz>, _>(&self.idle_ends)?;
        parameters.bind::<Array<Nullable<Inet>>, _>(&self.ips)?;
        parameters.bind::<Array<BigInt>, _>(&self.user_agent_hashes)?;
        parameters.end();
        Ok(())
    }
}
