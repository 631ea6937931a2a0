//! `heirloom session`.

use clap::{ArgGroup, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::CliError;
use super::output::Output;
use super::user::{done, find, rfc3339};
use crate::domain::device::device_name;
use crate::domain::family::Family;
use crate::service::Service;

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// List an account's living sessions, the one used last first
    List { user: String },
    /// End one session
    Revoke { session: Uuid },
    /// End every session of an account, or of everybody, as after a backup has been restored
    #[command(group(ArgGroup::new("whose").required(true).args(["user", "everybody"])))]
    RevokeAll {
        user: Option<String>,
        #[arg(long)]
        everybody: bool,
    },
}

pub(super) async fn run(action: Action, service: &Service, output: &Output) -> Result<(), CliError> {
    match action {
        Action::List { user } => {
            let user = find(&user, service).await?;
            let rows: Vec<Value> = service.list_sessions_of(user.id).await?.iter().map(shown).collect();
            output.list(&rows, &["id", "device", "ip", "created_at", "last_used_at", "expires_at"])
        }
        Action::Revoke { session } => {
            if !service.revoke_session(session.into()).await? {
                return Err(CliError::NotFound(format!("living session {session}")));
            }
            output.say(&json!({ "id": session, "sessions_ended": 1 }), &format!("Session {session} has ended"))
        }
        Action::RevokeAll { user: Some(user), .. } => {
            let user = find(&user, service).await?;
            let ended = done(service.revoke_sessions_of(user.id).await?, &user)?;
            let json = json!({ "id": user.id.as_uuid(), "email": user.email.as_str(), "sessions_ended": ended });
            output.say(&json, &format!("{}: sessions ended: {ended}", user.email))
        }
        Action::RevokeAll { user: None, .. } => {
            let bar = output.progress(Some(service.count_sessions().await?));
            let ended = service.revoke_everything(|count| bar.set_position(count)).await?;
            bar.finish_and_clear();
            output.say(&json!({ "sessions_ended": ended }), &format!("Sessions ended: {ended}"))
        }
    }
}

fn shown(family: &Family) -> Value {
    json!({
        "id": family.id.as_uuid(),
        "device": device_name(family.user_agent.as_deref()),
        "ip": family.ip,
        "user_agent": family.user_agent,
        "created_at": rfc3339(family.created_at),
        "last_used_at": rfc3339(family.state.rotated_at),
        "expires_at": rfc3339(family.state.expires_at),
    })
}
