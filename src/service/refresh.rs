//! Refreshing: the batch for the newest token of a living family, and the rule for every other token.

use super::catch_up::log_catching_up;
use super::error::ServiceError;
use super::logout::REPLACED_RECENTLY;
use super::random::rng;
use super::revoke::{self, Ended};
use super::session::SessionGrant;
use super::use_cases::Service;
use crate::db::asynchronous_commit::commit_asynchronously;
use crate::db::locked_family::{self, LockedFamily};
use crate::db::{Connection, DbError, events, families};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::Delivery;
use crate::domain::judgment::{Judgment, judge};
use crate::domain::policy::{Lifetimes, RotationPolicy};
use crate::domain::refresh_token::{IssuedGeneration, PresentedToken};
use crate::domain::revocation::{Revocation, RevocationReason};
use crate::domain::rotation::Decision;
use crate::rotation_batcher::BatchOutcome;

/// The outcome of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    Granted(SessionGrant, Renewal),
    Refused(Refusal),
}

/// How a grant came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renewal {
    /// The newest token was presented, and the next generation was issued.
    Rotated,
    /// A second tab or a quick retry got the newest generation again.
    Replayed,
    /// The same from another place than the rotation, where a thief may be.
    ReplayedElsewhere,
    /// The response with the newest generation was lost, and a late retry got that generation again.
    Recovered,
    /// The presented token proved that the database had lost a rotation.
    CaughtUp,
}

/// Why a refresh token was rejected. Every refusal is permanent for this token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The token is not ours, or it came with another delivery than its family's. No family was touched.
    Invalid,
    Expired,
    /// An old token. Its family has just been revoked.
    Reused,
    /// The family was revoked earlier. Without a reason its row is gone (deleted account, pruned session).
    Revoked(Option<RevocationReason>),
    /// The family was revoked a moment ago, and its client got another one in its place. The client may have that one's
    /// token by now, where it had this one.
    Replaced(RevocationReason),
}

/// What became of a presented token. A refusal is a value and no error: an error would roll back the revocation that it
/// reports.
enum Judged {
    Granted(IssuedGeneration, Renewal),
    Refused(Refusal),
    /// Refused, and the family was revoked for it.
    Reused(Ended),
}

impl Service {
    /// Judges a presented refresh token by the rule of [`decide`](crate::domain::rotation::decide). Grants the next
    /// generation, or the newest one again, or refuses the token.
    ///
    /// # Errors
    /// [`ServiceError`] while the database is unavailable or overloaded. The token stays as good as it was: presenting
    /// it again gets the same successor.
    pub async fn refresh(
        &self,
        token: &[u8],
        delivery: Delivery,
        client: Client,
    ) -> Result<RefreshOutcome, ServiceError> {
        let Ok(claim) = self.refresh_tokens.verify(token) else {
            return Ok(RefreshOutcome::Refused(Refusal::Invalid));
        };
        let (family_id, generation, now) = (claim.family_id, claim.generation, self.clock.now());
        let presented = PresentedToken { family_id, generation, delivery, at: now, client };
        Ok(match self.judge_presented(presented).await? {
            Judged::Granted(issued, renewal) => {
                if renewal == Renewal::CaughtUp {
                    log_catching_up(family_id);
                }
                RefreshOutcome::Granted(self.grant(&issued, now), renewal)
            }
            Judged::Refused(refusal) => {
                if let Refusal::Revoked(_) | Refusal::Replaced(_) = refusal {
                    self.ended_sessions.note(&[family_id]);
                }
                RefreshOutcome::Refused(refusal)
            }
            Judged::Reused(ended) => {
                self.ended_sessions.add(ended);
                tracing::warn!(
                    event = "authn_token_reuse",
                    family.id = %family_id,
                    "An old refresh token was presented; its session has been revoked"
                );
                RefreshOutcome::Refused(Refusal::Reused)
            }
        })
    }

    /// The batch rotates the newest token of a living family, which nearly every token is. The rule judges every other
    /// token. Liveness is judged in SQL too, and the overlap window of a shared rotation here too: that is the price of
    /// a batch, which reads no family before it rotates.
    async fn judge_presented(&self, presented: PresentedToken) -> Result<Judged, ServiceError> {
        let (rotation, lifetimes) = (self.rotation, self.lifetimes);
        match self.rotation_batcher.rotate(presented.clone()).await? {
            BatchOutcome::Rotated(issued) => return Ok(Judged::Granted(issued, Renewal::Rotated)),
            BatchOutcome::Shared { issued, rotated_at } if rotation.is_overlap(rotated_at, presented.at) => {
                return Ok(Judged::Granted(issued, Renewal::Replayed));
            }
            // Without an overlap window the rule would take the retry of a rotation that is on record for a replay.
            BatchOutcome::Unknown if rotation.overlap.is_zero() => {
                return Err(ServiceError::Unavailable("the connection broke during the rotation".to_owned()));
            }
            BatchOutcome::Shared { .. } | BatchOutcome::Unmatched | BatchOutcome::Unknown => {}
        }
        // A client that waits no longer has sent its token again, and may have used the successor since. Judged then, this
        // request would look like a replay.
        let judge = move |tx: &mut Connection| judge_locked(tx, &presented, &rotation, &lifetimes);
        Ok(self.db.transaction_while_awaited(judge).await?)
    }
}

/// Judges a token under its family's lock, and writes what follows.
fn judge_locked(
    tx: &mut Connection,
    presented: &PresentedToken,
    rotation: &RotationPolicy,
    lifetimes: &Lifetimes,
) -> Result<Judged, DbError> {
    let Some(mut locked) = locked_family::lock(tx, presented.family_id)? else {
        return Ok(Judged::Refused(Refusal::Revoked(None)));
    };
    let decision = match judge(presented, locked.family(), rotation) {
        Judgment::Decided(decision) => decision,
        Judgment::WrongDelivery => return Ok(Judged::Refused(Refusal::Invalid)),
    };
    let newest = locked.family().state.generation;
    let renewal = match decision {
        Decision::Revoked(reason) => {
            let (id, since) = (presented.family_id, presented.at - REPLACED_RECENTLY);
            let ended = families::find_ended(tx, id, presented.delivery, since)?;
            return Ok(Judged::Refused(match ended.and_then(|ended| ended.replaced_by) {
                Some(_) => Refusal::Replaced(reason),
                None => Refusal::Revoked(Some(reason)),
            }));
        }
        Decision::Expired => return Ok(Judged::Refused(Refusal::Expired)),
        Decision::Reuse { .. } => {
            let revocation = Revocation { at: presented.at, reason: RevocationReason::Reuse };
            let kind = EventKind::ReuseDetected {
                presented: presented.generation.number(),
                newest: newest.number(),
                last_ip: locked.family().ip,
            };
            let ended = revoke::one_locked(tx, &mut locked, kind, revocation, presented.client.clone())?;
            return Ok(Judged::Reused(ended));
        }
        Decision::Rotate(next) => {
            locked.rotate(tx, presented, next, lifetimes)?;
            Renewal::Rotated
        }
        Decision::Ahead(next) => {
            locked.rotate(tx, presented, next, lifetimes)?;
            let kind = EventKind::RowCaughtUp { from: newest.number(), to: presented.generation.number() };
            record(tx, &locked, presented, kind)?;
            Renewal::CaughtUp
        }
        Decision::Replay(_) => Renewal::Replayed,
        Decision::ReplayElsewhere { generation, recovery_tat } => {
            locked.note_replay_elsewhere(tx, recovery_tat)?;
            let kind = EventKind::ReplayedElsewhere { generation: generation.number(), last_ip: locked.family().ip };
            record(tx, &locked, presented, kind)?;
            Renewal::ReplayedElsewhere
        }
        Decision::Recover { recovery_tat: None, .. } => {
            locked.note_recovery(tx, presented, None)?;
            Renewal::Recovered
        }
        Decision::Recover { generation, recovery_tat: Some(left) } => {
            locked.note_recovery(tx, presented, Some(left))?;
            let kind = EventKind::ResponseRecovered { generation: generation.number() };
            record(tx, &locked, presented, kind)?;
            Renewal::Recovered
        }
    };
    commit_asynchronously(tx)?;
    Ok(Judged::Granted(IssuedGeneration::newest_of(locked.family()), renewal))
}

fn record(
    tx: &mut Connection,
    locked: &LockedFamily,
    presented: &PresentedToken,
    kind: EventKind,
) -> Result<(), DbError> {
    let (family, client) = (locked.family(), presented.client.clone());
    events::insert(tx, &Event::of_session(presented.at, family.user_id, family.id, kind, client, &mut rng()))
}
