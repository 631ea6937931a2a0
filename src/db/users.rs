//! The table `users`.

use diesel::prelude::*;

use super::connection::Connection;
use super::error::DbError;
use super::lock_timeout::within_lock_timeout;
use super::rows::{NewUserRow, UserRow};
use super::schema::{token_families, users};
use crate::domain::account::{Email, User};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::password::PasswordHash;
use crate::domain::revocation::Revocation;

/// The constraint that refuses a second account with the same address.
pub const EMAIL_TAKEN: &str = "users_email_key";

/// Stores a new account. The constraint [`EMAIL_TAKEN`] refuses an address that is taken.
pub fn insert(connection: &mut Connection, user: &User, hash: &PasswordHash) -> Result<(), DbError> {
    diesel::insert_into(users::table).values(NewUserRow::new(user, hash)).execute(connection.pg())?;
    Ok(())
}

/// The account of an address, with its password hash.
pub fn find_by_email(connection: &mut Connection, email: &Email) -> Result<Option<(User, PasswordHash)>, DbError> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::email.eq(email.as_str()))
        .select((UserRow::as_select(), users::password_hash))
        .first(connection.pg())
        .optional()?;
    found.map(|(row, hash)| Ok((row.try_into()?, PasswordHash::from_stored(hash)))).transpose()
}

/// An account whose row this transaction has locked: until the transaction ends, no login to it can begin, and nothing
/// else that concerns all of its sessions. Only [`lock`] makes one. Always lock an account before any of its families,
/// or two transactions can deadlock.
pub struct LockedAccount {
    user: User,
    password_hash: PasswordHash,
}

/// Locks an account. `None` if it does not exist.
pub fn lock(connection: &mut Connection, id: UserId) -> Result<Option<LockedAccount>, DbError> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::id.eq(id.as_uuid()).and(within_lock_timeout()))
        .select((UserRow::as_select(), users::password_hash))
        .for_no_key_update()
        .first(connection.pg())
        .optional()?;
    found
        .map(|(row, hash)| Ok(LockedAccount { user: row.try_into()?, password_hash: PasswordHash::from_stored(hash) }))
        .transpose()
}

impl LockedAccount {
    /// The account's current state.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether its password hash is still `verified`.
    pub fn has_password(&self, verified: &PasswordHash) -> bool {
        self.password_hash.expose() == verified.expose()
    }

    /// Stores the hash of a new password.
    pub fn set_password(&mut self, connection: &mut Connection, hash: PasswordHash) -> Result<(), DbError> {
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set(users::password_hash.eq(hash.expose()))
            .execute(connection.pg())?;
        self.password_hash = hash;
        Ok(())
    }

    /// Enables or disables the account. Does not change its sessions.
    pub fn set_active(&mut self, connection: &mut Connection, is_active: bool) -> Result<(), DbError> {
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set(users::is_active.eq(is_active))
            .execute(connection.pg())?;
        self.user.is_active = is_active;
        Ok(())
    }

    /// Removes the account, its sessions and its events.
    pub fn delete(self, connection: &mut Connection) -> Result<(), DbError> {
        diesel::delete(users::table.filter(users::id.eq(self.user.id.as_uuid()))).execute(connection.pg())?;
        Ok(())
    }
}

/// At most `limit` accounts after the account `after`, oldest first.
pub fn list(connection: &mut Connection, after: Option<UserId>, limit: i64) -> Result<Vec<User>, DbError> {
    let mut query = users::table.order(users::id.asc()).limit(limit).select(UserRow::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(users::id.gt(after.as_uuid()));
    }
    let rows: Vec<UserRow> = query.load(connection.pg())?;
    rows.into_iter().map(User::try_from).collect()
}

/// An account, with its password hash.
pub fn find(connection: &mut Connection, id: UserId) -> Result<Option<(User, PasswordHash)>, DbError> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::id.eq(id.as_uuid()))
        .select((UserRow::as_select(), users::password_hash))
        .first(connection.pg())
        .optional()?;
    found.map(|(row, hash)| Ok((row.try_into()?, PasswordHash::from_stored(hash)))).transpose()
}

/// The owner of a session with the password hash, and the session's revocation if it has been revoked. `None` if either
/// row does not exist.
pub fn find_with_session(
    connection: &mut Connection,
    user_id: UserId,
    family_id: FamilyId,
) -> Result<Option<(User, PasswordHash, Option<Revocation>)>, DbError> {
    let found: Option<(UserRow, String, Option<crate::domain::Timestamp>, Option<String>)> = users::table
        .inner_join(token_families::table)
        .filter(users::id.eq(user_id.as_uuid()).and(token_families::id.eq(family_id.as_uuid())))
        .select((
            UserRow::as_select(),
            users::password_hash,
            token_families::revoked_at,
            token_families::revoked_reason,
        ))
        .first(connection.pg())
        .optional()?;
    let Some((row, hash, at, reason)) = found else { return Ok(None) };
    let revocation = match at.zip(reason) {
        Some((at, reason)) => Some(Revocation { at, reason: reason.parse().map_err(DbError::corrupt)? }),
        None => None,
    };
    Ok(Some((row.try_into()?, PasswordHash::from_stored(hash), revocation)))
}

/// Replaces the hash `old` by `new`. `false` if the password has changed since `old` was read.
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
