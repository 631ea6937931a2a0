//! Sandbox families: for a page that shows newcomers, on a server for development, what the rule does with real tokens.

use std::time::Duration;

use super::{Authenticated, Service, ServiceError, SessionGrant, rng};
use crate::db::{events, families, live_sessions, users};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::FamilyId;
use crate::domain::policy::{Lifetimes, RotationPolicy};
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::{Timestamp, rotation};

/// A sandbox family is over so long after it began, whatever is done with it.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// What the list of devices calls it.
const DEVICE: &str = "Sandbox";

/// A family as the rule sees it at one moment.
#[derive(Clone, Debug)]
pub struct FamilyView {
    pub family: Family,
    /// The whole credits for late answers that are left.
    pub credits: u32,
    pub policy: RotationPolicy,
    /// The moment, by the clock that the rule is asked with.
    pub at: Timestamp,
}

impl Service {
    /// Begins a family for the caller to practise on, with tokens that scripts can hold. No password is asked for, so it
    /// lives shortly, and a session whose tokens are in bodies, as those of a sandbox family are, cannot begin another:
    /// a stolen access token would else be good for ever. `None` then, and when the caller's own session has ended.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn begin_sandbox(
        &self,
        caller: &Authenticated,
        client: Client,
    ) -> Result<Option<SessionGrant>, ServiceError> {
        let (user_id, own, now) = (caller.grant.user_id, caller.grant.family_id, self.clock.now());
        let lifetimes = Lifetimes { idle: LIFETIME, absolute: LIFETIME };
        let mut family = Family::begin(FamilyId::new(now, &mut rng()), user_id, Delivery::Body, now, &lifetimes);
        family.authenticated_at = caller.grant.authenticated_at;
        family.ip = client.ip;
        family.user_agent = Some(DEVICE.to_owned());
        let issued = IssuedGeneration::newest_of(&family);
        let event = Event::of_session(now, user_id, family.id, EventKind::SandboxBegan, client, &mut rng());
        let begun = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let Some(account) = users::lock(connection, user_id)? else { return Ok(false) };
                let sessions = live_sessions::list(connection, user_id, now)?;
                let is_browsers = |session: &Family| session.id == own && session.delivery == Delivery::Cookie;
                if !account.user().is_active || !sessions.iter().any(is_browsers) {
                    return Ok(false);
                }
                families::insert(connection, &family)?;
                events::insert(connection, &event)?;
                Ok(true)
            })
        });
        Ok(begun.await?.then(|| self.grant(&issued, now)))
    }

    /// One of the caller's families, living or not, as the rule sees it now; `None` for anybody else's.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn view_family(&self, caller: &Authenticated, id: FamilyId) -> Result<Option<FamilyView>, ServiceError> {
        let (user_id, policy, at) = (caller.grant.user_id, self.rotation, self.clock.now());
        let found = self.db.run(move |connection| families::find_of_user(connection, user_id, id)).await?;
        Ok(found.map(|family| {
            let credits = rotation::recovery_credits(&family.state, &policy);
            FamilyView { family, credits, policy, at }
        }))
    }
}
