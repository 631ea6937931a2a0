//! `heirloom serve`, running.

use rustix::process::Signal;

use super::home::Home;
use super::program::{Ended, Program};

pub struct Serving {
    program: Program,
    pub url: String,
}

impl Serving {
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[], &[])
    }

    pub fn start_with(home: &Home, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut program = home.begin(&[&["serve"], flags].concat(), environment);
        let line = program.first_line();
        let url = line.strip_prefix("Heirloom serves ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { program, url }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    pub fn stderr_so_far(&self) -> String {
        self.program.stderr_so_far()
    }

    /// Sends `signal` and leaves the rest to the program.
    pub fn signal(&self, signal: Signal) {
        self.program.signal(signal);
    }

    pub fn ended(self) -> Ended {
        self.program.ended()
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stops(self) -> Ended {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// `kill -9`. Nothing is waited for but the process itself.
    pub fn gets_killed(self) {
        self.signal(Signal::KILL);
        let ended = self.ended();
        assert_eq!(ended.code, None);
    }
}
