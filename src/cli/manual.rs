//! `heirloom completions` and `heirloom man`: what a package installs beside the program.

use std::io::Write as _;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use super::error::CliError;

/// Prints the script that completes commands in `shell`.
pub(super) fn completions(mut command: Command, shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&script)
}

/// Prints the manual page of the program, or writes one for each command into a directory.
pub(super) fn man(command: Command, directory: Option<&Path>) -> Result<(), CliError> {
    let Some(directory) = directory else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        return print(&page);
    };
    std::fs::create_dir_all(directory)?;
    clap_mangen::generate_to(command, directory)?;
    Ok(())
}

fn print(bytes: &[u8]) -> Result<(), CliError> {
    std::io::stdout().write_all(bytes)?;
    Ok(())
}
