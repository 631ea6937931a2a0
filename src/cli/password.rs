//! Asking for a password: at the terminal without showing it, or from standard input. Never from the arguments, which
//! every user of the machine can read.

use std::io::{BufRead as _, ErrorKind, IsTerminal as _};

use secrecy::{ExposeSecret as _, SecretString};

use super::CliError;

/// Asks twice at a terminal; reads the first line of anything else.
pub(super) fn new_password() -> Result<SecretString, CliError> {
    if !std::io::stdin().is_terminal() {
        let mut text = String::new();
        std::io::stdin().lock().read_line(&mut text).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => CliError::Refused("the password on standard input is not UTF-8 text".to_owned()),
            _ => error.into(),
        })?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned().into());
    }
    let password: SecretString = rpassword::prompt_password("New password: ")?.into();
    let again: SecretString = rpassword::prompt_password("Once more: ")?.into();
    if password.expose_secret() != again.expose_secret() {
        return Err(CliError::Refused("the two passwords differ".to_owned()));
    }
    Ok(password)
}
