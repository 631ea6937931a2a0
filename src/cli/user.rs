//! `heirloom user`.

use clap::Subcommand;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::CliError;
use super::output::Output;
use super::password::new_password;
use crate::domain::Timestamp;
use crate::domain::account::User;
use crate::domain::client::Client;
use crate::service::{AdminOutcome, RegisterOutcome, Service};

/// How many accounts are read at a time.
const PAGE: u32 = 500;

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// Make an account; the password is asked for, or read from standard input
    Create { email: String },
    /// List the accounts in the order of their making
    List,
    /// Show one account
    Show { user: String },
    /// End every session of an account and let it in no more
    Disable { user: String },
    /// Let an account in again
    Enable { user: String },
    /// Give an account another password, asked for or read from standard input, and end its sessions
    SetPassword { user: String },
    /// Remove an account with all that belongs to it
    Delete { user: String },
}

pub(super) async fn run(action: Action, service: &Service, output: &Output) -> Result<(), CliError> {
    match action {
        Action::Create { email } => create(&email, service, output).await,
        Action::List => list(service, output).await,
        Action::Show { user } => {
            let user = find(&user, service).await?;
            let mut shown = shown(&user);
            shown["sessions"] = service.list_sessions_of(user.id).await?.len().into();
            if output.is_json {
                return output.say(&shown, "");
            }
            output.list(&[shown], &["id", "email", "is_active", "created_at", "sessions"])
        }
        Action::Disable { user } => set_active(&user, false, service, output).await,
        Action::Enable { user } => set_active(&user, true, service, output).await,
        Action::SetPassword { user } => {
            let user = find(&user, service).await?;
            let ended = done(service.set_password(&user, &new_password()?).await?, &user)?;
            told(output, &user, "has another password", ended)
        }
        Action::Delete { user } => {
            let user = find(&user, service).await?;
            let ended = done(service.delete_user(user.id).await?, &user)?;
            told(output, &user, "is deleted", ended)
        }
    }
}

async fn create(email: &str, service: &Service, output: &Output) -> Result<(), CliError> {
    match service.register(email, &new_password()?, Client::default()).await? {
        RegisterOutcome::Registered(user) => {
            output.say(&shown(&user), &format!("{} has an account: {}", user.email, user.id))
        }
        RegisterOutcome::EmailTaken => Err(CliError::Refused(format!("{email} has an account already"))),
        RegisterOutcome::Invalid(errors) => {
            let reasons: Vec<String> =
                errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
            Err(CliError::Refused(reasons.join("; ")))
        }
    }
}

async fn list(service: &Service, output: &Output) -> Result<(), CliError> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = service.list_users(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        rows.extend(page.iter().map(shown));
    }
    output.list(&rows, &["id", "email", "is_active", "created_at"])
}

async fn set_active(user: &str, is_active: bool, service: &Service, output: &Output) -> Result<(), CliError> {
    let user = find(user, service).await?;
    let ended = done(service.set_active(user.id, is_active).await?, &user)?;
    told(output, &user, if is_active { "is enabled" } else { "is disabled" }, ended)
}

/// The account that an id or an email address names.
pub(super) async fn find(name: &str, service: &Service) -> Result<User, CliError> {
    service.find_user(name).await?.ok_or_else(|| CliError::NotFound(format!("user {name}")))
}

/// How many sessions a change ended.
pub(super) fn done(outcome: AdminOutcome, user: &User) -> Result<usize, CliError> {
    match outcome {
        AdminOutcome::Done(ended) => Ok(ended),
        AdminOutcome::NoSuchUser => Err(CliError::NotFound(format!("user {}", user.email))),
        AdminOutcome::Invalid(error) => Err(CliError::Refused(format!("the {} {}", error.field, error.message))),
    }
}

fn told(output: &Output, user: &User, what: &str, ended: usize) -> Result<(), CliError> {
    let json = json!({ "id": user.id.as_uuid(), "email": user.email.as_str(), "sessions_ended": ended });
    output.say(&json, &format!("{} {what}; sessions ended: {ended}", user.email))
}

fn shown(user: &User) -> Value {
    json!({
        "id": user.id.as_uuid(),
        "email": user.email.as_str(),
        "is_active": user.is_active,
        "created_at": rfc3339(user.created_at),
    })
}

pub(super) fn rfc3339(at: Timestamp) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
