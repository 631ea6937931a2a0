//! `heirloom session`.

use clap::{ArgGroup, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::confirm::confirm;
use super::error::CliError;
use super::output::Output;
use super::user::{email_of, find, log_command, rfc3339, sessions_ended};
use crate::domain::device::device_name;
use crate::domain::family::Family;
use crate::service::Operator;

const COLUMNS: &[(&str, &str)] = &[
    ("ID", "id"),
    ("DEVICE", "device"),
    ("IP", "ip"),
    ("CREATED", "created_at"),
    ("LAST USED", "last_used_at"),
    ("EXPIRES", "expires_at"),
];

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// List an account's sessions, the most recently used first
    List {
        /// Email address or id of the account
        user: String,
    },
    /// Revoke one session
    Revoke {
        /// Id of the session
        session: Uuid,
    },
    /// Revoke all sessions of an account, or of all accounts, for example after restoring a backup
    ///
    /// With --everybody it asks first at a terminal.
    #[command(group(ArgGroup::new("whose").required(true).args(["user", "everybody"])))]
    RevokeAll {
        /// Email address or id of the account
        user: Option<String>,
        /// All accounts
        #[arg(long)]
        everybody: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

pub(super) async fn run(action: Action, operator: &Operator, output: &Output) -> Result<(), CliError> {
    match action {
        Action::List { user } => {
            let user = find(&user, operator).await?;
            let rows: Vec<Value> = operator.list_sessions(user.id).await?.iter().map(row).collect();
            output.list(&rows, COLUMNS)
        }
        Action::Revoke { session } => {
            if !operator.revoke_session(session.into()).await? {
                return Err(CliError::NotFound(format!("session {session} does not exist or has ended")));
            }
            log_command(operator, "Revoked a session", session);
            output.say(&json!({ "id": session, "sessions_ended": 1 }), &format!("Revoked session {session}"))
        }
        Action::RevokeAll { user: Some(user), .. } => {
            let user = find(&user, operator).await?;
            let ended = sessions_ended(operator.revoke_sessions(user.id).await?, &user)?;
            log_command(operator, "Revoked the sessions of an account", user.id.as_uuid());
            let json = json!({ "id": user.id.as_uuid(), "email": email_of(&user), "sessions_ended": ended });
            output.say(&json, &format!("{}: sessions revoked: {ended}", user.display_name()))
        }
        Action::RevokeAll { user: None, yes, .. } => {
            let count = operator.count_sessions().await?;
            confirm(&format!("Log everybody out, with {count} sessions?"), yes)?;
            let bar = output.progress(Some(count));
            let ended = operator.revoke_all_sessions(|count| bar.set_position(count)).await?;
            bar.finish_and_clear();
            tracing::info!(
                event = "authz_admin",
                os_user = operator.os_user(),
                ended,
                "Revoked all sessions by command"
            );
            output.say(&json!({ "sessions_ended": ended }), &format!("Sessions revoked: {ended}"))
        }
    }
}

fn row(family: &Family) -> Value {
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
