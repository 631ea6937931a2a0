//! Deleting an account, with every trace of its owner.

use super::revoke::{self, Ended};
use super::throttle::LoginThrottle;
use crate::db::users::LockedAccount;
use crate::db::{Connection, DbError, deleted_accounts, families, throttles};
use crate::domain::account::{DeletedBy, Deletion};
use crate::domain::revocation::Revocation;

/// Deletes an account, its sessions, its events and what was counted of its wrong passwords. A record remains that an
/// account of this id was deleted. Counts of known devices remain for at most a day: only the device knows the id that
/// their keys are made of.
pub(super) fn delete_account(
    tx: &mut Connection,
    account: LockedAccount,
    throttle: &LoginThrottle,
    revocation: Revocation,
    by: DeletedBy,
) -> Result<Ended, DbError> {
    let (id, email) = (account.user().id, account.user().email.as_str());
    let sessions = families::list_ids(tx, id)?;
    let keys: Vec<_> = sessions.into_iter().map(|session| throttle.session_key(email, session)).collect();
    throttles::delete(tx, &[&[throttle.login_key(email, None)][..], &keys].concat())?;
    deleted_accounts::insert(tx, id, Deletion { at: revocation.at, by })?;
    revoke::delete_account(tx, account, revocation)
}
