//! Rotating one family. It takes two thirds of the time that [`RotateMany`](super::rotate_many::RotateMany) takes for
//! one.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Inet, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
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
    "\
UPDATE token_families AS family
   SET generation = family.generation + 1,
       rotated_at = $1,
       idle_expires_at = least($2, family.expires_at, $3 + make_interval(secs => family.idle_ttl)),
       ip = $4,
       user_agent_hash = $5
 WHERE family.id = (
       SELECT newest.id
         FROM token_families AS newest
        WHERE newest.id = $6
          AND newest.generation = $7
          AND newest.delivery = $8
",
    // Liveness, as `decide` judges it.
    "          AND newest.revoked_at IS NULL
          AND least(newest.idle_expires_at, newest.expires_at) > $9
",
    // A sub-select is where a row can be locked without waiting for it.
    "          FOR NO KEY UPDATE SKIP LOCKED)
RETURNING family.id, family.generation, family.user_id, family.authenticated_at,
          family.idle_expires_at, family.expires_at, family.claims, family.amr, family.acr,
          family.actor, family.remember"
);

#[derive(QueryId)]
pub(super) struct RotateOne {
    at: Timestamp,
    idle_end: Timestamp,
    ip: Option<IpNet>,
    user_agent_hash: i64,
    id: Uuid,
    generation: i32,
    delivery: &'static str,
}

impl RotateOne {
    pub fn new(presented: &PresentedToken, lifetimes: &Lifetimes) -> Self {
        Self {
            at: presented.at,
            idle_end: presented.at + lifetimes.idle,
            ip: presented.client.ip.map(address),
            user_agent_hash: Place::of(&presented.client).user_agent_hash().cast_signed(),
            id: presented.family_id.as_uuid(),
            generation: number(presented.generation),
            delivery: presented.delivery.as_str(),
        }
    }
}

impl Query for RotateOne {
    type SqlType = IssuedColumns;
}

impl RunQueryDsl<PgConnection> for RotateOne {}

impl QueryFragment<Pg> for RotateOne {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parameters = Parameters::of(SQL, out);
        parameters.bind::<Timestamptz, _>(&self.at)?;
        parameters.bind::<Timestamptz, _>(&self.idle_end)?;
        parameters.bind::<Timestamptz, _>(&self.at)?;
        parameters.bind::<Nullable<Inet>, _>(&self.ip)?;
        parameters.bind::<BigInt, _>(&self.user_agent_hash)?;
        parameters.bind::<SqlUuid, _>(&self.id)?;
        parameters.bind::<Integer, _>(&self.generation)?;
        parameters.bind::<Text, _>(&self.delivery)?;
        parameters.bind::<Timestamptz, _>(&self.at)?;
        parameters.end();
        Ok(())
    }
}
