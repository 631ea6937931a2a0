//! What a rotation returns of a family.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::super::error::DbError;
use super::super::rows::generation;
use crate::domain::Timestamp;
use crate::domain::refresh_token::IssuedGeneration;

/// The columns after `RETURNING`, in their order.
pub(super) type IssuedColumns = (SqlUuid, SqlUuid, Text, Integer, Timestamptz, Timestamptz, Timestamptz);

#[derive(Queryable)]
pub(super) struct IssuedRow {
    id: Uuid,
    user_id: Uuid,
    delivery: String,
    generation: i32,
    authenticated_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
}

impl TryFrom<IssuedRow> for IssuedGeneration {
    type Error = DbError;

    fn try_from(row: IssuedRow) -> Result<Self, DbError> {
        Ok(Self {
            family_id: row.id.into(),
            user_id: row.user_id.into(),
            delivery: row.delivery.parse().map_err(DbError::corrupt)?,
            generation: generation(row.generation)?,
            authenticated_at: row.authenticated_at,
            idle_expires_at: row.idle_expires_at,
            expires_at: row.expires_at,
        })
    }
}
