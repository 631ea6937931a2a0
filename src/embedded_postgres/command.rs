//! Running programs of Postgres for as long as this process lives, and no longer.
//!
//! Our child is a shell. It holds the reading end of a pipe from us, and Postgres is its own child. The kernel closes the
//! pipe when this process ends, however it ends; then the shell stops Postgres. When Postgres ends, the shell ends too, and
//! that is how we notice. Neither needs a signal handler or `unsafe`.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::account::Account;

/// The background job of a shell reads from /dev/null, hence the detour over descriptor 3, which Postgres must not inherit.
/// Postgres also ignores SIGINT until it has set up a handler. So SIGTERM goes first: it ends a server without handlers,
/// and with them means less than SIGINT. The watcher ends with Postgres, and `kill` of a finished watcher is harmless.
const SCRIPT: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -TERM "$server"; kill -INT "$server"; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
"#;

/// A command that runs `program` as `account` for as long as the other end of its standard input is open.
pub(super) fn watched(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).arg("heirloom-postgres").arg(program);
    bare_environment(&mut command);
    Account::apply(account, &mut command);
    // A process group of its own: Ctrl-C in a terminal is for us, and we stop Postgres after the last response.
    command.process_group(0).stdin(Stdio::piped());
    command
}

/// Nothing of our environment, which may hold secrets, reaches Postgres.
pub(super) fn bare_environment(command: &mut Command) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
}
