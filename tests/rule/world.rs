//! A family as `service` and `db` keep it, without either: what is decided is written as they write it, and the database
//! may lose what it was not made to flush.

use std::rc::Rc;
use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::family::{Delivery, Family};
use heirloom::domain::place::Place;
use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::revocation::{Revocation, RevocationReason};
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};
use time::macros::datetime;
use uuid::Uuid;

use super::{HOME, Rule, place};

const LOGIN: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

/// One family, its clock, and the process that serves it.
pub struct World {
    pub state: FamilyState,
    pub now: Timestamp,
    pub policy: RotationPolicy,
    /// The highest generation whose tokens were ever given out.
    pub issued: Generation,
    lifetimes: Lifetimes,
    /// The row before each write that a crash may take back, oldest first.
    unflushed: Vec<FamilyState>,
    /// What the process remembers as confirmed, and does not write a second time.
    known: Generation,
    rule: Rc<Rule>,
}

impl World {
    /// A family right after a login at home.
    pub fn new(policy: RotationPolicy, lifetimes: Lifetimes) -> Self {
        Self::judged_by(Rc::new(decide), policy, lifetimes)
    }

    /// The same, under another rule.
    pub fn judged_by(rule: Rc<Rule>, policy: RotationPolicy, lifetimes: Lifetimes) -> Self {
        let (id, user_id) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let begun = Family::begin(id, user_id, Delivery::Cookie, LOGIN, &lifetimes).state;
        Self {
            state: FamilyState { rotated_from: place(HOME), ..begun },
            now: LOGIN,
            policy,
            issued: Generation::FIRST,
            lifetimes,
            unflushed: Vec::new(),
            known: Generation::NONE,
            rule,
        }
    }

    /// Shows the token of `presented`, at home: the generation that is answered, or why none is.
    pub fn show(&mut self, presented: Generation) -> Result<Generation, Decision> {
        self.show_from(place(HOME), presented)
    }

    /// Shows it in any place.
    pub fn show_from(&mut self, from: Place, presented: Generation) -> Result<Generation, Decision> {
        let decision = (self.rule)(&self.state, presented, from, self.now, &self.policy);
        let mut row = self.state;
        let answered = match decision {
            Decision::Revoked(_) | Decision::Expired => return Err(decision),
            Decision::Reuse { .. } => {
                self.state.revoked = Some(Revocation { at: self.now, reason: RevocationReason::Reuse });
                self.unflushed.clear();
                return Err(decision);
            }
            Decision::Rotate(next) | Decision::Ahead(next) => {
                row.generation = next;
                row.rotated_at = self.now;
                row.rotated_from = from;
                row.idle_expires_at = Family::idle_expiry(self.now, row.expires_at, &self.lifetimes);
                next
            }
            Decision::Replay(newest) => newest,
            Decision::ReplayElsewhere { generation, recovery_tat } => {
                row.recovered = row.generation;
                row.recovery_tat = recovery_tat;
                generation
            }
            Decision::Recover { generation, recovery_tat } => {
                if let Some(recovery_tat) = recovery_tat {
                    row.recovered = row.generation;
                    row.recovery_tat = recovery_tat;
                }
                row.rotated_at = self.now;
                row.rotated_from = from;
                generation
            }
        };
        self.write(row);
        self.issued = self.issued.max(answered);
        Ok(answered)
    }

    /// Uses the access token of `seen`, which confirms that generation, or proves that the row has lost it.
    pub fn confirm(&mut self, seen: Generation) {
        if self.known >= seen {
            return;
        }
        self.known = seen;
        let mut row = self.state;
        if row.revoked.is_some() || row.confirmed >= seen {
            return;
        }
        if row.is_behind(seen) {
            row.generation = seen;
            row.rotated_at = self.now;
        }
        row.confirmed = seen;
        self.write(row);
    }

    /// A crash of the database, a failover or a restore takes back up to `writes` of the last ones. What was flushed stays.
    pub fn loses(&mut self, writes: usize) {
        for _ in 0..writes {
            self.state = self.unflushed.pop().unwrap_or(self.state);
        }
    }

    pub fn passes(&mut self, time: Duration) {
        self.now += time;
    }

    pub fn is_over(&self) -> bool {
        self.state.revoked.is_some() || self.now >= self.state.idle_expires_at || self.now >= self.state.expires_at
    }

    fn write(&mut self, row: FamilyState) {
        if row != self.state {
            self.unflushed.push(self.state);
            self.state = row;
        }
        // What the table's checks hold.
        assert!(row.confirmed <= row.generation && row.recovered <= row.generation, "{row:?}");
        assert!(row.idle_expires_at <= row.expires_at, "{row:?}");
    }
}
