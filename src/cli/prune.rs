//! `heirloom prune`.

use serde_json::json;

use super::error::CliError;
use super::output::Output;
use crate::service::Pruner;

pub(super) async fn run(pruner: &Pruner, output: &Output) -> Result<(), CliError> {
    let bar = output.progress(None);
    let pruned = pruner.prune(|so_far| bar.set_message(format!("{} sessions", so_far.sessions))).await?;
    bar.finish_and_clear();
    let json = json!({ "sessions": pruned.sessions, "events": pruned.events, "ended_sessions": pruned.ended_sessions });
    output.say(&json, &format!("Deleted: {} sessions, {} events", pruned.sessions, pruned.events))
}
