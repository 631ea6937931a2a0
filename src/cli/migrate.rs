//! `heirloom migrate`.

use clap::Subcommand;

use super::{CliError, print_line};
use crate::app;
use crate::config::Config;

#[derive(Subcommand, Clone, Copy, Debug)]
pub(super) enum Action {
    /// Apply every missing migration
    Run,
    /// List the migrations and whether they are applied; exits with 0 either way
    Status,
    /// Take back the newest migration, with the data that only it made room for
    Revert,
}

pub(super) fn migrate(config: &Config, action: Action) -> Result<(), CliError> {
    let (mut migrator, embedded) = app::migrator(config)?;
    match action {
        Action::Run => {
            let applied = migrator.run()?;
            for name in &applied {
                print_line(&format!("applied {name}"))?;
            }
            if applied.is_empty() {
                print_line("Nothing to do: the schema is up to date.")?;
            }
        }
        Action::Status => {
            for migration in migrator.status()? {
                print_line(&format!(
                    "{}  {}",
                    if migration.is_applied { "applied" } else { "missing" },
                    migration.name
                ))?;
            }
        }
        Action::Revert => match migrator.revert()? {
            Some(name) => print_line(&format!("reverted {name}"))?,
            None => print_line("Nothing to do: no migration is applied.")?,
        },
    }
    drop((migrator, embedded));
    Ok(())
}
