//! What is written in the background, since no answer has to wait for it.
//!
//! Confirmations: that a generation's access token has been seen in use tells the rule that its answer arrived; each is
//! written at most once for each generation and process. And failed logins: written at once, they would make the answer
//! for a known account come later than for an unknown one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::{Notify, mpsc};

use super::refresh::log_catching_up;
use super::{Service, rng};
use crate::db::{Connection, DbError, events, families, locked_family};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;
use crate::rotation_batcher::BatcherError;

/// How many families are remembered as confirmed, at some 50 bytes each. Past it all are forgotten, which costs a
/// statement for each that comes back.
const REMEMBERED: usize = 100_000;

/// How many notes may wait. A confirmation that finds no room is tried again by the session's next request; a failed
/// login is then in the log only.
const WAITING: usize = 4_096;

/// How many notes are written at once; confirmations ride in one statement.
const TOGETHER: usize = 64;

enum Write {
    InUse(FamilyId, Generation),
    Happened(Box<Event>),
}

/// The notes that wait to be written, and the confirmations that need not be.
pub(super) struct BackgroundWrites {
    known: Mutex<HashMap<FamilyId, Generation>>,
    known_since: AtomicU64,
    sender: mpsc::Sender<Write>,
    receiver: Mutex<Option<mpsc::Receiver<Write>>>,
    unwritten: AtomicUsize,
    written: Notify,
}

impl Default for BackgroundWrites {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            known: Mutex::default(),
            known_since: AtomicU64::new(0),
            sender,
            receiver: Mutex::new(Some(receiver)),
            unwritten: AtomicUsize::new(0),
            written: Notify::new(),
        }
    }
}

impl BackgroundWrites {
    /// Notes that `generation` of a family is in use. What was confirmed before `outages` changed may be lost:
    /// confirmations do not wait for the disk, and a crash of the database ends every connection.
    pub fn in_use(&self, family_id: FamilyId, generation: Generation, outages: u64) {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.known_since.swap(outages, Ordering::Relaxed) != outages {
            known.clear();
        }
        if known.get(&family_id).is_some_and(|&known| known >= generation) {
            return;
        }
        if !self.send(Write::InUse(family_id, generation)) {
            return;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(family_id, generation);
    }

    /// Notes something that happened and that no answer waits for.
    pub fn happened(&self, event: Event) {
        self.send(Write::Happened(Box::new(event)));
    }

    fn send(&self, write: Write) -> bool {
        self.unwritten.fetch_add(1, Ordering::SeqCst);
        let is_sent = self.sender.try_send(write).is_ok();
        if !is_sent {
            self.done();
        }
        is_sent
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
    /// Writes notes for as long as it is polled. One task of each process runs it; a second call ends at once.
    pub async fn write_in_background(&self) {
        let receiver = self.background_writes.receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        let mut taken = Vec::with_capacity(TOGETHER);
        while receiver.recv_many(&mut taken, TOGETHER).await > 0 {
            join_all(taken.drain(..).map(|write| self.write(write))).await;
        }
    }

    async fn write(&self, write: Write) {
        match write {
            Write::InUse(family_id, generation) => self.write_confirmation(family_id, generation).await,
            Write::Happened(event) => self.write_event(event).await,
        }
        self.background_writes.done();
    }

    async fn write_confirmation(&self, family_id: FamilyId, generation: Generation) {
        let now = self.clock.now();
        let written = match self.rotation_batcher.confirm(family_id, generation).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let write = move |connection: &mut Connection| confirm(connection, family_id, generation, now);
                self.db.run(write).await.map_err(BatcherError::Database)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(error = %error, family.id = %family_id, "Could not confirm a generation; its next request tries again");
            self.background_writes.forget(family_id);
        }
    }

    async fn write_event(&self, event: Box<Event>) {
        let kind = event.kind.name();
        if let Err(error) = self.db.run(move |connection| events::insert(connection, &event)).await {
            tracing::warn!(error = %error, event.kind = kind, "Could not write an event");
        }
    }

    /// Returns once every note taken before has been written or given up.
    pub async fn background_writes_done(&self) {
        loop {
            let written = self.background_writes.written.notified();
            if self.background_writes.unwritten.load(Ordering::SeqCst) == 0 {
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
    if connection.transaction(|connection| catch_up(connection, family_id, generation, now))? {
        log_catching_up(family_id);
    }
    Ok(())
}

/// The row lost a rotation that was answered: the access token of a later generation has been verified, so that one was
/// issued, and its client has it. `false` where there is nothing to catch up with any more.
fn catch_up(
    connection: &mut Connection,
    family_id: FamilyId,
    generation: Generation,
    now: Timestamp,
) -> Result<bool, DbError> {
    let Some(mut locked) = locked_family::lock(connection, family_id)? else { return Ok(false) };
    let family = locked.family();
    if family.state.revoked.is_some() || !family.state.is_behind(generation) {
        return Ok(false);
    }
    let kind = EventKind::RowCaughtUp { from: family.state.generation.number(), to: generation.number() };
    let event = Event::of_session(now, family.user_id, family_id, kind, Client::default(), &mut rng());
    locked.catch_up(connection, generation, now)?;
    events::insert(connection, &event)?;
    Ok(true)
}
