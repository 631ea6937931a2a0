//! Messages that leave this server: when they are tried again, and when they are given up.

use std::time::Duration;

use super::Timestamp;
use super::ids::{MessageId, UserId};
use super::stored_text::stored_as_text;

/// How a message leaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    Mail,
    Webhook,
}

stored_as_text!(Channel, "channel of the outbox", Mail = "mail", Webhook = "webhook");

/// What this server sends. Nothing is written to the outbox for the rest.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Outgoing {
    pub mails: bool,
    pub webhooks: bool,
}

/// A message that waits.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same in every attempt, so a receiver can recognise a repetition.
    pub id: MessageId,
    pub channel: Channel,
    /// The account that it is about.
    pub user_id: Option<UserId>,
    pub created_at: Timestamp,
    /// The attempts so far, the one that has just begun included.
    pub attempts: u32,
    /// A JSON object.
    pub payload: serde_json::Value,
}

impl Message {
    /// A message that has not been sent yet.
    pub fn new(
        id: MessageId,
        channel: Channel,
        user_id: Option<UserId>,
        created_at: Timestamp,
        payload: serde_json::Value,
    ) -> Self {
        Self { id, channel, user_id, created_at, attempts: 0, payload }
    }
}

/// What the operator sees of a message. The payload stays in the database, since it may be personal.
#[derive(Clone, Debug)]
pub struct MessageState {
    pub id: MessageId,
    pub channel: Channel,
    pub user_id: Option<UserId>,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub attempts: u32,
    pub failed_at: Option<Timestamp>,
    pub error: Option<String>,
}

/// How long a message is tried.
pub const TRIED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a process that has taken a message may take to store what became of it. Then another process sends it again.
pub const LEASE: Duration = Duration::from_secs(2 * 60);

const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The wait after failed attempt number `attempts`: twice as long each time, at most an hour. `random`, from 0 to 1, spreads
/// messages that failed together over half of it.
pub fn wait_after(attempts: u32, random: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let wait = (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT);
    wait.mul_f64(0.75 + random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Channel, wait_after};

    #[test]
    fn waits_grow_to_an_hour_and_are_uneven() {
        let seconds = |attempts, random| wait_after(attempts, random).as_secs_f64();
        assert!((seconds(1, 0.5) - 5.0).abs() < 0.01);
        assert!((seconds(2, 0.5) - 10.0).abs() < 0.01);
        assert!((seconds(100, 0.5) - 3600.0).abs() < 0.01);
        assert!(seconds(3, 0.0) < seconds(3, 1.0));
        assert!(wait_after(u32::MAX, 1.0) <= Duration::from_secs(4500));
    }

    #[test]
    fn a_channel_is_read_as_it_is_stored() {
        for channel in Channel::ALL {
            assert_eq!(channel.as_str().parse::<Channel>().ok(), Some(*channel));
        }
    }
}
