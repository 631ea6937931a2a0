//! What goes into one statement, and who gets which part of its result.

use std::collections::HashMap;

use tokio::sync::oneshot;

use crate::db::DbError;
use crate::domain::ids::FamilyId;
use crate::domain::place::Place;
use crate::domain::refresh_token::{IssuedGeneration, PresentedToken};
use crate::domain::rotation::Generation;

use super::outcome::BatchOutcome;

pub(super) type Reply<T> = oneshot::Sender<T>;

/// A token that one or more requests present.
type Presentation = (PresentedToken, Vec<Reply<BatchOutcome>>);

/// Presented tokens, each once, with the requests that present it.
#[derive(Default)]
pub(super) struct Rotations(HashMap<(FamilyId, Generation), Presentation>);

impl Rotations {
    /// Leaves three tokens to the rule: one of the last generation, which has no successor, one that another request
    /// presents with another delivery, and one that another request presents from another place.
    pub fn add(&mut self, presented: PresentedToken, reply: Reply<BatchOutcome>) {
        let token = (presented.family_id, presented.generation);
        let (delivery, place) = (presented.delivery, Place::of(&presented.client));
        if presented.generation.next().is_none() {
            let _ = reply.send(BatchOutcome::Unmatched);
            return;
        }
        let (first, replies) = self.0.entry(token).or_insert_with(|| (presented, Vec::new()));
        if first.delivery == delivery && Place::of(&first.client) == place {
            replies.push(reply);
        } else {
            let _ = reply.send(BatchOutcome::Unmatched);
        }
    }

    pub fn presented(&self) -> Vec<&PresentedToken> {
        self.0.values().map(|(presented, _)| presented).collect()
    }

    /// The first request that presents a token gets the rotation. The others share it.
    pub fn reply(mut self, rotated: &[IssuedGeneration]) {
        let issued: HashMap<FamilyId, IssuedGeneration> =
            rotated.iter().map(|issued| (issued.family_id, issued.clone())).collect();
        for ((family_id, generation), (presented, replies)) in self.0.drain() {
            let successor = issued.get(&family_id).filter(|issued| generation.next() == Some(issued.generation));
            let mut outcome = successor.map_or(BatchOutcome::Unmatched, |issued| BatchOutcome::Rotated(issued.clone()));
            for reply in replies {
                let next = match &outcome {
                    BatchOutcome::Rotated(issued) => {
                        BatchOutcome::Shared { issued: issued.clone(), rotated_at: presented.at }
                    }
                    other => other.clone(),
                };
                let _ = reply.send(std::mem::replace(&mut outcome, next));
            }
        }
    }

    /// After a statement that the database refused, each family is tried by itself. A broken row fails only its own
    /// family.
    pub fn fail(self, error: &DbError) {
        let is_unknown = error.is_temporary();
        if !is_outage(error) {
            tracing::error!(error = %error, "A batch of rotations failed; each of its sessions is rotated separately");
        }
        for reply in self.0.into_values().flat_map(|(_, replies)| replies) {
            let _ = reply.send(if is_unknown { BatchOutcome::Unknown } else { BatchOutcome::Unmatched });
        }
    }
}

/// Families, each once, with the highest generation seen in use and the requests that reported it.
#[derive(Default)]
pub(super) struct Confirmations(HashMap<FamilyId, (Generation, Vec<Reply<bool>>)>);

impl Confirmations {
    pub fn add(&mut self, family_id: FamilyId, generation: Generation, reply: Reply<bool>) {
        let (highest, replies) = self.0.entry(family_id).or_insert_with(|| (generation, Vec::new()));
        *highest = generation.max(*highest);
        replies.push(reply);
    }

    pub fn seen(&self) -> Vec<(FamilyId, Generation)> {
        self.0.iter().map(|(&family_id, &(generation, _))| (family_id, generation)).collect()
    }

    pub fn reply(mut self, confirmed: &[FamilyId]) {
        for family_id in confirmed {
            for reply in self.0.remove(family_id).into_iter().flat_map(|(_, replies)| replies) {
                let _ = reply.send(true);
            }
        }
        self.reply_unchanged();
    }

    /// Each confirmation is then stored separately. Storing one twice is harmless.
    pub fn fail(self, error: &DbError) {
        if !is_outage(error) {
            tracing::error!(error = %error, "A batch of confirmations failed; each of them is stored separately");
        }
        self.reply_unchanged();
    }

    fn reply_unchanged(self) {
        for reply in self.0.into_values().flat_map(|(_, replies)| replies) {
            let _ = reply.send(false);
        }
    }
}

/// Requests that meet an outage log it.
fn is_outage(error: &DbError) -> bool {
    matches!(error, DbError::Unavailable(_) | DbError::ReadOnly(_))
}
