//! Writes that no response waits for.
//!
//! Confirmations: when the access token of a generation is used, the response that issued it has arrived. Each is
//! written at most once for each generation and process. Failed logins: written before the response, they would make it
//! slower for a known account than for an unknown one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::{Mutex, Notify, mpsc};

use super::confirmed::Confirmed;
use crate::db::{Database, events};
use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::ids::FamilyId;
use crate::domain::outbox::Outgoing;
use crate::domain::rotation::Generation;
use crate::rotation_batcher::{BatcherError, RotationBatcher};
use crate::service::catch_up::confirm;

/// How many writes may wait. A confirmation beyond that is sent again by the session's next request; a failed login
/// beyond it is only logged.
const WAITING: usize = 4_096;

/// How many writes run at once. The rotation batcher puts their confirmations into one statement.
const BATCH: usize = 64;

enum Write {
    Confirmation(FamilyId, Generation),
    Event(Box<Event>),
}

/// The queue of writes that no response waits for.
pub struct BackgroundWrites {
    db: Database,
    clock: Clock,
    rotation_batcher: Arc<RotationBatcher>,
    confirmed: Confirmed,
    sender: mpsc::Sender<Write>,
    receiver: Mutex<mpsc::Receiver<Write>>,
    unwritten: AtomicUsize,
    all_written: Notify,
}

impl BackgroundWrites {
    pub(in crate::service) fn new(db: Database, clock: Clock, rotation_batcher: Arc<RotationBatcher>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            db,
            clock,
            rotation_batcher,
            confirmed: Confirmed::default(),
            sender,
            receiver: Mutex::new(receiver),
            unwritten: AtomicUsize::new(0),
            all_written: Notify::new(),
        }
    }

    /// Queues the confirmation of a generation, unless this process has queued it before.
    pub(in crate::service) fn confirm(&self, family_id: FamilyId, generation: Generation) {
        let send = || self.send(Write::Confirmation(family_id, generation));
        self.confirmed.send_once(family_id, generation, self.db.outages(), send);
    }

    /// Queues an event.
    pub(in crate::service) fn record(&self, event: Event) {
        self.send(Write::Event(Box::new(event)));
    }

    fn send(&self, write: Write) -> bool {
        self.unwritten.fetch_add(1, Ordering::SeqCst);
        let is_sent = self.sender.try_send(write).is_ok();
        if !is_sent {
            self.finish_one();
        }
        is_sent
    }

    fn finish_one(&self) {
        if self.unwritten.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.all_written.notify_waiters();
        }
    }

    /// Writes what is queued, for as long as it is polled. A second call waits until the first is dropped.
    pub async fn run(&self) {
        let mut receiver = self.receiver.lock().await;
        let mut batch = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            join_all(batch.drain(..).map(|write| self.write(write))).await;
        }
    }

    /// Returns once every write that was queued before has been done or has failed.
    pub async fn flush(&self) {
        loop {
            let all_written = self.all_written.notified();
            if self.unwritten.load(Ordering::SeqCst) == 0 {
                return;
            }
            all_written.await;
        }
    }

    async fn write(&self, write: Write) {
        match write {
            Write::Confirmation(family_id, generation) => self.write_confirmation(family_id, generation).await,
            Write::Event(event) => self.write_event(event).await,
        }
        self.finish_one();
    }

    async fn write_confirmation(&self, family_id: FamilyId, generation: Generation) {
        let now = self.clock.now();
        let written = match self.rotation_batcher.confirm(family_id, generation).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let write = self.db.run(move |connection| confirm(connection, family_id, generation, now));
                write.await.map_err(BatcherError::Database)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(error = %error, family.id = %family_id, "Could not confirm a generation; the session's next request tries again");
            self.confirmed.forget(family_id);
        }
    }

    async fn write_event(&self, event: Box<Event>) {
        let kind = event.kind.name();
        let written = self.db.run(move |connection| match connection.outgoing() == Outgoing::default() {
            true => events::insert(connection, &event),
            false => connection.transaction(|tx| events::insert(tx, &event)),
        });
        if let Err(error) = written.await {
            tracing::warn!(error = %error, event.kind = kind, "Could not write an event");
        }
    }
}
