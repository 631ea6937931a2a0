//! The real thing, to be broken: servers behind a proxy, each with its own way to one Postgres, which a standby may follow.

pub mod faults;
mod outbox;
mod postgres;
mod proxy;
mod receiver;
mod relay;
mod server;
mod wire;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::checker::{Terms, told};
use super::record::Exchange;
use postgres::Postgres;
use proxy::Proxy;
use receiver::Receiver;
use relay::Relay;
use server::{Server, Setup, build_clock, set_clock};

pub use receiver::Mood;
pub use wire::Wire;

pub const SERVERS: usize = 3;
const STANDBY: &str = "standby";

/// Longer than anything takes that a test waits for.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Waits until `is_so`, and fails with `what` when it does not come to be.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(TIMEOUT, waiting).await.unwrap_or_else(|_| panic!("still not so: {what}"));
}

pub struct Rig {
    pub postgres: Postgres,
    pub standby: Option<Postgres>,
    /// Between the standby and its primary.
    replication: Relay,
    /// From each server to the primary that it was started with.
    relays: Vec<Relay>,
    /// From all servers to the standby.
    to_standby: Relay,
    servers: Vec<Option<Server>>,
    pub proxy: Proxy,
    /// Of webhooks.
    pub receiver: Receiver,
    setup: Setup,
    terms: Terms,
    clusters: u32,
    /// The file system that can be filled, where there is the right to make one.
    pub small_disk: Option<PathBuf>,
    _janitor: Child,
    directory: TempDir,
}

impl Rig {
    pub async fn start(binary: &Path, terms: &Terms) -> Self {
        let directory = tempfile::Builder::new().prefix("heirloom-history-").tempdir().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let janitor = clean_up_afterwards(directory.path());
        let small_disk = make_small_disk(directory.path());
        let clusters = directory.path().join("disk");
        postgres::owns(&clusters);
        let postgres = Postgres::create(&clusters.join("cluster-0")).await;
        let replication = Relay::start(postgres.socket()).await.unwrap();
        let to_standby = Relay::start(directory.path().join("no standby")).await.unwrap();
        let mut relays = Vec::new();
        for number in 0..SERVERS {
            relays.push(Relay::start(postgres.socket()).await.unwrap());
            set_clock(directory.path(), number, 0);
        }
        let receiver = Receiver::start().await.unwrap();
        let setup = Setup {
            binary: binary.to_owned(),
            directory: directory.path().to_owned(),
            clock: build_clock(directory.path()),
            settings: settings(terms, receiver.url()),
            secrets: vec![secret(0)],
        };
        let proxy = Proxy::start(SERVERS).await.unwrap();
        let servers = (0..SERVERS).map(|_| None).collect();
        let mut rig = Self {
            postgres,
            standby: None,
            replication,
            relays,
            to_standby,
            servers,
            proxy,
            receiver,
            setup,
            terms: *terms,
            clusters: 1,
            small_disk,
            _janitor: janitor,
            directory,
        };
        rig.heirloom(&["migrate", "run"]);
        for number in 0..SERVERS {
            rig.set_clock_back(number);
            rig.starts(number);
        }
        rig
    }

    /// The first server's clock is right, the others' are ahead, the last one as far as the terms say.
    fn set_clock_back(&self, number: usize) {
        self.jumps(
            number,
            i64::try_from(self.terms.clocks.as_micros()).unwrap() * number as i64 / (SERVERS as i64 - 1),
        );
    }

    fn jumps(&self, number: usize, micros: i64) {
        set_clock(self.directory.path(), number, micros);
    }

    fn starts(&mut self, number: usize) {
        let server = Server::start(&self.setup, number, &self.database_url(number));
        self.proxy.leads_to(number, Some(server.address));
        self.servers[number] = Some(server);
    }

    /// Both hosts, of which libpq finds the one that can be written to.
    fn database_url(&self, number: usize) -> String {
        let (primary, standby) = (self.relays[number].port, self.to_standby.port);
        format!("postgres://heirloom@127.0.0.1:{primary},127.0.0.1:{standby}/heirloom?target_session_attrs=read-write")
    }

    /// `kill -9`, or SIGTERM and waiting for the end.
    fn ends(&mut self, number: usize, signal: Signal) {
        let Some(server) = self.servers[number].take() else { return };
        server.signal(signal);
        let status = server.ended();
        self.proxy.leads_to(number, None);
        assert!(signal != Signal::TERM || status.success(), "server {number} did not stop well: {status}");
    }

    fn signals(&self, number: usize, signal: Signal) {
        if let Some(server) = &self.servers[number] {
            server.signal(signal);
        }
    }

    fn heirloom(&self, arguments: &[&str]) {
        let mut command = Command::new(&self.setup.binary);
        command
            .args(arguments)
            .env_clear()
            .env("DATABASE_URL", self.database_url(0))
            .env("HEIRLOOM_SECRET", &self.setup.secrets[0]);
        let output = command.current_dir(self.directory.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Until each server says that it is.
    pub async fn is_ready(&self) {
        for server in self.servers.iter().flatten() {
            until("a server is ready", async || server.is_ready().await).await;
        }
    }

    /// A standby follows, and what has to be flushed waits for it if `is_waited_for`.
    pub async fn gets_a_standby(&mut self, is_waited_for: bool) {
        self.standby = None;
        for relay in &self.relays {
            relay.leads_to(&self.postgres.socket());
            relay.set_open(true);
        }
        self.replication.leads_to(&self.postgres.socket());
        self.replication.set_open(true);
        let directory = self.directory.path().join("disk").join(format!("cluster-{}", self.clusters));
        self.clusters += 1;
        self.standby = Some(Postgres::follow(&directory, self.replication.port, STANDBY).await);
        let streams = "SELECT count(*) AS value FROM pg_stat_replication WHERE state = 'streaming'";
        self.to_standby.leads_to(&self.standby.as_ref().expect("it was just made").socket());
        until("the standby follows", async || self.postgres.counts(streams) > 0).await;
        if is_waited_for {
            self.postgres.waits_for(STANDBY);
        }
    }

    /// How many generations rows were behind that their clients proved to have been issued.
    pub fn generations_caught_up(&self) -> i64 {
        self.postgres.counts(
            "SELECT coalesce(sum((detail->>'to')::bigint - (detail->>'from')::bigint), 0)::bigint AS value \
             FROM session_events WHERE kind = 'row_caught_up'",
        )
    }

    /// Nothing that the primary writes reaches the standby any more.
    pub fn standby_falls_behind(&self) {
        self.replication.set_open(false);
    }

    /// The primary is gone for good, and the standby takes its place. Nobody tells the servers.
    pub fn fails_over(&mut self) {
        let standby = self.standby.take().expect("a standby");
        self.postgres.kill(Signal::KILL);
        self.postgres.ended();
        self.relays.iter().for_each(|relay| relay.set_open(false));
        standby.is_promoted();
        self.postgres = standby;
    }

    /// The history and the logs, for who has to find out; where they are.
    pub fn keep_logs(self, exchanges: &[Exchange]) -> PathBuf {
        let kept = std::env::temp_dir().join(format!("heirloom-history-logs-{}", std::process::id()));
        fs::create_dir_all(&kept).unwrap();
        let logs = |directory: PathBuf| fs::read_dir(directory).unwrap().flatten();
        for entry in logs(self.directory.path().to_owned()).chain(logs(self.directory.path().join("disk"))) {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                fs::copy(entry.path(), kept.join(entry.file_name())).unwrap();
            }
        }
        let line =
            |exchange: &Exchange| format!("{:.3} {:?} {}\n", exchange.sent.as_secs_f64(), exchange.by, told(exchange));
        fs::write(kept.join("history.txt"), exchanges.iter().map(line).collect::<String>()).unwrap();
        kept
    }
}

fn settings(terms: &Terms, receiver: String) -> Vec<(&'static str, String)> {
    let millis = |time: Duration| format!("{}ms", time.as_millis());
    vec![
        ("HEIRLOOM_REFRESH_OVERLAP", millis(terms.overlap)),
        ("HEIRLOOM_REFRESH_IDLE_TTL", millis(terms.idle)),
        ("HEIRLOOM_REFRESH_ABSOLUTE_TTL", millis(terms.absolute)),
        ("HEIRLOOM_REFRESH_RECOVERY_BURST", terms.recovery_burst.to_string()),
        ("HEIRLOOM_REFRESH_RECOVERY_EVERY", terms.recovery_every.to_string()),
        ("HEIRLOOM_ARGON2_MEMORY", "7168".to_owned()),
        ("HEIRLOOM_ARGON2_PASSES", "5".to_owned()),
        ("HEIRLOOM_DATABASE_POOL", "6".to_owned()),
        ("HEIRLOOM_WEBHOOK_URL", receiver),
        ("HEIRLOOM_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
    ]
}

fn secret(number: u32) -> String {
    format!("secret number {number} of the servers that are being broken and long enough")
}

/// A file system of its own that can be filled without harm; only root may make one.
fn make_small_disk(directory: &Path) -> Option<PathBuf> {
    let disk = directory.join("disk");
    fs::create_dir(&disk).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=600m,mode=755", "heirloom-history"]).arg(&disk);
    let mut is_mounted = || mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    (rustix::process::geteuid().is_root() && is_mounted()).then_some(disk)
}

/// Whatever ends this process, the kernel closes the pipe, and what is left is stopped and removed.
fn clean_up_afterwards(directory: &Path) -> Child {
    let script = r#"read -r _; exec 2>/dev/null
for file in "$0"/*.pid; do
  [ "$(readlink "/proc/$(cat "$file")/cwd")" = "$0" ] && kill -KILL "$(cat "$file")"
done
for file in "$0"/disk/*/postmaster.pid; do [ -e "$file" ] && kill -QUIT "$(head -n 1 "$file")"; done
sleep 1; umount -l "$0/disk"; rm -rf "$0""#;
    // Of a group of its own, or a signal to ours would end it before it has begun.
    Command::new("sh").arg("-c").arg(script).arg(directory).process_group(0).stdin(Stdio::piped()).spawn().unwrap()
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.servers.clear();
        self.standby = None;
        self.postgres.kill(Signal::QUIT);
        self.postgres.ended();
        if let Some(disk) = &self.small_disk {
            let _ = Command::new("umount").arg(disk).status();
        }
    }
}
