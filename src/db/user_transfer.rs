//! Many users in one statement, for the import and the export.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::rows::{UserRow, stored_claims};
use super::schema::{canonical_emails, users};
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::ids::UserId;
use crate::domain::password::PasswordHash;
use crate::domain::subject::Subject;

/// A user with the password hash, if there is one.
pub type WithHash = (User, Option<PasswordHash>);

/// Stores those of the users whose address, in any spelling, and subject no other account has. Returns which.
pub fn insert_many(connection: &mut Connection, described: &[WithHash]) -> Result<HashSet<UserId>, DbError> {
    #[derive(QueryableByName)]
    struct Inserted {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let sql = "INSERT INTO users (id, email, email_verified, subject, password_hash, claims, is_active, created_at) \
               SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) \
               AS line (id, email, email_verified, subject, password_hash, claims, is_active, created_at) \
               WHERE NOT EXISTS (SELECT 1 FROM canonical_emails WHERE canonical_emails.email = line.email) \
               ON CONFLICT DO NOTHING RETURNING id";
    let users = || described.iter().map(|(user, _)| user);
    let hashes = described.iter().map(|(_, hash)| hash.as_ref().map(PasswordHash::expose));
    let inserted: Vec<Inserted> = sql_query(sql)
        .bind::<Array<SqlUuid>, _>(users().map(|user| user.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(
            users().map(|user| user.email.as_ref().map(Email::as_str)).collect::<Vec<_>>(),
        )
        .bind::<Array<Bool>, _>(users().map(|user| user.email_verified).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(
            users().map(|user| user.subject.as_ref().map(Subject::as_str)).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(hashes.collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(users().map(|user| stored_claims(&user.claims)).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(users().map(|user| user.is_active).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(users().map(|user| user.created_at).collect::<Vec<_>>())
        .load(connection.pg())?;
    Ok(inserted.into_iter().map(|row| row.id.into()).collect())
}

/// An account by what names it.
#[derive(Debug)]
pub struct NamedAccount {
    /// As it was looked for.
    pub email: Option<String>,
    pub subject: Option<String>,
    pub created_at: Timestamp,
}

/// The accounts with one of these addresses, in any spelling, or one of these subjects. Some may come twice.
pub fn find_named(
    connection: &mut Connection,
    emails: Vec<String>,
    subjects: Vec<String>,
) -> Result<Vec<NamedAccount>, DbError> {
    type Row = (Option<String>, Option<String>, Timestamp);
    let stored = users::table.filter(users::email.eq_any(&emails).or(users::subject.eq_any(&subjects))).select((
        users::email,
        users::subject,
        users::created_at,
    ));
    let respelled = users::table
        .inner_join(canonical_emails::table)
        .filter(canonical_emails::email.eq_any(&emails))
        .select((canonical_emails::email.nullable(), users::subject, users::created_at));
    let mut rows: Vec<Row> = stored.load(connection.pg())?;
    rows.extend(respelled.load::<Row>(connection.pg())?);
    let named = |(email, subject, created_at)| NamedAccount { email, subject, created_at };
    Ok(rows.into_iter().map(named).collect())
}

/// At most `limit` accounts after the account `after` with their hashes, in the order of their ids.
pub fn list(connection: &mut Connection, after: Option<UserId>, limit: i64) -> Result<Vec<WithHash>, DbError> {
    let columns = (UserRow::as_select(), users::password_hash);
    let mut query = users::table.order(users::id.asc()).limit(limit).select(columns).into_boxed();
    if let Some(after) = after {
        query = query.filter(users::id.gt(after.as_uuid()));
    }
    let rows: Vec<(UserRow, Option<String>)> = query.load(connection.pg())?;
    rows.into_iter().map(|(row, hash)| Ok((row.try_into()?, hash.map(PasswordHash::from_stored)))).collect()
}
