//! Many families at once: rotations and confirmations, one statement each, on arrays.
//!
//! Locked rows are skipped and handled one at a time instead. A batch therefore never waits for a row: batches of
//! several processes cannot deadlock, in whatever order their rows come, and a family that is locked delays no other. A
//! family is named by its id: its `ctid` is a place in one partition, and in each other one a stranger's.
//!
//! The commit is asynchronous if the connection's are.
//!
//! The statements judge liveness again, beside [`decide`](crate::domain::rotation::decide): that is the price of
//! rotating without reading first. `tests/api/liveness` holds both to one table. The `.sql` files beside this one
//! have the text that Postgres gets. `make sql` writes them.

mod confirm;
mod issued_row;
mod parameters;
mod rotate_many;
mod rotate_one;

use diesel::RunQueryDsl as _;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::{IssuedGeneration, PresentedToken};
use crate::domain::rotation::Generation;
use confirm::Confirm;
use issued_row::IssuedRow;
use rotate_many::RotateMany;
use rotate_one::RotateOne;

/// Rotates the families whose newest token is in the batch, if they are alive. A disabled user has none: a trigger revokes
/// them. Returns the
/// issued generations, in no order. A token that has none among them was not rotated, for a reason that only the rule
/// can find. No token may be in the batch twice, and no token of [`Generation::LAST`].
pub fn rotate(
    connection: &mut Connection,
    batch: &[&PresentedToken],
    lifetimes: &Lifetimes,
) -> Result<Vec<IssuedGeneration>, DbError> {
    let rows: Vec<IssuedRow> = match batch {
        [presented] => RotateOne::new(presented, lifetimes).load(connection.pg())?,
        _ => RotateMany::new(batch, lifetimes).load(connection.pg())?,
    };
    rows.into_iter().map(|row| row.issued(batch)).collect()
}

/// Stores which generations' access tokens are in use. Returns the families for which that was news. No family may be
/// in the batch twice.
pub fn confirm(connection: &mut Connection, batch: &[(FamilyId, Generation)]) -> Result<Vec<FamilyId>, DbError> {
    let confirmed: Vec<Uuid> = Confirm::new(batch).load(connection.pg())?;
    Ok(confirmed.into_iter().map(FamilyId::from).collect())
}
