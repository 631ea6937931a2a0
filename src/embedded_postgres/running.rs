//! Connecting to a server that another process runs.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::url::database_url;

/// A connection URI for the database `name` of the server that runs in `directory`. `None` if no server there accepts
/// connections. The server stops when its owner does.
pub fn url_of_running(directory: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(directory.join("data/postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let (port, sockets) = (lines.nth(3)?.trim(), lines.next()?.trim());
    UnixStream::connect(Path::new(sockets).join(format!(".s.PGSQL.{port}"))).ok()?;
    Some(database_url(name, sockets))
}
