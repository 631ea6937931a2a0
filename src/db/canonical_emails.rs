//! The table `canonical_emails`: accounts that are stored under another spelling than the one of their address.

use std::collections::BTreeMap;

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::schema::{canonical_emails, users};
use crate::domain::account::Email;
use crate::domain::ids::UserId;

/// The migration after which the table has to be filled.
pub(super) const MIGRATION: &str = "20261125000301";

/// Whether an account with another spelling has this address.
pub(super) fn is_taken(connection: &mut Connection, email: &Email) -> Result<bool, DbError> {
    let taken = canonical_emails::table.filter(canonical_emails::email.eq(email.as_str()));
    Ok(diesel::select(exists(taken)).get_result(connection.pg())?)
}

/// Forgets the other spelling of an account, whose address changes.
pub(super) fn forget(connection: &mut Connection, user_id: UserId) -> Result<(), DbError> {
    let of_user = canonical_emails::user_id.eq(user_id.as_uuid());
    diesel::delete(canonical_emails::table.filter(of_user)).execute(connection.pg())?;
    Ok(())
}

/// Fills the table. Call it in the transaction that creates it: its foreign key keeps others from adding accounts.
///
/// An address that no new account could have stays as it is, and its account is found by the stored spelling only.
///
/// # Errors
/// [`DbError::Migration`] names the accounts that have one address among them, by their ids only.
pub(super) fn fill(pg: &mut PgConnection) -> Result<(), DbError> {
    // Every other address is its own spelling.
    let may_differ = sql::<Bool>("octet_length(email) <> char_length(email) OR email LIKE '%xn--%'");
    // Neither query finds an account without an address.
    let with_email = (users::id, users::email.assume_not_null());
    let candidates: Vec<(Uuid, String)> =
        users::table.filter(may_differ).select(with_email).order(users::id).load(pg)?;
    let mut owners: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for (id, stored) in candidates {
        if let Some(email) = Email::parse(&stored).ok().filter(|email| email.as_str() != stored) {
            owners.entry(email.as_str().to_owned()).or_default().push(id);
        }
    }
    let addresses: Vec<&String> = owners.keys().collect();
    let as_stored: Vec<(Uuid, String)> =
        users::table.filter(users::email.eq_any(addresses)).select(with_email).load(pg)?;
    for (id, email) in as_stored {
        owners.entry(email).or_default().push(id);
    }
    let colliding: Vec<String> =
        owners.values().filter(|ids| ids.len() > 1).map(|ids| listed(ids.as_slice())).collect();
    if !colliding.is_empty() {
        return Err(DbError::Migration(format!(
            "some accounts have the same email address in different spellings: {}. Decide which account of each group \
             stays, delete the others with `heirloom user delete ID` of the version that runs now, and migrate again. \
             Nothing has been changed",
            colliding.join("; ")
        )));
    }
    let rows: Vec<_> = owners
        .iter()
        .flat_map(|(email, ids)| ids.iter().map(move |id| (email, id)))
        .map(|(email, id)| (canonical_emails::email.eq(email), canonical_emails::user_id.eq(id)))
        .collect();
    for rows in rows.chunks(10_000) {
        diesel::insert_into(canonical_emails::table).values(rows.to_vec()).execute(pg)?;
    }
    Ok(())
}

fn listed(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", ")
}
