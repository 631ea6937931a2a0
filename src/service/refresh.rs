//! Refreshing: the workers for the newest token of a live family, and the rule for all others.

use super::session::IssuedGeneration;
use super::{Service, ServiceError, SessionGrant, rng};
use crate::db::families::{self, Presented, Rotated};
use crate::db::locked_family::{self, LockedFamily};
use crate::db::{Connection, DbError, events};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Revocation, RevocationReason};
use crate::domain::ids::FamilyId;
use crate::domain::policy::{Lifetimes, RotationPolicy};
use crate::domain::rotation::{Decision, Generation, decide};
use crate::rotation_batcher::BatchOutcome;

/// What came of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    Granted(SessionGrant, Renewal),
    Refused(Refusal),
}

/// How a grant came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renewal {
    /// The newest token was shown, and gave way to the next generation.
    Rotated,
    /// The newest generation was answered once more, to a second tab or a quick retry.
    Replayed,
    /// The newest generation was answered once more, late, because its answer had been lost.
    Recovered,
    /// The database had lost a rotation, and the token that was shown proved it.
    CaughtUp,
}

/// Why a refresh token was not honoured. After each of them but `AccountDisabled` the token is dead for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Not ours, or shown in another place than the one it was given out for. No family was touched.
    Invalid,
    Expired,
    /// An old token; its family has just been ended.
    Reused,
    /// The family had been ended before; without a reason, its row is gone (deleted account, pruned session).
    Revoked(Option<RevocationReason>),
    /// Nothing was written: the token is good again once the account is.
    AccountDisabled,
}

impl Service {
    /// Judges a presented refresh token by the rule of [`decide`], and gives what it is due: the next generation, the
    /// newest once more, or a refusal.
    ///
    /// # Errors
    /// [`ServiceError`]; the token is as good as before then, since showing it again is answered with the same successor.
    pub async fn refresh(
        &self,
        token: &[u8],
        delivery: Delivery,
        client: Client,
    ) -> Result<RefreshOutcome, ServiceError> {
        let Ok(token) = self.refresh_tokens.verify(token) else {
            return Ok(RefreshOutcome::Refused(Refusal::Invalid));
        };
        let now = self.clock.now();
        let presented =
            Presented { family_id: token.family_id, generation: token.generation, delivery, at: now, client };
        Ok(match self.judge(presented).await? {
            Ok((issued, renewal)) => {
                if renewal == Renewal::CaughtUp {
                    log_catching_up(token.family_id);
                }
                RefreshOutcome::Granted(self.grant(&issued, now), renewal)
            }
            Err(refusal) => {
                if refusal == Refusal::Reused {
                    self.ended_sessions.add(&[token.family_id]);
                    tracing::warn!(
                        event = "authn_token_reuse",
                        family.id = %token.family_id,
                        "An old refresh token was shown; its session has been ended"
                    );
                }
                RefreshOutcome::Refused(refusal)
            }
        })
    }

    /// Nearly always the token is the newest, which the workers find out and act on at once. The rule is asked otherwise.
    async fn judge(&self, presented: Presented) -> Result<Judged, ServiceError> {
        let rotation = self.rotation;
        match (self.rotation_batcher.rotate(presented.clone()).await?, presented.generation.next()) {
            (BatchOutcome::Rotated(rotated), Some(next)) => {
                return Ok(Ok((issued(&presented, next, &rotated), Renewal::Rotated)));
            }
            (BatchOutcome::Shared { rotated, rotated_at }, Some(next))
                if rotation.is_overlap(rotated_at, presented.at) =>
            {
                return Ok(Ok((issued(&presented, next, &rotated), Renewal::Replayed)));
            }
            (BatchOutcome::Unknown, _) if rotation.overlap.is_zero() => {
                return Err(ServiceError::Unavailable("the connection broke during the rotation".to_owned()));
            }
            _ => {}
        }
        let lifetimes = self.lifetimes;
        Ok(self.db.run(move |connection| present(connection, &presented, &rotation, &lifetimes)).await?)
    }
}

/// Once it is committed that a row has caught up with its session's client, by a refresh or a confirmation.
pub(super) fn log_catching_up(family_id: FamilyId) {
    tracing::warn!(family.id = %family_id, "The database had lost rotations of a session, which caught up");
}

/// A refusal is `Ok(Err(..))` until the transaction has committed: an `Err` would roll back the revocation that it reports.
type Judged = Result<(IssuedGeneration, Renewal), Refusal>;

fn present(
    connection: &mut Connection,
    presented: &Presented,
    rotation: &RotationPolicy,
    lifetimes: &Lifetimes,
) -> Result<Judged, DbError> {
    connection.transaction(|connection| match locked_family::lock(connection, presented.family_id)? {
        Some(locked) if locked.family().delivery == presented.delivery => {
            decided(connection, locked, presented, rotation, lifetimes)
        }
        Some(_) => Ok(Err(Refusal::Invalid)),
        None => Ok(Err(Refusal::Revoked(None))),
    })
}

fn decided(
    connection: &mut Connection,
    mut locked: LockedFamily,
    presented: &Presented,
    rotation: &RotationPolicy,
    lifetimes: &Lifetimes,
) -> Result<Judged, DbError> {
    let newest = locked.family().state.generation;
    let state = &locked.family().state;
    let decision = decide(state, presented.generation, state.rotated_from, presented.at, rotation);
    let is_active = locked.owner().is_active;
    let renewal = match decision {
        Decision::Revoked(RevocationReason::Disabled) if !is_active => return Ok(Err(Refusal::AccountDisabled)),
        Decision::Revoked(reason) => return Ok(Err(Refusal::Revoked(Some(reason)))),
        Decision::Expired => return Ok(Err(Refusal::Expired)),
        Decision::Reuse { .. } => {
            locked.revoke(connection, Revocation { at: presented.at, reason: RevocationReason::Reuse })?;
            let kind = EventKind::ReuseDetected {
                presented: presented.generation.number(),
                newest: newest.number(),
                last_ip: locked.family().ip,
            };
            record(connection, &locked, presented, kind)?;
            return Ok(Err(Refusal::Reused));
        }
        _ if !is_active => return Ok(Err(Refusal::AccountDisabled)),
        Decision::Rotate(next) => {
            locked.rotate(connection, presented, next, lifetimes)?;
            Renewal::Rotated
        }
        Decision::Ahead(next) => {
            locked.rotate(connection, presented, next, lifetimes)?;
            let kind = EventKind::RowCaughtUp { from: newest.number(), to: presented.generation.number() };
            record(connection, &locked, presented, kind)?;
            Renewal::CaughtUp
        }
        Decision::Replay(_) | Decision::ReplayElsewhere { .. } => Renewal::Replayed,
        Decision::Recover { recovery_tat: None, .. } => {
            locked.note_recovery(connection, presented.at, None)?;
            Renewal::Recovered
        }
        Decision::Recover { generation, recovery_tat: Some(left) } => {
            locked.note_recovery(connection, presented.at, Some(left))?;
            let kind = EventKind::AnswerRecovered { generation: generation.number() };
            record(connection, &locked, presented, kind)?;
            Renewal::Recovered
        }
    };
    families::commit_without_waiting_for_disk(connection)?;
    Ok(Ok((newest_issued(&locked), renewal)))
}

fn record(
    connection: &mut Connection,
    locked: &LockedFamily,
    presented: &Presented,
    kind: EventKind,
) -> Result<(), DbError> {
    let (family, client) = (locked.family(), presented.client.clone());
    let event = Event::of_session(presented.at, family.user_id, family.id, kind, client, &mut rng());
    events::insert(connection, &event)
}

fn issued(presented: &Presented, generation: Generation, rotated: &Rotated) -> IssuedGeneration {
    IssuedGeneration {
        family_id: presented.family_id,
        user_id: rotated.user_id,
        delivery: presented.delivery,
        generation,
        authenticated_at: rotated.authenticated_at,
        idle_expires_at: rotated.idle_expires_at,
        expires_at: rotated.expires_at,
    }
}

fn newest_issued(locked: &LockedFamily) -> IssuedGeneration {
    let family = locked.family();
    IssuedGeneration {
        family_id: family.id,
        user_id: family.user_id,
        delivery: family.delivery,
        generation: family.state.generation,
        authenticated_at: family.authenticated_at,
        idle_expires_at: family.state.idle_expires_at,
        expires_at: family.state.expires_at,
    }
}
