//! Which confirmations this process has sent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// How many families are remembered, at some 50 bytes each. Beyond it all are forgotten, which costs a statement for
/// each that comes back.
const REMEMBERED: usize = 100_000;

/// The newest generation of each family that this process has sent to be confirmed.
#[derive(Default)]
pub(super) struct Confirmed(Mutex<Newest>);

#[derive(Default)]
struct Newest {
    generations: HashMap<FamilyId, Generation>,
    outages: u64,
}

impl Confirmed {
    /// Calls `send` unless this generation or a newer one has been sent, and remembers it if `send` returns `true`. All
    /// are forgotten when `outages` changes: confirmations do not wait for the disk, so a crash of the database may
    /// lose them.
    pub fn send_once(&self, family_id: FamilyId, generation: Generation, outages: u64, send: impl FnOnce() -> bool) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut newest.outages, outages) != outages {
            newest.generations.clear();
        }
        if newest.generations.get(&family_id).is_some_and(|&sent| sent >= generation) || !send() {
            return;
        }
        if newest.generations.len() >= REMEMBERED {
            newest.generations.clear();
        }
        newest.generations.insert(family_id, generation);
    }

    /// Lets the family's next request send its confirmation again.
    pub fn forget(&self, family_id: FamilyId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).generations.remove(&family_id);
    }
}
