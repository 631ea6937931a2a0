//! Three nodes of Patroni with three of etcd, HAProxy, PgBouncer and three servers of Heirloom, all on loopback, with the
//! configuration in `deploy/patroni`.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use heirloom::embedded_postgres::{Account, program};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::kit::checker::Terms;
use crate::kit::rig::wire::exchange;
use crate::kit::rig::{Proxy, SERVERS, Server, Setup, secret, settings, until};

const NODES: usize = 3;

/// In the environment of every program, with the directory of this run.
const MARK: &str = "HEIRLOOM_SOAK_HA";

/// A program that runs as the user that Postgres runs as.
pub struct Program {
    command: Command,
    child: Option<Child>,
    /// The file with its pid.
    pid: PathBuf,
}

impl Program {
    fn start(mut command: Command, log: &Path) -> Self {
        Account::apply(Account::for_server().unwrap().as_ref(), &mut command);
        command.env(MARK, log.parent().unwrap());
        let pid = log.with_extension("pid");
        let log = fs::File::options().append(true).create(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut program = Self { command, child: None, pid };
        program.again();
        program
    }

    pub fn again(&mut self) {
        let child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        fs::write(&self.pid, child.id().to_string()).unwrap();
        self.child = Some(child);
    }

    pub fn pid(&self) -> Option<Pid> {
        self.child.as_ref().and_then(|child| Pid::from_raw(child.id().try_into().unwrap()))
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

pub struct Cluster {
    pub nodes: Vec<Program>,
    pub etcd: Vec<Program>,
    _haproxy: Program,
    pub pgbouncer: Program,
    servers: Vec<Server>,
    pub proxy: Proxy,
    apis: Vec<u16>,
    databases: Vec<u16>,
    _janitor: Child,
    directory: TempDir,
}

impl Cluster {
    pub async fn start(binary: &Path, terms: &Terms) -> Self {
        let directory = tempfile::Builder::new().prefix("heirloom-ha-").tempdir().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
        let place = directory.path();
        let janitor = clean_up_afterwards(place);
        let ports: Vec<u16> = free_ports(4 * NODES + 2);
        let [clients, peers, apis, databases] = [0, 1, 2, 3].map(|at| ports[at * NODES..(at + 1) * NODES].to_vec());
        let (balanced, pooled) = (ports[4 * NODES], ports[4 * NODES + 1]);
        let etcd = (0..NODES).map(|at| etcd(place, at, &clients, &peers)).collect();
        let nodes: Vec<Program> = (0..NODES).map(|at| node(place, at, &clients, apis[at], databases[at])).collect();
        let haproxy = haproxy(place, balanced, &apis, &databases);
        let pgbouncer = pgbouncer(place, pooled, balanced);
        let proxy = Proxy::start(SERVERS).await.unwrap();
        let mut cluster = Self {
            nodes,
            etcd,
            _haproxy: haproxy,
            pgbouncer,
            servers: Vec::new(),
            proxy,
            apis,
            databases,
            _janitor: janitor,
            directory,
        };
        until("three nodes stream", async || cluster.is_whole().await).await;
        cluster.prepare().await;
        let hosts: Vec<String> = cluster.databases.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let urls = [
            format!("{}/heirloom?target_session_attrs=read-write", hosts.join(",")),
            format!("127.0.0.1:{balanced}/heirloom"),
            format!("127.0.0.1:{pooled}/heirloom"),
        ]
        .map(|rest| format!("postgres://heirloom:heirloom@{rest}"));
        let migrated = Command::new(binary)
            .args(["migrate", "run"])
            .env_clear()
            .env("DATABASE_URL", &urls[0])
            .env("HEIRLOOM_SECRET", secret(0))
            .status();
        assert!(migrated.unwrap().success(), "the migrations failed");
        for (number, url) in urls.iter().enumerate() {
            let mut settings = settings(terms, String::new());
            // Messages are broken in the other run.
            settings.retain(|(name, _)| !name.starts_with("HEIRLOOM_WEBHOOK"));
            if number == 2 {
                settings.push(("HEIRLOOM_DATABASE_LISTEN", "false".to_owned()));
                settings.push(("HEIRLOOM_DATABASE_PREPARE", "false".to_owned()));
            }
            let setup = Setup {
                binary: binary.to_owned(),
                directory: cluster.directory.path().to_owned(),
                clock: None,
                settings,
                secrets: vec![secret(0)],
            };
            let server = Server::start(&setup, number, url);
            cluster.proxy.leads_to(number, Some(server.address));
            cluster.servers.push(server);
        }
        cluster.is_ready().await;
        cluster
    }

    async fn prepare(&self) {
        let leader = self.leader().await.expect("a leader");
        let url = format!("postgres://postgres:postgres@127.0.0.1:{}/postgres", self.databases[leader]);
        let mut connection = PgConnection::establish(&url).unwrap();
        connection.batch_execute("CREATE ROLE heirloom LOGIN PASSWORD 'heirloom'").unwrap();
        connection.batch_execute("CREATE DATABASE heirloom OWNER heirloom").unwrap();
    }

    pub async fn is_ready(&self) {
        until("three nodes stream", async || self.is_whole().await).await;
        for server in &self.servers {
            until("a server is ready", async || server.is_ready().await).await;
        }
    }

    async fn is_whole(&self) -> bool {
        let members = self.members().await;
        let count = |role: &str| members.iter().filter(|member| member["role"] == role).count();
        let are_running = members.iter().all(|member| member["state"] == "running" || member["state"] == "streaming");
        members.len() == NODES && are_running && count("leader") == 1 && count("sync_standby") > 0
    }

    async fn members(&self) -> Vec<Value> {
        for &api in &self.apis {
            let answer = self.api(api, "GET /cluster", "").await;
            if let Some(members) = answer.and_then(|answer| answer["members"].as_array().cloned()) {
                return members;
            }
        }
        Vec::new()
    }

    pub async fn leader(&self) -> Option<usize> {
        self.with_role("leader").await
    }

    pub async fn with_role(&self, role: &str) -> Option<usize> {
        let members = self.members().await;
        let member = members.iter().find(|member| member["role"] == role)?;
        self.databases.iter().position(|&port| member["port"] == port)
    }

    pub async fn switch_over(&self) {
        let Some(leader) = self.leader().await else { return };
        self.api(self.apis[leader], "POST /switchover", &format!(r#"{{"leader": "{}"}}"#, name(leader))).await;
    }

    async fn api(&self, port: u16, line: &str, body: &str) -> Option<Value> {
        let length = body.len();
        let request =
            format!("{line} HTTP/1.1\r\nhost: patroni\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        let answer = exchange(SocketAddr::from(([127, 0, 0, 1], port)), &request);
        // A switchover is answered when it has been done.
        let answer = tokio::time::timeout(Duration::from_secs(if body.is_empty() { 2 } else { 30 }), answer);
        let answer = answer.await.ok()?.ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// The postmaster of a node, and its children.
    pub fn postgres(&self, node: usize) -> Vec<Pid> {
        let file = self.directory.path().join(name(node)).join("postmaster.pid");
        let postmaster = fs::read_to_string(file).ok().and_then(|text| text.lines().next()?.parse().ok());
        postmaster.and_then(Pid::from_raw).into_iter().flat_map(|pid| [vec![pid], children_of(pid)].concat()).collect()
    }

    /// Where the logs are kept.
    pub fn keep_logs(&self) -> PathBuf {
        let kept = std::env::temp_dir().join(format!("heirloom-ha-logs-{}", std::process::id()));
        fs::create_dir_all(&kept).unwrap();
        for entry in fs::read_dir(self.directory.path()).unwrap().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                fs::copy(entry.path(), kept.join(entry.file_name())).unwrap();
            }
        }
        kept
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in 0..NODES {
            self.nodes[node].kill();
            signal(&self.postgres(node), Signal::KILL);
        }
    }
}

pub fn signal(pids: &[Pid], signal: Signal) {
    for &pid in pids {
        // Whoever has ended needs none.
        let _ = kill_process(pid, signal);
    }
}

fn children_of(postmaster: Pid) -> Vec<Pid> {
    let child = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent: i32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
        (parent == postmaster.as_raw_nonzero().get()).then_some(pid)?
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(child).collect()
}

/// Whatever ends this process, the kernel closes the pipe, and what is left is stopped and removed.
fn clean_up_afterwards(directory: &Path) -> Child {
    let script = r#"read -r _; exec 2>/dev/null
for file in "$0"/*.pid "$0"/db*/postmaster.pid; do
  pid=$(head -n 1 "$file") && grep -qF "$0" "/proc/$pid/environ" && kill -CONT "$pid" && kill -KILL "$pid"
done
sleep 1; rm -rf "$0""#;
    // Of a group of its own, or a signal to ours would end it before it has begun.
    Command::new("sh").arg("-c").arg(script).arg(directory).process_group(0).stdin(Stdio::piped()).spawn().unwrap()
}

fn name(node: usize) -> String {
    format!("db{}", node + 1)
}

fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

fn deployed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/patroni").join(file)
}

fn etcd(place: &Path, at: usize, clients: &[u16], peers: &[u16]) -> Program {
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let all: Vec<String> = peers.iter().enumerate().map(|(at, &port)| format!("e{at}={}", url(port))).collect();
    let mut command = Command::new("etcd");
    command.args(["--name", &format!("e{at}"), "--data-dir"]).arg(place.join(format!("etcd{at}")));
    command.args(["--listen-client-urls", &url(clients[at]), "--advertise-client-urls", &url(clients[at])]);
    command.args(["--listen-peer-urls", &url(peers[at]), "--initial-advertise-peer-urls", &url(peers[at])]);
    command.args(["--initial-cluster", &all.join(",")]).current_dir("/");
    Program::start(command, &place.join(format!("etcd{at}.log")))
}

fn node(place: &Path, at: usize, clients: &[u16], api: u16, database: u16) -> Program {
    let patroni = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/patroni/bin/patroni");
    let address = |port: u16| format!("127.0.0.1:{port}");
    let binaries = program("postgres").expect("Postgres is missing");
    let etcd: Vec<String> = clients.iter().map(|&port| address(port)).collect();
    let mut command = Command::new(patroni);
    command.arg(deployed("patroni.yml")).current_dir("/").env("PATRONI_NAME", name(at));
    command.env("PATRONI_ETCD3_HOSTS", etcd.join(","));
    command.env("PATRONI_RESTAPI_LISTEN", address(api)).env("PATRONI_RESTAPI_CONNECT_ADDRESS", address(api));
    command.env("PATRONI_POSTGRESQL_LISTEN", address(database));
    command.env("PATRONI_POSTGRESQL_CONNECT_ADDRESS", address(database));
    command.env("PATRONI_POSTGRESQL_DATA_DIR", place.join(name(at)));
    command.env("PATRONI_POSTGRESQL_PGPASS", place.join(format!("{}.pgpass", name(at))));
    command.env("PATRONI_POSTGRESQL_BIN_DIR", fs::canonicalize(binaries).unwrap().parent().unwrap());
    for (role, user) in [("SUPERUSER", "postgres"), ("REPLICATION", "replicator"), ("REWIND", "rewind")] {
        command.env(format!("PATRONI_{role}_USERNAME"), user).env(format!("PATRONI_{role}_PASSWORD"), user);
    }
    Program::start(command, &place.join(format!("{}.log", name(at))))
}

fn haproxy(place: &Path, balanced: u16, apis: &[u16], databases: &[u16]) -> Program {
    let mut command = Command::new("haproxy");
    command.env("PATH", "/usr/sbin:/usr/bin:/bin");
    command.arg("-db").arg("-f").arg(deployed("haproxy.cfg")).current_dir("/");
    command.env("HEIRLOOM_DB_BIND", format!("127.0.0.1:{balanced}"));
    for (at, (api, database)) in apis.iter().zip(databases).enumerate() {
        command.env(format!("API{}", at + 1), api.to_string());
        command.env(format!("DB{}", at + 1), format!("127.0.0.1:{database}"));
    }
    Program::start(command, &place.join("haproxy.log"))
}

fn pgbouncer(place: &Path, pooled: u16, balanced: u16) -> Program {
    let users = place.join("userlist.txt");
    fs::File::create(&users).unwrap().write_all(b"\"heirloom\" \"heirloom\"\n").unwrap();
    let text = fs::read_to_string(deployed("pgbouncer.ini"))
        .unwrap()
        .replace("host=10.0.0.10 port=5432", &format!("host=127.0.0.1 port={balanced}"))
        .replace("10.0.0.11", "127.0.0.1")
        .replace("6432", &pooled.to_string())
        .replace("/etc/pgbouncer/userlist.txt", &users.display().to_string());
    let configuration = place.join("pgbouncer.ini");
    fs::write(&configuration, text).unwrap();
    let mut command = Command::new("pgbouncer");
    command.arg(configuration).current_dir("/").env("PATH", "/usr/sbin:/usr/bin:/bin");
    Program::start(command, &place.join("pgbouncer.log"))
}
