//! Confirming: that a generation's access token has been seen in use tells the rule that its answer arrived. It is written
//! in the background, at most once for each generation and process.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};

use super::{Service, rng};
use crate::db::{Connection, DbError, events, families};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{EventId, FamilyId};
use crate::domain::rotation::Generation;

/// How many families are remembered as confirmed, at some 50 bytes each. Past it all are forgotten, which costs a
/// statement for each that comes back.
const REMEMBERED: usize = 100_000;

/// How many confirmations may wait. One that finds no room is tried again by the session's next request.
const WAITING: usize = 4_096;

/// The confirmations that wait to be written, and those that need not be.
pub(super) struct Confirmations {
    known: Mutex<HashMap<FamilyId, Generation>>,
    sender: mpsc::Sender<(FamilyId, Generation)>,
    receiver: Mutex<Option<mpsc::Receiver<(FamilyId, Generation)>>>,
    unwritten: AtomicUsize,
    written: Notify,
}

impl Default for Confirmations {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            known: Mutex::default(),
            sender,
            receiver: Mutex::new(Some(receiver)),
            unwritten: AtomicUsize::new(0),
            written: Notify::new(),
        }
    }
}

impl Confirmations {
    /// Notes that `generation` of a family is in use.
    pub fn note(&self, family_id: FamilyId, generation: Generation) {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.get(&family_id).is_some_and(|&known| known >= generation) {
            return;
        }
        self.unwritten.fetch_add(1, Ordering::SeqCst);
        if self.sender.try_send((family_id, generation)).is_err() {
            self.done();
            return;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(family_id, generation);
    }

    fn forget(&self, family_id: FamilyId) {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&family_id);
    }

    fn done(&self) {
        if self.unwritten.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.written.notify_waiters();
        }
    }
}

impl Service {
    /// Writes confirmations for as long as it is polled. One task of each process runs it; a second call ends at once.
    pub async fn write_confirmations(&self) {
        let receiver = self.confirmations.receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        while let Some((family_id, generation)) = receiver.recv().await {
            let now = self.clock.now();
            let write = move |connection: &mut Connection| confirm(connection, family_id, generation, now);
            if let Err(error) = self.db.run(write).await {
                tracing::warn!(error = %error, family.id = %family_id, "Could not confirm a generation; its next request tries again");
                self.confirmations.forget(family_id);
            }
            self.confirmations.done();
        }
    }

    /// Returns once every confirmation noted before has been written or given up.
    pub async fn confirmations_written(&self) {
        loop {
            let written = self.confirmations.written.notified();
            if self.confirmations.unwritten.load(Ordering::SeqCst) == 0 {
                return;
            }
            written.await;
        }
    }
}

fn confirm(
    connection: &mut Connection,
    family_id: FamilyId,
    generation: Generation,
    now: Timestamp,
) -> Result<(), DbError> {
    if families::confirm(connection, family_id, generation)? {
        return Ok(());
    }
    let is_behind = families::find_generation(connection, family_id)?.is_some_and(|on_record| on_record < generation);
    if !is_behind {
        return Ok(());
    }
    connection.transaction(|connection| catch_up(connection, family_id, generation, now))
}

/// The row lost a rotation that was answered: the access token of a later generation has been verified, so that one was
/// issued, and its client has it.
fn catch_up(
    connection: &mut Connection,
    family_id: FamilyId,
    generation: Generation,
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(mut locked) = families::lock(connection, family_id)? else { return Ok(()) };
    let family = locked.family();
    if family.state.revoked.is_some() || !family.state.is_behind(generation) {
        return Ok(());
    }
    let event = Event {
        id: EventId::new(now, &mut rng()),
        at: now,
        user_id: family.user_id,
        family_id: Some(family_id),
        kind: EventKind::RowCaughtUp { from: family.state.generation.number(), to: generation.number() },
        client: Client::default(),
    };
    locked.catch_up(connection, generation, now)?;
    events::insert(connection, &event)
}
