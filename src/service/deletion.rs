//! Deleting an account, with every trace of its owner.

use super::revoke::{self, Ended};
use super::throttle::LoginThrottle;
use crate::db::users::DoomedAccount;
use crate::db::{Connection, DbError, deleted_accounts, events, families, outbox, throttles};
use crate::domain::account::{DeletedBy, Deletion};
use crate::domain::revocation::Revocation;

/// Deletes an account, its sessions, its events, its unsent messages, and what was counted of its wrong passwords. A
/// record remains that an account of this id was deleted. Counts of known devices remain for at most a day: only the
/// device knows the id that their keys are made of. The addresses of networks that have guessed are in the account's
/// events.
pub(super) fn delete_account(
    tx: &mut Connection,
    doomed: DoomedAccount,
    throttle: &LoginThrottle,
    revocation: Revocation,
    by: DeletedBy,
) -> Result<Ended, DbError> {
    let user = doomed.account().user();
    let (logins, addresses) = (families::list_logins(tx, user.id)?, events::list_addresses(tx, user.id)?);
    throttles::delete(tx, &throttle.keys_of(&user.login_name(), &logins, &addresses))?;
    outbox::delete_of_user(tx, user)?;
    deleted_accounts::insert(tx, user.id, Deletion { at: revocation.at, by })?;
    revoke::delete_account(tx, doomed, revocation)
}
