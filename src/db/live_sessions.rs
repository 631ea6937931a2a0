//! Living sessions: listing them, and revoking many at once.

use diesel::prelude::*;
use uuid::Uuid;

use super::connection::Connection;
use super::ended_sessions;
use super::error::DbError;
use super::rows::FamilyRow;
use super::schema::token_families;
use super::unlocked_rows::Rows;
use super::users::{self, LockedAccount};
use crate::domain::Timestamp;
use crate::domain::clock::CLOCKS_APART;
use crate::domain::family::Family;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::Revocation;

type Alive = diesel::dsl::And<
    diesel::dsl::IsNull<token_families::revoked_at>,
    diesel::dsl::And<
        diesel::dsl::Gt<token_families::idle_expires_at, Timestamp>,
        diesel::dsl::Gt<token_families::expires_at, Timestamp>,
    >,
>;

fn alive(now: Timestamp) -> Alive {
    let has_time_left = token_families::idle_expires_at.gt(now).and(token_families::expires_at.gt(now));
    token_families::revoked_at.is_null().and(has_time_left)
}

fn of_user(user_id: UserId) -> diesel::dsl::Eq<token_families::user_id, Uuid> {
    token_families::user_id.eq(user_id.as_uuid())
}

/// The user's sessions that are alive at `now`, the most recently used first.
pub fn list(connection: &mut Connection, user_id: UserId, now: Timestamp) -> Result<Vec<Family>, DbError> {
    let rows: Vec<FamilyRow> = token_families::table
        .filter(of_user(user_id).and(alive(now)))
        .order((token_families::rotated_at.desc(), token_families::id.desc()))
        .select(FamilyRow::as_select())
        .load(connection.pg())?;
    rows.into_iter().map(Family::try_from).collect()
}

/// Which of these sessions are alive at `now`.
pub fn among(connection: &mut Connection, ids: &[FamilyId], now: Timestamp) -> Result<Vec<FamilyId>, DbError> {
    let ids = ids.iter().map(|id| id.as_uuid());
    let alive: Vec<Uuid> = token_families::table
        .filter(token_families::id.eq_any(ids).and(alive(now)))
        .select(token_families::id)
        .load(connection.pg())?;
    Ok(alive.into_iter().map(FamilyId::from).collect())
}

/// How many sessions of all users are alive at `now`.
pub fn count(connection: &mut Connection, now: Timestamp) -> Result<u64, DbError> {
    let live = token_families::revoked_at.is_null().and(token_families::idle_expires_at.gt(now));
    let count: i64 = token_families::table.filter(live).count().get_result(connection.pg())?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Revokes up to `limit` living sessions of all users. Returns them with their owners. Locked sessions are left for the
/// next call, and so are those of accounts that another transaction is changing.
pub fn revoke_any(
    connection: &mut Connection,
    limit: u32,
    revocation: Revocation,
) -> Result<Vec<(FamilyId, UserId)>, DbError> {
    let candidates: Vec<(Uuid, Uuid)> = token_families::table
        .filter(token_families::revoked_at.is_null().and(token_families::idle_expires_at.gt(revocation.at)))
        .limit(i64::from(limit))
        .select((token_families::id, token_families::user_id))
        .load(connection.pg())?;
    let owners = users::lock_unlocked(connection, candidates.iter().map(|(_, owner)| *owner).collect())?;
    let ids = candidates.into_iter().filter(|(_, owner)| owners.contains(owner)).map(|(id, _)| id).collect();
    let rows = Rows { table: "token_families", key: "id", ids };
    let revoked = rows.change(connection, |tx, ids| revoke_ids(tx, ids, revocation))?;
    Ok(revoked.into_iter().flatten().collect())
}

/// Revokes every living session of the account but `except`. Returns them. A session that has expired by a clock that is
/// ahead may live by the others, so it is revoked too.
pub fn revoke_all(
    connection: &mut Connection,
    account: &LockedAccount,
    except: Option<FamilyId>,
    revocation: Revocation,
) -> Result<Vec<FamilyId>, DbError> {
    let live = beyond(connection, account, 0, except, revocation.at - CLOCKS_APART)?;
    Ok(revoke(connection, &live, revocation)?.into_iter().map(|(id, _)| id).collect())
}

/// The account's sessions that are alive at `now`, without the `keep` most recently used and without `except`, which is
/// not counted.
pub fn beyond(
    connection: &mut Connection,
    account: &LockedAccount,
    keep: u32,
    except: Option<FamilyId>,
    now: Timestamp,
) -> Result<Vec<FamilyId>, DbError> {
    let except = except.map(|except| except.as_uuid()).into_iter().collect::<Vec<Uuid>>();
    let beyond: Vec<Uuid> = token_families::table
        .filter(of_user(account.user().id).and(alive(now)).and(token_families::id.ne_all(except)))
        .order((token_families::rotated_at.desc(), token_families::id.desc()))
        .offset(i64::from(keep))
        .select(token_families::id)
        .load(connection.pg())?;
    Ok(beyond.into_iter().map(FamilyId::from).collect())
}

/// Revokes those of the sessions that are not revoked, and notifies every process. Returns them with their owners. The
/// transaction has locked the owners before, and limited its waits for locks with them. All sessions are one account's, or it
/// is one session.
pub fn revoke(
    connection: &mut Connection,
    ids: &[FamilyId],
    revocation: Revocation,
) -> Result<Vec<(FamilyId, UserId)>, DbError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    revoke_ids(connection, &ids, revocation)
}

fn revoke_ids(
    connection: &mut Connection,
    ids: &[Uuid],
    revocation: Revocation,
) -> Result<Vec<(FamilyId, UserId)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let live = token_families::id.eq_any(ids).and(token_families::revoked_at.is_null());
    let ended: Vec<(Uuid, Uuid)> = diesel::update(token_families::table.filter(live))
        .set((
            token_families::revoked_at.eq(Some(revocation.at)),
            token_families::revoked_reason.eq(Some(revocation.reason.as_str())),
        ))
        .returning((token_families::id, token_families::user_id))
        .get_results(connection.pg())?;
    let ended: Vec<(FamilyId, UserId)> = ended.into_iter().map(|(id, user)| (id.into(), user.into())).collect();
    ended_sessions::insert(connection, &ended, revocation)?;
    Ok(ended)
}
