//! The table `service_keys`.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Date as SqlDate, Uuid as SqlUuid};
use time::Date;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::schema::service_keys;
use crate::domain::Timestamp;
use crate::domain::ids::ServiceKeyId;
use crate::domain::service_key::{KeyName, Scopes, ServiceKey};

#[derive(Queryable, Selectable)]
#[diesel(table_name = service_keys, check_for_backend(diesel::pg::Pg))]
struct Row {
    id: Uuid,
    name: String,
    scopes: String,
    created_at: Timestamp,
    last_used_on: Option<Date>,
    revoked_at: Option<Timestamp>,
}

impl From<Row> for ServiceKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            name: KeyName::from_stored(row.name),
            scopes: Scopes::from_stored(&row.scopes),
            created_at: row.created_at,
            last_used_on: row.last_used_on,
            revoked_at: row.revoked_at,
        }
    }
}

/// Stores a new key.
pub fn insert(connection: &mut Connection, key: &ServiceKey) -> Result<(), DbError> {
    diesel::insert_into(service_keys::table)
        .values((
            service_keys::id.eq(key.id.as_uuid()),
            service_keys::name.eq(key.name.as_str()),
            service_keys::scopes.eq(key.scopes.to_stored()),
            service_keys::created_at.eq(key.created_at),
        ))
        .execute(connection.pg())?;
    Ok(())
}

/// A key, revoked or not.
pub fn find(connection: &mut Connection, id: ServiceKeyId) -> Result<Option<ServiceKey>, DbError> {
    let found: Option<Row> =
        service_keys::table.find(id.as_uuid()).select(Row::as_select()).first(connection.pg()).optional()?;
    Ok(found.map(ServiceKey::from))
}

/// Every key, the oldest first.
pub fn list(connection: &mut Connection) -> Result<Vec<ServiceKey>, DbError> {
    let rows: Vec<Row> = service_keys::table.order(service_keys::id).select(Row::as_select()).load(connection.pg())?;
    Ok(rows.into_iter().map(ServiceKey::from).collect())
}

/// Records that a key is in use on this day. Another request that does the same at the moment is enough, so this never
/// waits for it.
pub fn note_use(connection: &mut Connection, id: ServiceKeyId, day: Date) -> Result<(), DbError> {
    let sql = "UPDATE service_keys SET last_used_on = $2 WHERE id IN (SELECT id FROM service_keys WHERE id = $1 \
               AND (last_used_on IS NULL OR last_used_on < $2) FOR UPDATE SKIP LOCKED)";
    sql_query(sql).bind::<SqlUuid, _>(id.as_uuid()).bind::<SqlDate, _>(day).execute(connection.pg())?;
    Ok(())
}

/// Revokes a key. `false` if there is none, or it has been revoked before.
pub fn revoke(connection: &mut Connection, id: ServiceKeyId, at: Timestamp) -> Result<bool, DbError> {
    let live = service_keys::table.filter(service_keys::id.eq(id.as_uuid()).and(service_keys::revoked_at.is_null()));
    let revoked = diesel::update(live).set(service_keys::revoked_at.eq(Some(at))).execute(connection.pg())?;
    Ok(revoked == 1)
}
