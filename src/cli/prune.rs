//! `heirloom prune`.

use serde_json::json;

use super::CliError;
use super::output::Output;
use crate::service::Service;

pub(super) async fn run(service: &Service, output: &Output) -> Result<(), CliError> {
    let bar = output.progress(None);
    let pruned = service.prune(|so_far| bar.set_message(format!("{} sessions", so_far.sessions))).await?;
    bar.finish_and_clear();
    let json = json!({ "sessions": pruned.sessions, "events": pruned.events, "ended_sessions": pruned.ended_sessions });
    output.say(&json, &format!("Pruned: {} sessions, {} events", pruned.sessions, pruned.events))
}
