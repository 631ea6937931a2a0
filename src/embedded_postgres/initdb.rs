//! Creating the data of a server.

use std::fs::{self, File};
use std::io;

use super::account::Account;
use super::binaries::Binaries;
use super::command::watched;
use super::directory::Directory;
use super::error::EmbeddedPostgresError;
use super::ownership::make_private;
use super::url::SUPERUSER;

/// Runs `initdb` under another name first, so a kill in the middle leaves no half-made data behind.
pub(super) fn create_data(
    directory: &Directory,
    binaries: &Binaries,
    account: Option<&Account>,
    durable: bool,
) -> Result<(), EmbeddedPostgresError> {
    let unfinished = directory.root().join("data.unfinished");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(EmbeddedPostgresError::file("could not remove", unfinished)(error));
        }
        _ => make_private(&unfinished, account)?,
    }
    let log = directory.open_log()?;
    let errors = log.try_clone().map_err(EmbeddedPostgresError::file("could not write", directory.log()))?;
    let mut command = watched(&binaries.initdb(), account);
    command.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions"]);
    command.arg(format!("--username={SUPERUSER}")).arg("--pgdata").arg(&unfinished);
    if !durable {
        command.arg("--no-sync");
    }
    command.current_dir(directory.root()).stdout(log).stderr(errors);
    let could_not_run = || EmbeddedPostgresError::file("could not run", binaries.initdb());
    let mut initdb = command.spawn().map_err(could_not_run())?;
    // Held until initdb has ended: closing the pipe stops it.
    let pipe = initdb.stdin.take();
    let status = initdb.wait().map_err(could_not_run())?;
    drop(pipe);
    if !status.success() {
        return Err(directory.start_error());
    }
    let data = directory.data();
    fs::rename(&unfinished, &data)
        .and_then(|()| if durable { File::open(directory.root())?.sync_all() } else { Ok(()) })
        .map_err(EmbeddedPostgresError::file("could not put in place", data))
}
