//! `heirloom service-key`.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::CliError;
use super::output::Output;
use super::user::{log_command, rfc3339};
use crate::domain::service_key::{KeyName, Scope, ServiceKey};
use crate::service::{Operator, ServiceKeys};

const COLUMNS: &[(&str, &str)] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("SCOPES", "scopes"),
    ("CREATED", "created_at"),
    ("LAST USED", "last_used_on"),
    ("REVOKED", "revoked_at"),
];

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Action {
    /// Create a key and print it, which no other command does
    Create {
        /// What the key is for, such as the name of the backend
        name: String,
        /// What the key permits, separated by commas
        #[arg(long = "scope", value_name = "SCOPES", required = true, value_delimiter = ',')]
        #[arg(value_parser = PossibleValuesParser::new(Scope::EVERY.map(Scope::as_str)).map(|name| scope(&name)))]
        scopes: Vec<Scope>,
    },
    /// List all keys, the oldest first
    List,
    /// Revoke a key, on every process at once
    Revoke {
        /// Id of the key
        id: Uuid,
    },
}

pub(super) async fn run(
    action: Action,
    keys: &ServiceKeys,
    operator: &Operator,
    output: &Output,
) -> Result<(), CliError> {
    match action {
        Action::Create { name, scopes } => {
            let name = KeyName::parse(&name).map_err(|error| CliError::Refused(error.to_string()))?;
            let (key, text) = keys.create(name, scopes.into_iter().collect()).await?;
            log_command(operator, "Created a service key", key.id.as_uuid());
            let text = text.expose_secret();
            let sentence = format!(
                "Created the service key {} with id {} and this text, which is not shown again:\n{text}",
                key.name.as_str(),
                key.id
            );
            output.say(&json!({ "id": key.id.as_uuid(), "key": text }), &sentence)
        }
        Action::List => {
            let rows: Vec<Value> = keys.list().await?.iter().map(row).collect();
            output.list(&rows, COLUMNS)
        }
        Action::Revoke { id } => {
            if !keys.revoke(id.into()).await? {
                return Err(CliError::NotFound(format!("service key {id} does not exist or has been revoked")));
            }
            log_command(operator, "Revoked a service key", id);
            output.say(&json!({ "id": id }), &format!("Revoked the service key {id}"))
        }
    }
}

/// clap has checked that `name` is one.
fn scope(name: &str) -> Scope {
    name.parse().expect("a possible value")
}

fn row(key: &ServiceKey) -> Value {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::as_str).collect();
    json!({
        "id": key.id.as_uuid(),
        "name": key.name.as_str(),
        "scopes": scopes,
        "created_at": rfc3339(key.created_at),
        "last_used_on": key.last_used_on.map(|day| day.to_string()),
        "revoked_at": key.revoked_at.map(rfc3339),
    })
}
