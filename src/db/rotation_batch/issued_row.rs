//! What a rotation returns of a family.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::super::error::DbError;
use super::super::rows::{generation, session_content};
use crate::domain::Timestamp;
use crate::domain::refresh_token::{IssuedGeneration, PresentedToken};

/// The columns after `RETURNING`, in their order. The delivery is not among them: it is the one of the presented token.
pub(super) type IssuedColumns = (
    SqlUuid,
    Integer,
    SqlUuid,
    Timestamptz,
    Timestamptz,
    Timestamptz,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
);

#[derive(Queryable)]
pub(super) struct IssuedRow {
    id: Uuid,
    generation: i32,
    user_id: Uuid,
    authenticated_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    claims: Option<String>,
    amr: Option<String>,
    acr: Option<String>,
    actor: Option<String>,
    remember: bool,
}

impl IssuedRow {
    /// The generation that was issued for one of the tokens in `batch`.
    pub fn issued(self, batch: &[&PresentedToken]) -> Result<IssuedGeneration, DbError> {
        let (family_id, generation) = (self.id.into(), generation(self.generation)?);
        let is_successor =
            |token: &&&PresentedToken| token.family_id == family_id && token.generation.next() == Some(generation);
        let presented =
            batch.iter().find(is_successor).ok_or_else(|| DbError::corrupt("a rotation without a token"))?;
        let content = session_content(self.id, self.claims.as_deref(), self.amr.as_deref(), self.acr, self.actor)?;
        Ok(IssuedGeneration {
            family_id,
            user_id: self.user_id.into(),
            delivery: presented.delivery,
            generation,
            authenticated_at: self.authenticated_at,
            idle_expires_at: self.idle_expires_at,
            expires_at: self.expires_at,
            content: content.shared(),
            remember: self.remember,
        })
    }
}
