//! Changing many rows, without waiting for those that others have locked. The rows are found first and named by their ids:
//! a distributed database can change rows wherever they are, but cannot lock the result of a query.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Uuid as SqlUuid;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::lock_timeout::hardly_wait;

/// The rows of a table by their key.
pub(super) struct Rows {
    pub table: &'static str,
    pub key: &'static str,
    pub ids: Vec<Uuid>,
}

impl Rows {
    /// Runs `change` on all rows in one transaction. If a row stays locked, that changes nothing, and `change` then gets
    /// each row that is not locked by itself.
    pub fn change<T>(
        &self,
        connection: &mut Connection,
        change: impl Fn(&mut Connection, &[Uuid]) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        if self.ids.is_empty() {
            return Ok(Vec::new());
        }
        let at_once = connection.transaction(|tx| {
            hardly_wait(tx)?;
            change(tx, &self.ids)
        });
        match at_once {
            Err(DbError::Aborted(_)) => {}
            changed => return Ok(vec![changed?]),
        }
        connection.transaction(|tx| {
            let mut changed = Vec::new();
            for id in &self.ids {
                if self.lock(tx, *id)? {
                    changed.push(change(tx, &[*id])?);
                }
            }
            Ok(changed)
        })
    }

    /// `false` if the row is locked, or gone.
    fn lock(&self, tx: &mut Connection, id: Uuid) -> Result<bool, DbError> {
        let Self { table, key, .. } = self;
        let sql = format!("SELECT FROM {table} WHERE {key} = $1 FOR UPDATE SKIP LOCKED");
        Ok(sql_query(sql).bind::<SqlUuid, _>(id).execute(tx.pg())? == 1)
    }
}
