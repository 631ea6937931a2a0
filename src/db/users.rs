//! The table `users`.

use diesel::prelude::*;

use super::connection::Connection;
use super::error::DbError;
use super::rows::{NewUserRow, UserRow};
use super::schema::{token_families, users};
use crate::domain::account::{Email, User};
use crate::domain::family::Revocation;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::password::PasswordHash;

/// The constraint that refuses a second account with one address.
pub const EMAIL_TAKEN: &str = "users_email_key";

/// Stores a new account; whether the address is free is for the constraint [`EMAIL_TAKEN`] to say.
pub fn insert(connection: &mut Connection, user: &User, hash: &PasswordHash) -> Result<(), DbError> {
    diesel::insert_into(users::table).values(NewUserRow::new(user, hash)).execute(connection.pg())?;
    Ok(())
}

/// The account of an address, with what its password is checked against.
pub fn find_by_email(connection: &mut Connection, email: &Email) -> Result<Option<(User, PasswordHash)>, DbError> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::email.eq(email.as_str()))
        .select((UserRow::as_select(), users::password_hash))
        .first(connection.pg())
        .optional()?;
    found.map(|(row, hash)| Ok((row.try_into()?, PasswordHash::from_stored(hash)))).transpose()
}

/// Whether the account is still active and its password still the one that `verified` was checked against. If so, it is
/// locked against being disabled, deleted or given another password until the transaction ends.
pub fn lock_unchanged(connection: &mut Connection, id: UserId, verified: &PasswordHash) -> Result<bool, DbError> {
    let unchanged = users::id.eq(id.as_uuid()).and(users::is_active).and(users::password_hash.eq(verified.expose()));
    let found: Option<uuid::Uuid> =
        users::table.filter(unchanged).select(users::id).for_share().first(connection.pg()).optional()?;
    Ok(found.is_some())
}

/// The owner of a session together with how that session stands; `None` if either is gone.
pub fn find_with_session(
    connection: &mut Connection,
    user_id: UserId,
    family_id: FamilyId,
) -> Result<Option<(User, Option<Revocation>)>, DbError> {
    let found: Option<(UserRow, Option<crate::domain::Timestamp>, Option<String>)> = users::table
        .inner_join(token_families::table)
        .filter(users::id.eq(user_id.as_uuid()).and(token_families::id.eq(family_id.as_uuid())))
        .select((UserRow::as_select(), token_families::revoked_at, token_families::revoked_reason))
        .first(connection.pg())
        .optional()?;
    let Some((row, at, reason)) = found else { return Ok(None) };
    let revocation = match at.zip(reason) {
        Some((at, reason)) => Some(Revocation { at, reason: reason.parse().map_err(DbError::corrupt)? }),
        None => None,
    };
    Ok(Some((row.try_into()?, revocation)))
}

/// Stores a new hash, unless the password has been changed since `old` was read.
pub fn replace_hash(
    connection: &mut Connection,
    id: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<bool, DbError> {
    let unchanged = users::id.eq(id.as_uuid()).and(users::password_hash.eq(old.expose()));
    let count = diesel::update(users::table.filter(unchanged))
        .set(users::password_hash.eq(new.expose()))
        .execute(connection.pg())?;
    Ok(count == 1)
}
