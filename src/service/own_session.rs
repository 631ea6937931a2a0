//! The caller's own session, in the transaction of what the caller changes. An access token alone proves too little: this
//! process may not know yet that its session has ended.

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::use_cases::Service;
use crate::crypto::access_token::AccessGrant;
use crate::db::locked_family::{self, LockedFamily};
use crate::db::users::{self, DoomedAccount, LockedAccount};
use crate::db::{Connection, DbError};
use crate::domain::Timestamp;
use crate::domain::ids::UserId;

/// The caller's account and session. Both are locked and live, so the session cannot end before the transaction does.
pub(super) struct OwnSession {
    pub account: LockedAccount,
    pub family: LockedFamily,
}

/// What a transaction found.
enum Found<T> {
    Live(T),
    /// It was revoked, or its account is gone.
    Ended,
    /// It has expired, or its account is disabled: by this process's clock, or for now.
    NotLive,
}

impl Service {
    /// Runs `change` in a transaction, with the caller's own session. `None` if the session has ended: nothing has been
    /// changed then, and this process knows it from now on. Every use case that changes something for a caller goes
    /// through here.
    pub(super) async fn as_live<T: Send + 'static>(
        &self,
        caller: &Authenticated,
        change: impl FnOnce(&mut Connection, OwnSession) -> Result<T, DbError> + Send + 'static,
    ) -> Result<Option<T>, ServiceError> {
        self.in_own_session(
            caller,
            users::lock,
            |account| account,
            move |tx, account, family| change(tx, OwnSession { account, family }),
        )
        .await
    }

    /// The same for a deletion of the caller's account.
    pub(super) async fn as_live_for_deletion<T: Send + 'static>(
        &self,
        caller: &Authenticated,
        delete: impl FnOnce(&mut Connection, DoomedAccount) -> Result<T, DbError> + Send + 'static,
    ) -> Result<Option<T>, ServiceError> {
        self.in_own_session(caller, users::lock_for_deletion, DoomedAccount::account, move |tx, doomed, _| {
            delete(tx, doomed)
        })
        .await
    }

    async fn in_own_session<A: 'static, T: Send + 'static>(
        &self,
        caller: &Authenticated,
        lock_account: fn(&mut Connection, UserId) -> Result<Option<A>, DbError>,
        as_locked: fn(&A) -> &LockedAccount,
        change: impl FnOnce(&mut Connection, A, LockedFamily) -> Result<T, DbError> + Send + 'static,
    ) -> Result<Option<T>, ServiceError> {
        let (grant, now) = (caller.grant, self.clock.now());
        let found = self.db.transaction(move |tx| {
            let Some(account) = lock_account(tx, grant.user_id)? else { return Ok(Found::Ended) };
            match lock_family(tx, &grant, as_locked(&account).user().is_active, now)? {
                Found::Live(family) => change(tx, account, family).map(Found::Live),
                Found::Ended => Ok(Found::Ended),
                Found::NotLive => Ok(Found::NotLive),
            }
        });
        match found.await? {
            Found::Live(changed) => Ok(Some(changed)),
            Found::Ended => {
                self.ended_sessions.note(&[caller.grant.family_id]);
                Ok(None)
            }
            Found::NotLive => Ok(None),
        }
    }
}

fn lock_family(
    tx: &mut Connection,
    grant: &AccessGrant,
    is_active: bool,
    now: Timestamp,
) -> Result<Found<LockedFamily>, DbError> {
    let family = match locked_family::lock(tx, grant.family_id)? {
        Some(family) if family.family().user_id == grant.user_id => family,
        _ => return Ok(Found::Ended),
    };
    let state = &family.family().state;
    if state.revoked.is_some() {
        return Ok(Found::Ended);
    }
    if !is_active || state.expires_at.min(state.idle_expires_at) <= now {
        return Ok(Found::NotLive);
    }
    Ok(Found::Live(family))
}
