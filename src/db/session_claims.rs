//! The claims of a user in the rows of the user's sessions. A rotation returns them from there, so it reads no second row.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::ended_sessions::CHANNEL;
use super::error::DbError;
use super::rows::{generation, number, stored_claims, stored_claims_of};
use super::schema::token_families;
use super::users::LockedAccount;
use crate::domain::claims::{Claims, ClaimsError};
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// What the sessions of an account are going to say.
pub struct Merged {
    /// The sessions without claims of their own.
    without: Vec<Uuid>,
    user: Claims,
    with: Vec<(Uuid, Claims)>,
}

/// Merges new claims of an account with those of each session of it that is not revoked. The account's lock keeps others from
/// beginning. The inner error is of a session whose claims are too long together with the new ones.
pub fn merge(
    connection: &mut Connection,
    account: &LockedAccount,
    claims: &Claims,
) -> Result<Result<Merged, ClaimsError>, DbError> {
    let of_user = token_families::user_id.eq(account.user().id.as_uuid()).and(token_families::revoked_at.is_null());
    let found: Vec<(Uuid, Option<String>)> = token_families::table
        .filter(of_user)
        .order(token_families::id)
        .select((token_families::id, token_families::session_claims))
        .load(connection.pg())?;
    let mut merged = Merged { without: Vec::new(), user: claims.clone(), with: Vec::new() };
    for (id, own) in found {
        if own.is_none() {
            merged.without.push(id);
            continue;
        }
        match stored_claims_of(id, own.as_deref())?.merged_over(claims) {
            Ok(claims) => merged.with.push((id, claims)),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(merged))
}

impl Merged {
    /// Writes them. Returns the sessions with their newest generations.
    pub fn write(self, connection: &mut Connection) -> Result<Vec<(FamilyId, Generation)>, DbError> {
        let mut changed = update(connection, &self.without, &self.user)?;
        for (id, claims) in self.with {
            changed.extend(update(connection, &[id], &claims)?);
        }
        Ok(changed)
    }
}

fn update(connection: &mut Connection, ids: &[Uuid], claims: &Claims) -> Result<Vec<(FamilyId, Generation)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, i32)> = diesel::update(token_families::table.filter(token_families::id.eq_any(ids)))
        .set(token_families::claims.eq(stored_claims(claims)))
        .returning((token_families::id, token_families::generation))
        .get_results(connection.pg())?;
    rows.into_iter().map(|(id, number)| Ok((id.into(), generation(number)?))).collect()
}

/// Records that the access tokens of these sessions up to these generations are superseded. The commit notifies the other
/// processes.
pub fn supersede(connection: &mut Connection, tokens: &[(FamilyId, Generation)]) -> Result<(), DbError> {
    if tokens.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = tokens.iter().map(|(id, _)| id.as_uuid()).collect();
    let generations: Vec<i32> = tokens.iter().map(|(_, generation)| number(*generation)).collect();
    let sql = "INSERT INTO superseded_tokens (family_id, generation) SELECT * FROM unnest($1, $2) \
               ON CONFLICT (family_id) DO UPDATE SET generation = excluded.generation, \
               superseded_xid = excluded.superseded_xid, recorded_at = excluded.recorded_at";
    sql_query(sql).bind::<Array<SqlUuid>, _>(ids).bind::<Array<Integer>, _>(generations).execute(connection.pg())?;
    // Without ids: other processes read what is new.
    sql_query("SELECT pg_notify($1, '')").bind::<Text, _>(CHANNEL).execute(connection.pg())?;
    Ok(())
}
