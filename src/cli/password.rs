//! Reading a new password: from a prompt without echo, or from standard input. Never from the arguments, which every
//! user of the machine can read.

use std::io::{BufRead as _, ErrorKind, IsTerminal as _};

use secrecy::{ExposeSecret as _, SecretString};

use super::error::CliError;

/// Prompts twice at a terminal; otherwise reads the first line of standard input.
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
    let repeated: SecretString = rpassword::prompt_password("Repeat password: ")?.into();
    if password.expose_secret() != repeated.expose_secret() {
        return Err(CliError::Refused("the passwords do not match".to_owned()));
    }
    Ok(password)
}
