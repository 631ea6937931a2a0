//! What a process does beside its requests. Each type owns its loop, `run`.

pub(super) mod background_writes;
mod clock_difference;
mod confirmed;
mod ended_feed;
pub(super) mod ended_log;
pub(super) mod ended_sessions;
pub(super) mod ended_set;
mod letter_writer;
pub(super) mod outbox;
pub(super) mod pruner;
mod superseded_set;
