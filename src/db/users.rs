//! The table `users`.

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::canonical_emails;
use super::connection::Connection;
use super::error::DbError;
use super::lock_timeout::within_lock_timeout;
use super::rows::{NewUserRow, UserRow, stored_claims};
use super::schema::canonical_emails as canonical_schema;
use super::schema::{token_families, users};
use crate::domain::Timestamp;
use crate::domain::account::{Email, EmailLookup, User};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::password::PasswordHash;
use crate::domain::revocation::Revocation;
use crate::domain::subject::Subject;

/// The constraint that refuses a second account with the same address.
pub const EMAIL_TAKEN: &str = "users_email_key";

/// The constraint that refuses a second account with the same subject.
pub const SUBJECT_TAKEN: &str = "users_subject_key";

/// An account with its password hash, if it has one.
type WithHash = (User, Option<PasswordHash>);
type WithHashRow = (UserRow, Option<String>);

fn with_hash((row, hash): WithHashRow) -> Result<WithHash, DbError> {
    Ok((row.try_into()?, hash.map(PasswordHash::from_stored)))
}

/// Stores a new account. The constraint [`EMAIL_TAKEN`] refuses an address that is taken in any spelling, and
/// [`SUBJECT_TAKEN`] a subject that is taken. The database does not log the refusal as an error: its line would contain the
/// address.
pub fn insert(connection: &mut Connection, user: &User, hash: Option<&PasswordHash>) -> Result<(), DbError> {
    let refused = |constraint: &str| Err(DbError::Constraint(constraint.to_owned()));
    if let Some(email) = &user.email
        && canonical_emails::is_taken(connection, email)?
    {
        return refused(EMAIL_TAKEN);
    }
    let inserted = diesel::insert_into(users::table)
        .values(NewUserRow::new(user, hash))
        .on_conflict_do_nothing()
        .execute(connection.pg())?;
    if inserted == 1 {
        return Ok(());
    }
    match &user.email {
        Some(email) if has_email(connection, email)? => refused(EMAIL_TAKEN),
        Some(_) if user.subject.is_none() => refused(EMAIL_TAKEN),
        _ => refused(SUBJECT_TAKEN),
    }
}

fn has_email(connection: &mut Connection, email: &Email) -> Result<bool, DbError> {
    let found = users::table.filter(users::email.eq(email.as_str()));
    Ok(diesel::select(exists(found)).get_result(connection.pg())?)
}

/// The account of an address, with its password hash. An account that is stored under the very spelling that was typed
/// comes before one that has the address in another.
pub fn find_by_email(connection: &mut Connection, lookup: &EmailLookup) -> Result<Option<WithHash>, DbError> {
    let stored = users::table
        .filter(users::email.eq_any([lookup.former(), lookup.canonical()].into_iter().flatten()))
        .select((UserRow::as_select(), users::password_hash));
    let respelled = users::table
        .inner_join(canonical_schema::table)
        .filter(canonical_schema::email.nullable().eq(lookup.canonical()))
        .select((UserRow::as_select(), users::password_hash));
    let found: Vec<WithHashRow> = stored.union_all(respelled).load(connection.pg())?;
    let found = found.into_iter().map(with_hash).collect::<Result<Vec<WithHash>, DbError>>()?;
    Ok(found.into_iter().min_by_key(|(user, _)| {
        let is_stored_as = |spelling: Option<&str>| user.email.as_ref().map(Email::as_str) == spelling;
        (!is_stored_as(lookup.former()), !is_stored_as(lookup.canonical()))
    }))
}

/// An account whose row this transaction has locked: until the transaction ends, no login to it can begin, and nothing
/// else that concerns all of its sessions. Only the functions of this file make one. Accounts are locked
/// [before families](super).
pub struct LockedAccount {
    user: User,
    password_hash: Option<PasswordHash>,
}

/// Locks an account. `None` if it does not exist.
pub fn lock(connection: &mut Connection, id: UserId) -> Result<Option<LockedAccount>, DbError> {
    let found: Option<WithHashRow> = users::table
        .filter(users::id.eq(id.as_uuid()).and(within_lock_timeout()))
        .select((UserRow::as_select(), users::password_hash))
        .for_no_key_update()
        .first(connection.pg())
        .optional()?;
    found.map(LockedAccount::try_from).transpose()
}

/// Locks an account, and keeps the account `owner` from being deleted: the transaction is going to change a family of it.
pub fn lock_with_owner(
    connection: &mut Connection,
    id: UserId,
    owner: Option<UserId>,
) -> Result<Option<LockedAccount>, DbError> {
    let owner = owner.filter(|owner| *owner != id);
    if let Some(owner) = owner.filter(|owner| *owner < id) {
        keep(connection, owner)?;
    }
    let locked = lock(connection, id)?;
    if let Some(owner) = owner.filter(|owner| *owner > id) {
        keep(connection, owner)?;
    }
    Ok(locked)
}

/// Keeps an account from being deleted until the transaction ends. Others can do the same, and lock it.
fn keep(connection: &mut Connection, id: UserId) -> Result<(), DbError> {
    users::table
        .filter(users::id.eq(id.as_uuid()).and(within_lock_timeout()))
        .select(users::id)
        .for_key_share()
        .execute(connection.pg())?;
    Ok(())
}

/// Locks those of the accounts that no other transaction has locked, as [`lock`] does. Returns them.
pub(super) fn lock_unlocked(connection: &mut Connection, ids: Vec<Uuid>) -> Result<Vec<Uuid>, DbError> {
    let locked = users::table.filter(users::id.eq_any(ids)).order(users::id).select(users::id);
    Ok(locked.for_no_key_update().skip_locked().load(connection.pg())?)
}

/// Keeps the owner of a family from being deleted. `false` if there is no such family.
pub(super) fn keep_owner(connection: &mut Connection, family_id: FamilyId) -> Result<bool, DbError> {
    let owner =
        token_families::table.filter(token_families::id.eq(family_id.as_uuid())).select(token_families::user_id);
    let kept = users::table
        .filter(users::id.eq_any(owner).and(within_lock_timeout()))
        .select(users::id)
        .for_key_share()
        .execute(connection.pg())?;
    Ok(kept > 0)
}

/// An account that this transaction is going to delete. Its lock excludes every other lock from the start. Taken after
/// another one, it would wait for transactions that wait for this one.
pub struct DoomedAccount(LockedAccount);

/// Locks an account that is to be deleted. `None` if it does not exist.
pub fn lock_for_deletion(connection: &mut Connection, id: UserId) -> Result<Option<DoomedAccount>, DbError> {
    let found: Option<WithHashRow> = users::table
        .filter(users::id.eq(id.as_uuid()).and(within_lock_timeout()))
        .select((UserRow::as_select(), users::password_hash))
        .for_update()
        .first(connection.pg())
        .optional()?;
    found.map(|row| row.try_into().map(DoomedAccount)).transpose()
}

impl DoomedAccount {
    /// The account, as long as it is there.
    pub fn account(&self) -> &LockedAccount {
        &self.0
    }

    /// Removes the account, its sessions and its events.
    pub fn delete(self, connection: &mut Connection) -> Result<(), DbError> {
        diesel::delete(users::table.filter(users::id.eq(self.0.user.id.as_uuid()))).execute(connection.pg())?;
        Ok(())
    }
}

impl TryFrom<WithHashRow> for LockedAccount {
    type Error = DbError;

    fn try_from(row: WithHashRow) -> Result<Self, DbError> {
        let (user, password_hash) = with_hash(row)?;
        Ok(Self { user, password_hash })
    }
}

impl LockedAccount {
    /// The account's current state.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether its password hash is still `verified`.
    pub fn has_password(&self, verified: &PasswordHash) -> bool {
        self.password_hash.as_ref().is_some_and(|hash| hash.expose() == verified.expose())
    }

    /// Stores the hash of a new password.
    pub fn set_password(&mut self, connection: &mut Connection, hash: PasswordHash) -> Result<(), DbError> {
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set(users::password_hash.eq(hash.expose()))
            .execute(connection.pg())?;
        self.password_hash = Some(hash);
        self.user.has_password = true;
        Ok(())
    }

    /// Marks the address as verified.
    pub fn verify_email(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set(users::email_verified.eq(true))
            .execute(connection.pg())?;
        self.user.email_verified = true;
        Ok(())
    }

    /// Gives the account another address, which its owner has proved to receive mail at. `false` if another account has it.
    pub fn set_email(&mut self, connection: &mut Connection, email: &Email) -> Result<bool, DbError> {
        let is_own = self.user.email.as_ref() == Some(email);
        if !is_own && (canonical_emails::is_taken(connection, email)? || has_email(connection, email)?) {
            return Ok(false);
        }
        canonical_emails::forget(connection, self.user.id)?;
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set((users::email.eq(email.as_str()), users::email_verified.eq(true)))
            .execute(connection.pg())?;
        self.user.email = Some(email.clone());
        self.user.email_verified = true;
        Ok(true)
    }

    /// Gives the account the address, subject and claims of `after`. The constraints [`EMAIL_TAKEN`] and [`SUBJECT_TAKEN`]
    /// refuse what another account has.
    pub fn describe(&mut self, connection: &mut Connection, after: &User) -> Result<(), DbError> {
        if after.email != self.user.email {
            if let Some(email) = &after.email
                && (canonical_emails::is_taken(connection, email)? || has_email(connection, email)?)
            {
                return Err(DbError::Constraint(EMAIL_TAKEN.to_owned()));
            }
            canonical_emails::forget(connection, self.user.id)?;
        }
        if after.subject != self.user.subject
            && let Some(subject) = &after.subject
            && find_by_subject(connection, subject)?.is_some()
        {
            return Err(DbError::Constraint(SUBJECT_TAKEN.to_owned()));
        }
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set((
                users::email.eq(after.email.as_ref().map(Email::as_str)),
                users::email_verified.eq(after.email_verified),
                users::subject.eq(after.subject.as_ref().map(Subject::as_str)),
                users::claims.eq(stored_claims(&after.claims)),
            ))
            .execute(connection.pg())?;
        let User { email, email_verified, subject, claims, .. } = after.clone();
        self.user = User { email, email_verified, subject, claims, ..self.user.clone() };
        Ok(())
    }

    /// The password hash that is stored.
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        self.password_hash.as_ref()
    }

    /// Enables or disables the account. Disabling revokes, by a trigger, the sessions that are not revoked.
    pub fn set_active(&mut self, connection: &mut Connection, is_active: bool) -> Result<(), DbError> {
        diesel::update(users::table.filter(users::id.eq(self.user.id.as_uuid())))
            .set(users::is_active.eq(is_active))
            .execute(connection.pg())?;
        self.user.is_active = is_active;
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

/// The account that another service knows by this subject.
pub fn find_by_subject(connection: &mut Connection, subject: &Subject) -> Result<Option<User>, DbError> {
    let found: Option<UserRow> = users::table
        .filter(users::subject.eq(subject.as_str()))
        .select(UserRow::as_select())
        .first(connection.pg())
        .optional()?;
    found.map(User::try_from).transpose()
}

/// An account, with its password hash.
pub fn find(connection: &mut Connection, id: UserId) -> Result<Option<WithHash>, DbError> {
    let found: Option<WithHashRow> = users::table
        .filter(users::id.eq(id.as_uuid()))
        .select((UserRow::as_select(), users::password_hash))
        .first(connection.pg())
        .optional()?;
    found.map(with_hash).transpose()
}

/// The owner of a session with the password hash, and the session's revocation if it has been revoked. `None` if either
/// row does not exist.
pub fn find_with_session(
    connection: &mut Connection,
    user_id: UserId,
    family_id: FamilyId,
) -> Result<Option<(WithHash, Option<Revocation>)>, DbError> {
    type Revoked = (Option<Timestamp>, Option<String>);
    let found: Option<(UserRow, Option<String>, Revoked)> = users::table
        .inner_join(token_families::table)
        .filter(users::id.eq(user_id.as_uuid()).and(token_families::id.eq(family_id.as_uuid())))
        .select((
            UserRow::as_select(),
            users::password_hash,
            (token_families::revoked_at, token_families::revoked_reason),
        ))
        .first(connection.pg())
        .optional()?;
    let Some((row, hash, (at, reason))) = found else { return Ok(None) };
    let revocation = match at.zip(reason) {
        Some((at, reason)) => Some(Revocation { at, reason: reason.parse().map_err(DbError::corrupt)? }),
        None => None,
    };
    Ok(Some((with_hash((row, hash))?, revocation)))
}

/// Replaces the hash `old`, or the lack of one, by `new`. `false` if the password has changed since `old` was read.
pub fn replace_hash(
    connection: &mut Connection,
    id: UserId,
    old: Option<&PasswordHash>,
    new: &PasswordHash,
) -> Result<bool, DbError> {
    let is_old = users::password_hash.is_not_distinct_from(old.map(PasswordHash::expose));
    let unchanged = users::id.eq(id.as_uuid()).and(is_old);
    let count = diesel::update(users::table.filter(unchanged))
        .set(users::password_hash.eq(new.expose()))
        .execute(connection.pg())?;
    Ok(count == 1)
}
