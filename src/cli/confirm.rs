//! Asking before something that cannot be undone.

use std::io::{BufRead as _, IsTerminal as _};

use super::error::CliError;
use super::printable::printable_line;

/// Asks at a terminal unless `is_confirmed`. Without a terminal nothing is asked, and scripts proceed.
///
/// # Errors
/// [`CliError::Refused`] unless the response is yes.
pub(super) fn confirm(question: &str, is_confirmed: bool) -> Result<(), CliError> {
    if is_confirmed || !std::io::stdin().is_terminal() {
        return Ok(());
    }
    eprint!("{} [y/N] ", printable_line(question));
    let mut response = String::new();
    std::io::stdin().lock().read_line(&mut response)?;
    match response.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Refused("not confirmed, so nothing was changed".to_owned())),
    }
}
