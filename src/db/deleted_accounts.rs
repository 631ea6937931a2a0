//! The table `deleted_accounts`: that an account was deleted, and nothing about its owner.

use diesel::prelude::*;

use super::connection::Connection;
use super::error::DbError;
use super::schema::deleted_accounts;
use crate::domain::account::Deletion;
use crate::domain::ids::UserId;

/// Records a deletion, in its transaction.
pub fn insert(connection: &mut Connection, id: UserId, deletion: Deletion) -> Result<(), DbError> {
    diesel::insert_into(deleted_accounts::table)
        .values((
            deleted_accounts::user_id.eq(id.as_uuid()),
            deleted_accounts::deleted_at.eq(deletion.at),
            deleted_accounts::deleted_by.eq(deletion.by.as_str()),
        ))
        .execute(connection.pg())?;
    Ok(())
}
