//! Two processes of Heirloom on one database, behind HAProxy as docs/verifying-tokens.md sets it up.

use std::collections::HashMap;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::{Answer, Client, PASSWORD};
use crate::external_database::Somebodys;
use crate::home::Home;
use crate::needs::needs;
use crate::program::{Program, eventually};
use crate::serving::Serving;

const PAGE: &str = include_str!("../../../docs/verifying-tokens.md");

/// No overlap and no recovery, so that every old token is theft; one session for each user, so that a login ends another.
const SETTINGS: [(&str, &str); 6] = [
    ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more"),
    ("HEIRLOOM_REFRESH_OVERLAP", "0s"),
    ("HEIRLOOM_REFRESH_RECOVERY_BURST", "0"),
    ("HEIRLOOM_MAX_SESSIONS_PER_USER", "1"),
    ("HEIRLOOM_DATABASE_POOL", "4"),
    ("HEIRLOOM_LOG", "info"),
];

pub struct Cluster {
    // Dropped from above: the proxy, the processes, their database, their directory.
    proxy: Program,
    processes: [Process; 2],
    pub database: Somebodys,
    pub url: String,
    pub service_url: String,
    pub service_key: String,
    pub home: Home,
}

struct Process {
    bind: String,
    admin_bind: String,
    serving: Mutex<Option<Serving>>,
}

fn free_address() -> String {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string()
}

/// The page's block with these addresses, and the same for the public addresses.
fn configuration(service: &str, public: &str, processes: &[Process; 2]) -> String {
    let block = PAGE.split("```haproxy\n").nth(1).unwrap().split("```").next().unwrap();
    let with = |from: &str, to: &str, text: &str| {
        assert!(text.contains(from), "{from} is not in the page");
        text.replace(from, to)
    };
    let [one, two] = processes;
    let block = with("10.0.0.5:9090", service, block);
    let block = with("10.0.0.11:9090", &one.admin_bind, &block);
    let block = with("10.0.0.12:9090", &two.admin_bind, &block);
    let (_, section) = block.split_once("listen ").unwrap();
    let for_public = with("heirloom_service_api", "heirloom", section);
    let for_public = with(service, public, &for_public);
    let for_public = with(&one.admin_bind, &one.bind, &for_public);
    let for_public = with(&two.admin_bind, &two.bind, &for_public);
    format!("{block}\nlisten {for_public}")
}

impl Cluster {
    /// `None` where HAProxy is not installed.
    pub fn start() -> Option<Self> {
        let haproxy = needs("haproxy", "haproxy")?;
        let home = Home::new();
        let database = Somebodys::server(&home);
        let processes =
            [0, 1].map(|_| Process { bind: free_address(), admin_bind: free_address(), serving: Mutex::default() });
        let (public, service) = (free_address(), free_address());
        let file = home.here("haproxy.cfg");
        fs::write(&file, configuration(&service, &public, &processes)).unwrap();
        let proxy = Program::spawn(Command::new(haproxy).arg("-db").arg("-f").arg(file));
        let mut cluster = Self {
            proxy,
            processes,
            database,
            url: format!("http://{public}"),
            service_url: format!("http://{service}"),
            service_key: String::new(),
            home,
        };
        assert_eq!(cluster.command(&["migrate", "run"]).code, Some(0));
        let create = ["service-key", "create", "feed", "--scope", "ended:read", "--json"];
        let created = cluster.command(&create);
        let created: serde_json::Value = serde_json::from_str(&created.stdout).unwrap();
        cluster.service_key = created["key"].as_str().unwrap().to_owned();
        (0..2).for_each(|number| cluster.starts(number));
        Some(cluster)
    }

    fn environment<'a>(&'a self, url: &'a str) -> Vec<(&'a str, &'a str)> {
        [&[("DATABASE_URL", url)], &SETTINGS[..]].concat()
    }

    /// Runs a command of the program, beside its servers.
    pub fn command(&self, arguments: &[&str]) -> crate::program::Ended {
        let url = self.database.url("sessions");
        self.home.run_with(arguments, &self.environment(&url))
    }

    /// Starts a process, and waits until the proxy passes requests on to it.
    pub fn starts(&self, number: usize) {
        let (process, url) = (&self.processes[number], self.database.url("sessions"));
        let flags = ["--bind", &process.bind, "--admin-bind", &process.admin_bind];
        *process.serving.lock().unwrap() = Some(Serving::start_with(&self.home, &flags, &self.environment(&url)));
        eventually("the proxy accepts connections", || {
            let address = self.url.strip_prefix("http://").unwrap();
            TcpStream::connect(address).is_ok()
        });
        let client = Client::of(&format!("http://{}", process.bind));
        eventually("the process is ready", || client.get("/health/ready", &[]).status == 200);
    }

    /// Stops a process, as a service manager does.
    pub fn stops(&self, number: usize) {
        let serving = self.processes[number].serving.lock().unwrap().take().unwrap();
        assert_eq!(serving.stops().code, Some(0));
    }

    pub fn restarts(&self, number: usize) {
        self.stops(number);
        self.starts(number);
    }

    /// A POST request, sent again if no process is there or the connection breaks.
    pub fn post(&self, client: &Client, path: &str, body: &serde_json::Value) -> Answer {
        let mut answer = None;
        eventually("a process serves", || {
            answer = client.try_post(path, &[], &body.to_string()).ok().filter(|answer| answer.status < 500);
            answer.is_some()
        });
        answer.unwrap_or_else(|| panic!("{}", self.proxy.stderr_so_far()))
    }

    /// Logs in, with a new account.
    pub fn registers(&self, client: &Client, email: &str) -> Answer {
        let registered = self.post(client, "/register", &json!({ "email": email, "password": PASSWORD }));
        // 409 if the response of the first attempt was lost.
        assert!([201, 409].contains(&registered.status), "{registered:?}");
        self.logs_in(client, email)
    }

    pub fn logs_in(&self, client: &Client, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD, "token_delivery": "body" });
        let answer = self.post(client, "/login", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Refreshes one session after the other, as a client that is never idle. How often that succeeded.
    #[expect(clippy::disallowed_methods, reason = "the load has a rate")]
    pub fn refreshes_until(&self, is_over: &AtomicBool, name: &str) -> usize {
        let client = Client::of(&self.url);
        let email = format!("load.{}@example.com", name.replace(' ', "."));
        let (mut count, mut token) = (0, self.registers(&client, &email).text("refresh_token"));
        while !is_over.load(Ordering::SeqCst) {
            let body = json!({ "refresh_token": token }).to_string();
            match client.try_post("/refresh", &[], &body) {
                Ok(answer) if answer.status == 200 => {
                    (count, token) = (count + 1, answer.text("refresh_token"));
                }
                // Without recovery, a lost response ends the session.
                _ => token = self.logs_in(&client, &email).text("refresh_token"),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        count
    }

    /// When each session has ended, by the clock of the process that has ended it, which is this machine's.
    pub fn ended_at(&self) -> HashMap<String, OffsetDateTime> {
        let bearer = format!("Bearer {}", self.service_key);
        let client = Client::of(&self.service_url);
        let page = client.get("/service/ended", &[("authorization", &bearer)]);
        let ended = page.body["ended"].as_array().unwrap_or_else(|| panic!("{page:?}"));
        let at = |ended: &serde_json::Value| OffsetDateTime::parse(ended["at"].as_str().unwrap(), &Rfc3339).unwrap();
        ended.iter().map(|ended| (ended["session_id"].as_str().unwrap().to_owned(), at(ended))).collect()
    }
}
