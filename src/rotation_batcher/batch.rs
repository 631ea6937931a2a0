//! What waits for one statement, and who is told what of its result.

use std::collections::HashMap;

use tokio::sync::oneshot;

use crate::db::DbError;
use crate::db::families::{Presented, Rotated};
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

use super::BatchOutcome;

pub(super) type Answer<T> = oneshot::Sender<T>;

/// Presented tokens, each once, with all who show it.
#[derive(Default)]
pub(super) struct Rotations(HashMap<Token, (Presented, Vec<Answer<BatchOutcome>>)>);

type Token = (FamilyId, Generation);

impl Rotations {
    /// The last of all generations has no successor, which is the rule's to say; so is what becomes of one token that
    /// travels in two ways at once.
    pub fn add(&mut self, presented: Presented, answer: Answer<BatchOutcome>) {
        let (token, delivery) = ((presented.family_id, presented.generation), presented.delivery);
        if presented.generation.next().is_none() {
            let _ = answer.send(BatchOutcome::Unmatched);
            return;
        }
        let (shown, answers) = self.0.entry(token).or_insert_with(|| (presented, Vec::new()));
        if shown.delivery == delivery {
            answers.push(answer);
        } else {
            let _ = answer.send(BatchOutcome::Unmatched);
        }
    }

    pub fn presented(&self) -> Vec<&Presented> {
        self.0.values().map(|(presented, _)| presented).collect()
    }

    /// `rotated` has the generations that were issued.
    pub fn answer(mut self, rotated: &[(FamilyId, Generation, Rotated)]) {
        let issued: HashMap<FamilyId, (Generation, Rotated)> =
            rotated.iter().map(|&(family_id, issued, rotated)| (family_id, (issued, rotated))).collect();
        for ((family_id, generation), (presented, answers)) in self.0.drain() {
            let own = issued.get(&family_id).filter(|(issued, _)| generation.next() == Some(*issued));
            let mut outcome = own.map_or(BatchOutcome::Unmatched, |(_, rotated)| BatchOutcome::Rotated(*rotated));
            for answer in answers {
                let _ = answer.send(outcome);
                if let BatchOutcome::Rotated(rotated) = outcome {
                    outcome = BatchOutcome::Shared { rotated, rotated_at: presented.at };
                }
            }
        }
    }

    /// A statement that the database refused is tried again for each family by itself, so that one that is broken breaks
    /// no other.
    pub fn fail(self, error: &DbError) {
        let is_gone = matches!(error, DbError::Unavailable(_));
        if !is_gone {
            tracing::error!(error = %error, "A batch of rotations failed; its sessions are looked at one by one");
        }
        for answer in self.0.into_values().flat_map(|(_, answers)| answers) {
            let _ = answer.send(if is_gone { BatchOutcome::Unknown } else { BatchOutcome::Unmatched });
        }
    }
}

/// Families, each once, with the highest generation seen in use and all who told of it.
#[derive(Default)]
pub(super) struct Confirmations(HashMap<FamilyId, (Generation, Vec<Answer<bool>>)>);

impl Confirmations {
    pub fn add(&mut self, family_id: FamilyId, generation: Generation, answer: Answer<bool>) {
        let (highest, answers) = self.0.entry(family_id).or_insert_with(|| (generation, Vec::new()));
        *highest = generation.max(*highest);
        answers.push(answer);
    }

    pub fn seen(&self) -> Vec<(FamilyId, Generation)> {
        self.0.iter().map(|(&family_id, &(generation, _))| (family_id, generation)).collect()
    }

    pub fn answer(mut self, confirmed: &[FamilyId]) {
        for family_id in confirmed {
            for answer in self.0.remove(family_id).into_iter().flat_map(|(_, answers)| answers) {
                let _ = answer.send(true);
            }
        }
        self.tell_of_no_news();
    }

    /// Each is written again by itself, which does no harm where the statement was carried out all the same.
    pub fn fail(self, error: &DbError) {
        if !matches!(error, DbError::Unavailable(_)) {
            tracing::error!(error = %error, "A batch of confirmations failed; they are written one by one");
        }
        self.tell_of_no_news();
    }

    fn tell_of_no_news(self) {
        for waiting in self.0.into_values().flat_map(|(_, answers)| answers) {
            let _ = waiting.send(false);
        }
    }
}
