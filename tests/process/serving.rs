//! `heirloom serve`, running.

use std::process::Command;

use rustix::process::Signal;

use super::home::Home;
use super::program::{Ended, Program, eventually};

pub struct Serving {
    program: Program,
    pub url: String,
}

impl Serving {
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[], &[])
    }

    pub fn start_with(home: &Home, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::of(home.begin(&[&["serve"], flags].concat(), environment))
    }

    /// With a soft and a hard limit of open files.
    pub fn start_within(home: &Home, files: [&str; 2], flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let command = home.command(&[&["serve"], flags].concat(), environment);
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -Sn $0 && ulimit -Hn $1 && shift && exec \"$@\"", files[0], files[1]]);
        limited.arg(command.get_program()).args(command.get_args()).env_clear();
        limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        limited.current_dir(command.get_current_dir().unwrap());
        Self::of(Program::spawn(&mut limited))
    }

    fn of(mut program: Program) -> Self {
        let line = program.first_line();
        let url = line.strip_prefix("Heirloom serves ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { program, url }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Host and port of the admin server.
    pub fn admin_address(&self) -> String {
        let mut address = None;
        eventually("the admin address is logged", || {
            let log = self.stderr_so_far();
            let line = log.lines().find(|line| line.contains("Listening")).unwrap_or_default();
            address = line.split("admin=").nth(1).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned);
            address.is_some()
        });
        address.unwrap()
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
