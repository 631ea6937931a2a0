//! What a process does beside its requests. Each type owns its loop, `run`.

pub(super) mod background_writes;
mod confirmed;
pub(super) mod ended_sessions;
pub(super) mod ended_set;
pub(super) mod pruner;
