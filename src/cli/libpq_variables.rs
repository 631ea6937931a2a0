//! Variables such as `PGPORT`, which libpq reads. They are meant for the operator's databases, and would lead connections
//! to the embedded one elsewhere.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::error::CliError;

/// Whether libpq may read this variable. It reads no other that concerns where it connects.
pub(super) fn is_for_libpq(name: &str) -> bool {
    name.starts_with("PG")
}

/// Starts this program again without these variables if any is set. A connection string could not override all of them:
/// `PGSERVICE` names a file of settings. And only a new process can have another environment without `unsafe`.
///
/// # Errors
/// The program could not be started again. Otherwise returns only if no variable is set.
pub(super) fn clear(arguments: &[OsString]) -> Result<(), CliError> {
    let is_set = |name: &OsString| name.to_str().is_some_and(is_for_libpq);
    let names: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).filter(is_set).collect();
    let Some((program, arguments)) = arguments.split_first().filter(|_| !names.is_empty()) else { return Ok(()) };
    let joined = names.join(OsStr::new(" "));
    let joined = joined.to_string_lossy();
    tracing::info!(variables = %joined, "Ignoring variables of libpq for the embedded database");
    let error = match std::env::current_exe() {
        Ok(executable) => {
            let mut command = Command::new(executable);
            command.arg0(program).args(arguments);
            for name in &names {
                command.env_remove(name);
            }
            command.exec()
        }
        Err(error) => error,
    };
    let message = format!("{joined} would lead connections to the embedded database elsewhere; unset them ({error})");
    Err(io::Error::new(error.kind(), message).into())
}
