//! A process that owns a server and can be killed: this very test binary, started again.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::place::Place;
use super::processes::kill;

const DIRECTORY: &str = "HEIRLOOM_TEST_OWNS";
const READY: &str = "owner: ready";

/// Another process, which starts the server of a place and keeps it until it is killed.
pub struct Owner(Child);

impl Owner {
    /// Begins to start the server.
    pub fn begin(place: &Place) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), place)
    }

    /// The same with files that nobody else may read, as careful administrators have it.
    pub fn begin_with_strict_umask(place: &Place) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "umask 077 && exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
        Self::spawn(shell, place)
    }

    fn spawn(mut command: Command, place: &Place) -> Self {
        command.args(["--exact", "owner::plays_the_owner_when_asked", "--nocapture"]).env(DIRECTORY, place.path());
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Waits until the server accepts connections.
    pub fn wait_until_ready(&mut self) {
        let output = BufReader::new(self.0.stdout.take().unwrap());
        let is_ready = output.lines().map_while(Result::ok).any(|line| line.ends_with(READY));
        assert!(is_ready, "the owner ended before its server was ready");
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// `kill -9`, and no more.
    pub fn dies(mut self) {
        kill(self.pid());
        self.0.wait().unwrap();
    }
}

/// No test when the suite runs, but what [`Owner`] starts.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the test that starts this process tells it what to own")]
fn plays_the_owner_when_asked() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let options =
        heirloom::embedded_postgres::Options { directory: directory.into(), durable: false, settings: vec![] };
    let _server = heirloom::embedded_postgres::EmbeddedPostgres::start(options).unwrap();
    println!("{READY}");
    // Until killed, or until the test that started us is gone.
    let _ = std::io::stdin().lines().next();
}
