//! `heirloom user`.

use std::io::IsTerminal as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::confirm::confirm;
use super::error::CliError;
use super::output::Output;
use super::password::new_password;
use super::user_import;
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::subject::Subject;
use crate::service::{Operator, OperatorOutcome, RegisterOutcome};

/// How many accounts a query reads.
const PAGE: u32 = 500;
/// How many accounts a person is shown who sets no limit.
const AT_A_TERMINAL: u32 = 100;

const COLUMNS: &[(&str, &str)] =
    &[("ID", "id"), ("EMAIL", "email"), ("SUBJECT", "subject"), ("ACTIVE", "is_active"), ("CREATED", "created_at")];

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// Create an account; prompts for the password, or reads it from standard input
    Create {
        /// Email address
        email: String,
    },
    /// List accounts, the oldest first
    ///
    /// Lists all accounts, or the first 100 at a terminal.
    List {
        /// List at most this many
        #[arg(long, value_name = "COUNT")]
        limit: Option<NonZeroU32>,
        /// Begin after the account with this id
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
    },
    /// Show one account
    Show {
        /// Email address or id
        user: String,
    },
    /// Disable an account and revoke its sessions
    Disable {
        /// Email address or id
        user: String,
    },
    /// Enable a disabled account
    Enable {
        /// Email address or id
        user: String,
    },
    /// Set an account's password and revoke its sessions; prompts for it, or reads it from standard input
    SetPassword {
        /// Email address or id
        user: String,
    },
    /// Delete an account with its sessions and events; asks first at a terminal
    Delete {
        /// Email address or id
        user: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Create accounts from lines of JSON, with password hashes of other systems
    ///
    /// Each line is an object {email?, email_verified?, subject?, password_hash?, claims?, is_active?, created_at?}. An account
    /// that is there is skipped, so the command can be repeated. Each line that is refused is named on standard error, the others
    /// are imported, and the exit code is 5.
    Import {
        /// File, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only check the lines
        #[arg(long)]
        dry_run: bool,
    },
    /// Print every account as a line of JSON, as `import` reads it
    Export {
        /// Include the password hashes. Whoever reads them can guess passwords
        #[arg(long)]
        with_password_hashes: bool,
    },
}

pub(super) async fn run(action: Action, operator: &Operator, output: &Output) -> Result<(), CliError> {
    match action {
        Action::Create { email } => create(&email, operator, output).await,
        Action::List { limit, after } => list(limit, after, operator, output).await,
        Action::Show { user } => {
            let user = find(&user, operator).await?;
            let mut row = row(&user);
            row["sessions"] = operator.list_sessions(user.id).await?.len().into();
            if output.is_json {
                return output.say(&row, "");
            }
            output.list(&[row], &[COLUMNS, &[("SESSIONS", "sessions")]].concat())
        }
        Action::Disable { user } => set_active(&user, false, operator, output).await,
        Action::Enable { user } => set_active(&user, true, operator, output).await,
        Action::SetPassword { user } => {
            let user = find(&user, operator).await?;
            let ended = sessions_ended(operator.set_password(&user, &new_password()?).await?, &user)?;
            report(operator, output, &user, "Changed the password of", ended)
        }
        Action::Delete { user, yes } => {
            let user = find(&user, operator).await?;
            confirm(
                &format!("Delete {} with all sessions and events? This cannot be undone.", user.display_name()),
                yes,
            )?;
            let ended = sessions_ended(operator.delete_user(user.id).await?, &user)?;
            report(operator, output, &user, "Deleted", ended)
        }
        Action::Import { file, dry_run } => user_import::import(&file, dry_run, operator, output).await,
        Action::Export { with_password_hashes } => user_import::export(with_password_hashes, operator, output).await,
    }
}

async fn create(email: &str, operator: &Operator, output: &Output) -> Result<(), CliError> {
    match operator.create_user(email, &new_password()?).await? {
        RegisterOutcome::Registered(user) => {
            log_command(operator, "Created", user.id.as_uuid());
            output.say(&row(&user), &format!("Created {} with id {}", user.display_name(), user.id))
        }
        RegisterOutcome::EmailTaken => Err(CliError::Refused(format!("{email} already has an account"))),
        RegisterOutcome::Invalid(errors) => {
            let reasons: Vec<String> =
                errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
            Err(CliError::Refused(reasons.join("; ")))
        }
    }
}

async fn list(
    limit: Option<NonZeroU32>,
    after: Option<Uuid>,
    operator: &Operator,
    output: &Output,
) -> Result<(), CliError> {
    let is_for_a_person = !output.is_json && std::io::stdout().is_terminal();
    let mut left = limit.map(NonZeroU32::get).or(is_for_a_person.then_some(AT_A_TERMINAL));
    let mut after = after.map(Into::into);
    let mut list = output.begin_list(COLUMNS);
    loop {
        let wanted = left.unwrap_or(PAGE).min(PAGE);
        // The extra account shows whether there are more.
        let mut users = operator.list_users(after, wanted + 1).await?;
        let has_more = users.len() > wanted as usize;
        users.truncate(wanted as usize);
        list.page(&users.iter().map(row).collect::<Vec<_>>())?;
        after = users.last().map(|user| user.id);
        left = left.map(|left| left - wanted);
        if !has_more || left == Some(0) {
            list.end()?;
            if let Some(last) = after.filter(|_| has_more && !output.is_json) {
                eprintln!("There are more: heirloom user list --after {last}");
            }
            return Ok(());
        }
    }
}

async fn set_active(user: &str, is_active: bool, operator: &Operator, output: &Output) -> Result<(), CliError> {
    let user = find(user, operator).await?;
    let ended = sessions_ended(operator.set_active(user.id, is_active).await?, &user)?;
    report(operator, output, &user, if is_active { "Enabled" } else { "Disabled" }, ended)
}

/// The account with this id or email address.
pub(super) async fn find(name: &str, operator: &Operator) -> Result<User, CliError> {
    operator.find_user(name).await?.ok_or_else(|| no_such_user(name))
}

/// How many sessions a change ended.
pub(super) fn sessions_ended(outcome: OperatorOutcome, user: &User) -> Result<usize, CliError> {
    match outcome {
        OperatorOutcome::Done(ended) => Ok(ended),
        OperatorOutcome::NoSuchUser => Err(no_such_user(&user.display_name())),
        OperatorOutcome::Invalid(error) => Err(CliError::Refused(format!("the {} {}", error.field, error.message))),
    }
}

fn no_such_user(name: &str) -> CliError {
    CliError::NotFound(format!("user {name} does not exist"))
}

fn report(operator: &Operator, output: &Output, user: &User, done: &str, ended: usize) -> Result<(), CliError> {
    log_command(operator, done, user.id.as_uuid());
    let json = json!({ "id": user.id.as_uuid(), "email": email_of(user), "sessions_ended": ended });
    output.say(&json, &format!("{done} {}; sessions revoked: {ended}", user.display_name()))
}

/// Logs who of the machine's users has changed an account or a session. Commands log errors only unless `HEIRLOOM_LOG` is
/// set.
pub(super) fn log_command(operator: &Operator, done: &str, id: Uuid) {
    tracing::info!(event = "authz_admin", os_user = operator.os_user(), id = %id, "{done} by command");
}

/// The address as people write it, if there is one.
pub(super) fn email_of(user: &User) -> Option<String> {
    user.email.as_ref().map(Email::to_string)
}

fn row(user: &User) -> Value {
    json!({
        "id": user.id.as_uuid(),
        "email": email_of(user),
        "email_verified": user.email_verified,
        "subject": user.subject.as_ref().map(Subject::as_str),
        "has_password": user.has_password,
        "claims": user.claims.as_map(),
        "is_active": user.is_active,
        "created_at": rfc3339(user.created_at),
    })
}

pub(super) fn rfc3339(at: Timestamp) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
