//! The caller's own session, in the transaction of what the caller changes. An access token alone proves too little: this
//! process may not know yet that its session has ended.

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::use_cases::Service;
use crate::db::locked_family::{self, LockedFamily};
use crate::db::users::{self, LockedAccount};
use crate::db::{Connection, DbError};
use crate::domain::Timestamp;

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
        let (caller, now) = (*caller, self.clock.now());
        let found = self.db.transaction(move |tx| match lock(tx, &caller, now)? {
            Found::Live(own) => change(tx, own).map(Found::Live),
            Found::Ended => Ok(Found::Ended),
            Found::NotLive => Ok(Found::NotLive),
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

fn lock(tx: &mut Connection, caller: &Authenticated, now: Timestamp) -> Result<Found<OwnSession>, DbError> {
    let grant = &caller.grant;
    let Some(account) = users::lock(tx, grant.user_id)? else { return Ok(Found::Ended) };
    let family = match locked_family::lock(tx, grant.family_id)? {
        Some(family) if family.family().user_id == grant.user_id => family,
        _ => return Ok(Found::Ended),
    };
    let state = &family.family().state;
    if state.revoked.is_some() {
        return Ok(Found::Ended);
    }
    if !account.user().is_active || state.expires_at.min(state.idle_expires_at) <= now {
        return Ok(Found::NotLive);
    }
    Ok(Found::Live(OwnSession { account, family }))
}
