//! Sending what waits in the outbox. Any number of processes send at once, and none sends what another does. A message is
//! sent at least once: a process that dies after a receiver has taken a message could not say so.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, join, select};
use futures_util::stream::FuturesUnordered;
use rand::RngExt as _;
use tokio::task::spawn_blocking;
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

/// The pause after a look at an outbox in which nothing was due.
const EVERY: Duration = Duration::from_millis(500);

/// Sends mails and webhooks.
pub struct Outbox {
    db: Database,
    clock: Clock,
    messaging: Messaging,
    writer: LetterWriter,
}

impl Outbox {
    pub(in crate::service) fn new(db: Database, clock: Clock, links: Arc<Links>, messaging: Messaging) -> Self {
        let writer = LetterWriter { db: db.clone(), clock: clock.clone(), links, messaging: messaging.clone() };
        Self { db, clock, messaging, writer }
    }

    /// Sends what is due, for as long as it is polled. A slow receiver delays neither the other channel nor, up to 15 messages
    /// at once, the other messages of its own.
    pub async fn run(&self) {
        join(self.run_channel(Channel::Mail), self.run_channel(Channel::Webhook)).await;
    }

    async fn run_channel(&self, channel: Channel) {
        if !self.sends(channel) {
            return;
        }
        let mut sending = FuturesUnordered::new();
        loop {
            let free = AT_ONCE - sending.len();
            let due = self.take(channel, free).await.unwrap_or_else(|error| {
                tracing::debug!(error = %error, "Could not look for messages");
                Vec::new()
            });
            // A look for each message that was sent would cost a statement each.
            let is_refilled_at = if due.len() < free { None } else { Some(AT_ONCE / 2) };
            sending.extend(due.into_iter().map(|message| self.send(message)));
            let mut pause = pin!(sleep(EVERY));
            while is_refilled_at.is_none_or(|count| sending.len() > count) {
                if sending.is_empty() {
                    pause.await;
                    break;
                }
                match select(sending.next(), pause.as_mut()).await {
                    Either::Left((Some(Err(error)), _)) => {
                        tracing::debug!(error = %error, "Could not store what became of a message");
                    }
                    Either::Left(_) => {}
                    Either::Right(_) => break,
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
        Ok(self.db.run(move |connection| outbox::take(connection, channel, limit, now)).await?)
    }

    /// Sends a message. If this fails with [`ServiceError::Unavailable`], the message is sent once more when its lease ends.
    async fn send(&self, message: Message) -> Result<(), ServiceError> {
        let id = message.id;
        let sent = match message.channel {
            Channel::Mail => self.send_mail(&message).await?,
            Channel::Webhook => self.send_webhook(&message).await,
        };
        let now = self.clock.now();
        let wait = wait_after(message.attempts, rng().random());
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
        let mail = match self.writer.write(message).await? {
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
