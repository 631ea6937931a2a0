//! What became of the messages: every event has to have reached the receiver, under one id.

use std::fmt;
use std::time::Duration;

use tokio::time::sleep;

use super::{Rig, until};

/// The messages of a run.
#[derive(Default)]
pub struct Messages {
    pub events: usize,
    pub requests: usize,
    /// Messages that came again after the receiver had taken them.
    pub repeated: usize,
    /// Messages that the receiver refused for good.
    pub gone: usize,
    /// What must not be.
    pub faults: Vec<String>,
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, requests, repeated, gone, faults } = self;
        let lost = faults.len();
        write!(
            f,
            "Webhooks: {events} events, {requests} requests. {repeated} messages came again, with the same id, after the \
             receiver had taken them; it refused {gone} with 410; {lost} were lost or had a second id."
        )
    }
}

impl Rig {
    /// Lets the time pass that failed attempts and the leases of killed processes wait for, and looks what came of all messages.
    pub async fn messages(&self) -> Messages {
        until("nothing waits in the outbox", async || {
            self.postgres.tries("UPDATE outbox SET due_at = due_at - interval '2 minutes' WHERE failed_at IS NULL");
            sleep(Duration::from_millis(1500)).await;
            self.postgres.counts("SELECT count(*) AS value FROM outbox WHERE failed_at IS NULL") == 0
        })
        .await;
        let received = self.receiver.messages();
        let mut found = Messages { requests: received.values().map(|fate| fate.requests).sum(), ..Messages::default() };
        for id in self.postgres.texts("SELECT id::text AS value FROM session_events") {
            found.events += 1;
            match received.get(&id) {
                Some(fate) if fate.taken > 0 => {}
                Some(fate) if fate.gone > 0 => found.gone += 1,
                fate => found.faults.push(format!("the message of event {id} is lost: {fate:?}")),
            }
        }
        for (event, fate) in &received {
            found.repeated += usize::from(fate.taken > 1);
            if fate.ids.len() > 1 {
                found.faults.push(format!("the message of event {event} came with several ids: {:?}", fate.ids.keys()));
            }
        }
        if self.receiver.strayed() > 0 {
            found.faults.push(format!("{} redirects were followed", self.receiver.strayed()));
        }
        found
    }
}
