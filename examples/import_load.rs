//! Imports 100,000 users with five kinds of hashes by the binary of the same profile, on a database of its own; imports them again; logs
//! some of each kind in, and looks at their hashes. Prints lines a second, and fails if a number is not what it should be.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

#[path = "../tests/api/support/foreign.rs"]
mod foreign;

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use foreign::{email, line, password};
use serde_json::{Value, json};

const KINDS: [&str; 5] = ["bcrypt-2b", "scrypt", "pbkdf2-sha512", "django", "argon2i"];
const EACH: usize = 20_000;
const LOGINS: usize = 40;
/// Lines a second.
const WANTED: f64 = 5_000.0;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().join("users.jsonl");
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    for number in 0..EACH {
        for kind in KINDS {
            writeln!(file, "{}", line(kind, number)).unwrap();
        }
    }
    file.into_inner().unwrap();
    let (all, path) = (KINDS.len() * EACH, path.to_str().unwrap());
    // The first command creates the database.
    run(directory.path(), &["user", "list", "--json"]);
    let imported = import(directory.path(), path);
    assert_eq!(imported, json!({ "imported": all, "skipped": 0, "refused": 0, "dry_run": false }));
    let again = import(directory.path(), path);
    assert_eq!(again, json!({ "imported": 0, "skipped": all, "refused": 0, "dry_run": false }));
    let server = Server::start(directory.path());
    let began = Instant::now();
    for kind in KINDS {
        for number in (0..EACH).step_by(EACH / LOGINS) {
            server.logs_in(&email(kind, number), &password(kind, number));
        }
    }
    println!("{} first logins: {:.0} ms each", LOGINS * KINDS.len(), began.elapsed().as_secs_f64() * 1e3 / 200.0);
    drop(server);
    let began = Instant::now();
    let exported = run(directory.path(), &["user", "export", "--with-password-hashes"]);
    println!("exported {} users in {:.1} s", exported.lines().count(), began.elapsed().as_secs_f64());
    let renewed = exported.lines().filter(|line| line.contains("$argon2id$v=19$m=19456,t=2,p=1$")).count();
    assert_eq!((exported.lines().count(), renewed), (all, LOGINS * KINDS.len()));
}

/// Imports the file, and prints how fast. The time includes the start of the database.
fn import(directory: &Path, path: &str) -> Value {
    let began = Instant::now();
    let summary: Value = serde_json::from_str(&run(directory, &["user", "import", path, "--json"])).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let rate = (KINDS.len() * EACH) as f64 / seconds;
    println!("{summary}: {seconds:.1} s, {rate:.0} lines a second");
    assert!(rate >= WANTED, "at least {WANTED} lines a second are wanted");
    summary
}

fn heirloom(directory: &Path, arguments: &[&str]) -> Command {
    // This example is in a directory beside it.
    let examples = std::env::current_exe().unwrap();
    let mut command = Command::new(examples.parent().unwrap().parent().unwrap().join("heirloom"));
    command.args(arguments).env("HEIRLOOM_DATA_DIR", directory.join("data")).current_dir(directory);
    command.env("HEIRLOOM_BIND", "127.0.0.1:0").env("HEIRLOOM_ADMIN_BIND", "off").env("HEIRLOOM_LOGIN_RATE", "off");
    command
}

fn run(directory: &Path, arguments: &[&str]) -> String {
    let output = heirloom(directory, arguments).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let mut command = heirloom(directory, &["serve"]);
        let mut child = command.env("HEIRLOOM_LOG", "error").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, url }
    }

    fn logs_in(&self, email: &str, password: &str) {
        let body = json!({ "email": email, "password": password }).to_string();
        let request = ureq::post(format!("{}/login", self.url)).header("content-type", "application/json");
        assert_eq!(request.send(body).unwrap().status().as_u16(), 200, "{email}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
