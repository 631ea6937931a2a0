//! The table, held against the rule. It is data, so that it can be held against broken ones too.

use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::place::Place;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};
use time::macros::datetime;

use super::rows::{REUSE, late, rows};
use super::{HOME, Rule, generation, place};

pub const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);
pub const HOUR: Duration = Duration::from_secs(3600);

/// One question to the rule, and its answer.
#[derive(Debug)]
pub struct Row {
    name: &'static str,
    pub state: FamilyState,
    pub presented: Generation,
    pub from: Place,
    pub now: Timestamp,
    pub policy: RotationPolicy,
    expected: Decision,
}

impl Row {
    /// A family at generation 100 that has confirmed it, an hour after it was issued, to which 100 is shown.
    pub fn new(name: &'static str, expected: Decision, change: impl FnOnce(&mut Self)) -> Self {
        let state = FamilyState {
            generation: generation(100),
            rotated_at: NOW - HOUR,
            rotated_from: place(HOME),
            confirmed: generation(100),
            recovered: Generation::NONE,
            recovery_tat: 0,
            idle_expires_at: NOW + HOUR,
            expires_at: NOW + HOUR * 24,
            revoked: None,
        };
        let (presented, policy) = (state.generation, RotationPolicy::default());
        let mut row = Self { name, state, presented, from: place(HOME), now: NOW, policy, expected };
        change(&mut row);
        row
    }

    /// What is wrong with `rule` here.
    pub fn complaint(&self, rule: &Rule) -> Option<String> {
        let found = rule(&self.state, self.presented, self.from, self.now, &self.policy);
        (found != self.expected).then(|| format!("{}: {found:?} instead of {:?}", self.name, self.expected))
    }
}

#[test]
fn every_line_of_the_table_holds_at_its_boundaries() {
    let complaints: Vec<String> = rows().iter().filter_map(|row| row.complaint(&decide)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_line_of_the_table_stands_there_twice() {
    let rows = rows();
    for (at, row) in rows.iter().enumerate() {
        for other in &rows[..at] {
            assert_ne!(
                (row.state, row.presented, row.from, row.now, format!("{:?}", row.policy)),
                (other.state, other.presented, other.from, other.now, format!("{:?}", other.policy)),
                "{} and {}",
                row.name,
                other.name
            );
        }
    }
}

#[test]
fn three_lost_answers_in_a_row_are_made_good_and_the_fourth_is_not() {
    let mut row = Row::new("", REUSE, late);
    for generation_number in 100..103 {
        row.state.generation = generation(generation_number);
        row.state.confirmed = generation(generation_number - 1);
        match decide(&row.state, row.state.confirmed, row.from, NOW, &row.policy) {
            Decision::Recover { recovery_tat: Some(left), .. } => row.state.recovery_tat = left,
            other => panic!("{generation_number}: {other:?}"),
        }
    }
    row.state.generation = generation(103);
    row.state.confirmed = generation(102);
    assert_eq!(decide(&row.state, row.state.confirmed, row.from, NOW, &row.policy), REUSE);
}
