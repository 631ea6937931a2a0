//! Confirming many families.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Integer, Uuid as SqlUuid};
use uuid::Uuid;

use super::super::rows::number;
use super::parameters::Parameters;
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// Planned as [`RotateMany`](super::rotate_many::RotateMany) is, for the same reasons. `families::confirm` states the
/// same conditions for one family.
const SQL: &str = "\
WITH news AS MATERIALIZED (
     SELECT family.id, seen.generation
       FROM unnest((SELECT $1), (SELECT $2)) AS seen (id, generation)
       JOIN token_families AS family
         ON family.id = seen.id
      WHERE family.confirmed < seen.generation
        AND family.generation >= seen.generation
        AND family.revoked_at IS NULL
        FOR NO KEY UPDATE OF family SKIP LOCKED)
UPDATE token_families AS family
   SET confirmed = news.generation
  FROM news
 WHERE family.id = news.id
RETURNING family.id";

#[derive(QueryId)]
pub(super) struct Confirm {
    ids: Vec<Uuid>,
    generations: Vec<i32>,
}

impl Confirm {
    pub fn new(batch: &[(FamilyId, Generation)]) -> Self {
        Self {
            ids: batch.iter().map(|(family_id, _)| family_id.as_uuid()).collect(),
            generations: batch.iter().map(|(_, generation)| number(*generation)).collect(),
        }
    }
}

impl Query for Confirm {
    type SqlType = SqlUuid;
}

impl RunQueryDsl<PgConnection> for Confirm {}

impl QueryFragment<Pg> for Confirm {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parameters = Parameters::of(SQL, out);
        parameters.bind::<Array<SqlUuid>, _>(&self.ids)?;
        parameters.bind::<Array<Integer>, _>(&self.generations)?;
        parameters.end();
        Ok(())
    }
}
