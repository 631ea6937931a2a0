//! Sending what waits in the outbox. Any number of processes send at once, and none sends what another does. A message is
//! sent at least once: a process that dies after a receiver has taken a message could not say so.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, join, select};
use rand::RngExt as _;
use tokio::sync::{Mutex, Notify, Semaphore};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::letter_writer::{LetterWriter, Written};
use crate::crypto::links::Links;
use crate::db::{Database, outbox};
use crate::delivery::DeliveryError;
use crate::domain::clock::Clock;
use crate::domain::ids::MessageId;
use crate::domain::outbox::{Channel, Message, MessageState, TRIED_FOR, wait_after};
use crate::service::error::ServiceError;
use crate::service::messaging::Messaging;
use crate::service::random::rng;

/// How many messages of a channel a process sends at once.
const AT_ONCE: usize = 16;

/// How many connections of the pool messages may use. Requests get the others.
const CONNECTIONS: usize = 2;

/// The pause after a look at an outbox in which nothing was due.
const EVERY: Duration = Duration::from_millis(500);

/// Sends mails and webhooks.
pub struct Outbox {
    db: Database,
    clock: Clock,
    messaging: Messaging,
    writer: LetterWriter,
    connections: Semaphore,
    is_stopping: AtomicBool,
    stops: Notify,
    /// Held while messages are sent.
    running: Mutex<()>,
}

impl Outbox {
    pub(in crate::service) fn new(db: Database, clock: Clock, links: Arc<Links>, messaging: Messaging) -> Self {
        let writer = LetterWriter { db: db.clone(), clock: clock.clone(), links, messaging: messaging.clone() };
        let connections = Semaphore::new(CONNECTIONS);
        let (is_stopping, stops, running) = (AtomicBool::new(false), Notify::new(), Mutex::new(()));
        Self { db, clock, messaging, writer, connections, is_stopping, stops, running }
    }

    /// Sends what is due, for as long as it is polled. A slow receiver delays neither the other channel nor, up to 15 messages
    /// at once, the other messages of its own.
    pub async fn run(self: &Arc<Self>) {
        let _running = self.running.lock().await;
        join(self.run_channel(Channel::Mail), self.run_channel(Channel::Webhook)).await;
    }

    /// Takes no further messages, and returns when those under way are settled. Another process would send them again.
    pub async fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.stops.notify_waiters();
        let _ended = self.running.lock().await;
    }

    async fn run_channel(self: &Arc<Self>, channel: Channel) {
        if !self.sends(channel) {
            return;
        }
        // Tasks, and not futures of this one: those would stand still while it waits for a connection, and keep theirs.
        let mut sending = JoinSet::new();
        loop {
            let (every, stops) = (pin!(sleep(EVERY)), pin!(self.stops.notified()));
            let mut pause = select(every, stops);
            if self.is_stopping.load(Ordering::SeqCst) {
                while sending.join_next().await.is_some() {}
                return;
            }
            let free = AT_ONCE - sending.len();
            let due = self.take(channel, free).await.unwrap_or_else(|error| {
                tracing::debug!(error = %error, "Could not look for messages");
                Vec::new()
            });
            // A look for each message that was sent would cost a statement each.
            let is_refilled_at = if due.len() < free { None } else { Some(AT_ONCE / 2) };
            for message in due {
                let outbox = Arc::clone(self);
                sending.spawn(async move { outbox.send(message).await });
            }
            while is_refilled_at.is_none_or(|count| sending.len() > count) {
                if sending.is_empty() {
                    pause.await;
                    break;
                }
                if let Either::Right(_) = select(pin!(sending.join_next()), &mut pause).await {
                    break;
                }
            }
        }
    }

    fn sends(&self, channel: Channel) -> bool {
        match channel {
            Channel::Mail => self.messaging.mail.is_some(),
            Channel::Webhook => self.messaging.webhook.is_some(),
        }
    }

    async fn take(&self, channel: Channel, count: usize) -> Result<Vec<Message>, ServiceError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let _connection = self.connections.acquire().await;
        Ok(self.db.run(move |connection| outbox::take(connection, channel, limit, now)).await?)
    }

    async fn send(&self, message: Message) {
        let id = message.id;
        if let Err(error) = self.send_and_note(message).await {
            tracing::debug!(message.id = %id, error = %error, "A message is sent again: what became of it could not be stored");
        }
    }

    async fn send_and_note(&self, message: Message) -> Result<(), ServiceError> {
        let id = message.id;
        let sent = match message.channel {
            Channel::Mail => self.send_mail(&message).await?,
            Channel::Webhook => self.send_webhook(&message).await,
        };
        let now = self.clock.now();
        let wait = wait_after(message.attempts, rng().random());
        let _connection = self.connections.acquire().await;
        let settled = self.db.run(move |connection| match &sent {
            Ok(()) => outbox::note_sent(connection, id),
            Err(DeliveryError::Later(error)) if now + wait < message.created_at + TRIED_FOR => {
                tracing::warn!(message.id = %id, attempts = message.attempts, error, "A message is tried again later");
                outbox::put_off(connection, id, now + wait, error)
            }
            Err(DeliveryError::Later(error) | DeliveryError::Never(error)) => {
                tracing::error!(
                    message.id = %id, attempts = message.attempts, error,
                    "A message was given up: `heirloom outbox list` shows it"
                );
                outbox::give_up(connection, id, now, error)
            }
        });
        Ok(settled.await?)
    }

    async fn send_mail(&self, message: &Message) -> Result<Result<(), DeliveryError>, ServiceError> {
        let Some(transport) = self.messaging.mail.clone() else { return Ok(Ok(())) };
        let written = {
            let _connection = self.connections.acquire().await;
            self.writer.write(message).await?
        };
        let mail = match written {
            Written::Mail(mail) => mail,
            Written::Nothing => return Ok(Ok(())),
            Written::Unreadable(error) => return Ok(Err(DeliveryError::Never(error))),
        };
        Ok(blocking(move || transport.send(&mail)).await)
    }

    async fn send_webhook(&self, message: &Message) -> Result<(), DeliveryError> {
        let Some(webhook) = self.messaging.webhook.clone() else { return Ok(()) };
        let (id, now, body) = (message.id, self.clock.now(), message.payload.to_string());
        blocking(move || webhook.send(id, now, &body)).await
    }

    /// The messages that wait or were given up, oldest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<MessageState>, ServiceError> {
        Ok(self.db.run(move |connection| outbox::list(connection, i64::from(limit))).await?)
    }

    /// Makes one message due, or all that were given up. Returns how many.
    pub async fn retry(&self, id: Option<MessageId>) -> Result<usize, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| outbox::retry(connection, id, now)).await?)
    }

    /// Deletes a message unsent. `false` if there is none.
    pub async fn discard(&self, id: MessageId) -> Result<bool, ServiceError> {
        Ok(self.db.run(move |connection| outbox::discard(connection, id)).await?)
    }

    /// How many messages wait, and how many were given up.
    pub async fn count(&self) -> Result<(u64, u64), ServiceError> {
        Ok(self.db.run(outbox::count).await?)
    }
}

async fn blocking(send: impl FnOnce() -> Result<(), DeliveryError> + Send + 'static) -> Result<(), DeliveryError> {
    let lost = |_| DeliveryError::Later("this process stopped while it sent the message".to_owned());
    spawn_blocking(send).await.unwrap_or_else(|error| Err(lost(error)))
}
