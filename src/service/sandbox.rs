//! Sandbox families: for a page of development servers that shows what the rule does with real tokens.

use std::time::Duration;

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::random::rng;
use super::revoke;
use super::session::SessionGrant;
use super::use_cases::Service;
use crate::db::{events, families};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::FamilyId;
use crate::domain::policy::{Lifetimes, RotationPolicy};
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::{Timestamp, rotation};

/// A sandbox family expires this long after it began, whether or not it is used.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Its name in the list of devices.
const DEVICE: &str = "Sandbox";

/// A family as the rule sees it at one moment.
#[derive(Clone, Debug)]
pub struct FamilyView {
    pub family: Family,
    /// The whole recovery credits that are left.
    pub credits: u32,
    pub policy: RotationPolicy,
    /// That moment, by the clock that the rule uses.
    pub at: Timestamp,
}

/// The outcome of beginning a sandbox family.
#[derive(Debug)]
pub enum SandboxOutcome {
    Begun(SessionGrant),
    /// The caller's session has no cookies, or each account may have one session only.
    NoBrowser,
    /// The caller's session has ended in the meantime.
    SessionRevoked,
}

impl Service {
    /// Begins a family for the caller to experiment with, whose tokens scripts can read. It requires no password, so it
    /// is short-lived, and only a session with cookies can begin one. Otherwise a stolen access token could begin one
    /// sandbox family from another without end. It counts for the limit of sessions, and ends any but the caller's own for
    /// it.
    pub async fn begin_sandbox(&self, caller: &Authenticated, client: Client) -> Result<SandboxOutcome, ServiceError> {
        let (user_id, now) = (caller.grant.user_id, self.clock.now());
        let lifetimes = Lifetimes { idle: LIFETIME, absolute: LIFETIME };
        let mut family = Family::begin(FamilyId::new(now, &mut rng()), user_id, Delivery::Body, now, &lifetimes);
        family.authenticated_at = caller.grant.authenticated_at;
        family.issue_to(&client);
        family.user_agent = Some(DEVICE.to_owned());
        let event = Event::of_session(now, user_id, family.id, EventKind::SandboxBegan, client, &mut rng());
        let others = self.sessions_per_user.get().checked_sub(2);
        let begun = self.as_live(caller, move |tx, own| {
            let own_family = own.family.family();
            let Some(others) = others.filter(|_| own_family.delivery == Delivery::Cookie) else { return Ok(None) };
            let ended = revoke::beyond(tx, &own.account, others, own_family.id, now)?;
            family.inherit(own_family);
            families::insert(tx, &family)?;
            events::insert(tx, &event)?;
            Ok(Some((IssuedGeneration::newest_of(&family), ended)))
        });
        Ok(match begun.await? {
            Some(Some((issued, ended))) => {
                self.ended_sessions.add(ended);
                SandboxOutcome::Begun(self.grant(&issued, now))
            }
            Some(None) => SandboxOutcome::NoBrowser,
            None => SandboxOutcome::SessionRevoked,
        })
    }

    /// One of the caller's families, live or ended, as the rule sees it now; `None` for another account's.
    pub async fn view_family(&self, caller: &Authenticated, id: FamilyId) -> Result<Option<FamilyView>, ServiceError> {
        let (user_id, policy, at) = (caller.grant.user_id, self.rotation, self.clock.now());
        let found = self.db.run(move |connection| families::find_of_user(connection, user_id, id)).await?;
        Ok(found.map(|family| {
            let credits = rotation::recovery_credits(&family.state, &policy);
            FamilyView { family, credits, policy, at }
        }))
    }
}
