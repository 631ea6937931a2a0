//! `heirloom outbox`.

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::CliError;
use super::output::Output;
use super::user::rfc3339;
use crate::domain::outbox::MessageState;
use crate::service::Outbox;

const COLUMNS: &[(&str, &str)] = &[
    ("ID", "id"),
    ("CHANNEL", "channel"),
    ("CREATED", "created_at"),
    ("ATTEMPTS", "attempts"),
    ("NEXT", "due_at"),
    ("FAILED", "failed_at"),
    ("ERROR", "error"),
];

/// More is of no use on a screen.
const LISTED: u32 = 1_000;

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// List the messages that wait or were given up, oldest first
    List,
    /// Try messages again
    Retry {
        /// Id of the message; without one, all that were given up
        message: Option<Uuid>,
    },
    /// Delete a message unsent
    Discard {
        /// Id of the message
        message: Uuid,
    },
}

pub(super) async fn run(action: Action, outbox: &Outbox, output: &Output) -> Result<(), CliError> {
    match action {
        Action::List => {
            let rows: Vec<Value> = outbox.list(LISTED).await?.iter().map(row).collect();
            output.list(&rows, COLUMNS)
        }
        Action::Retry { message } => {
            let count = outbox.retry(message.map(Into::into)).await?;
            if count == 0 && message.is_some() {
                return Err(CliError::NotFound("the outbox has no such message".to_owned()));
            }
            output.say(&json!({ "retried": count }), &format!("{count} messages are tried again"))
        }
        Action::Discard { message } => {
            if !outbox.discard(message.into()).await? {
                return Err(CliError::NotFound("the outbox has no such message".to_owned()));
            }
            output.say(&json!({ "discarded": message }), &format!("Discarded message {message}"))
        }
    }
}

fn row(message: &MessageState) -> Value {
    json!({
        "id": message.id.as_uuid(),
        "channel": message.channel.as_str(),
        "user_id": message.user_id.map(|id| id.as_uuid()),
        "created_at": rfc3339(message.created_at),
        "attempts": message.attempts,
        "due_at": message.failed_at.is_none().then(|| rfc3339(message.due_at)),
        "failed_at": message.failed_at.map(rfc3339),
        "error": message.error,
    })
}
