//! `heirloom migrate`.

use clap::Subcommand;

use super::error::CliError;
use super::output::print_line;
use crate::app;
use crate::config::Config;

#[derive(Subcommand, Clone, Copy, Debug)]
pub(super) enum Action {
    /// Apply every missing migration
    Run,
    /// List the migrations and whether each is applied; the exit code is 0 either way
    Status,
    /// Revert the newest migration and drop the data it introduced
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
                print_line("The schema is up to date.")?;
            }
        }
        Action::Status => {
            for migration in migrator.status()? {
                let state = if migration.is_applied { "applied" } else { "missing" };
                print_line(&format!("{state}  {}", migration.name))?;
            }
        }
        Action::Revert => match migrator.revert()? {
            Some(name) => print_line(&format!("reverted {name}"))?,
            None => print_line("No migration is applied.")?,
        },
    }
    drop((migrator, embedded));
    Ok(())
}
