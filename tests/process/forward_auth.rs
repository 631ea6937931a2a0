//! A service behind nginx and HAProxy, set up as docs/forward-auth.md says.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Answer, Client, PASSWORD};
use super::home::Home;
use super::needs::needs;
use super::program::{Program, eventually};
use super::serving::Serving;

const PAGE: &str = include_str!("../../docs/forward-auth.md");
/// Where users log in.
const LOGIN: &str = "https://app.example.com/auth/app/";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/forward-auth.lua");

/// A service that believes its proxy: it responds with the headers that it gets, and counts the requests.
struct Believer {
    port: u16,
    served: Arc<AtomicUsize>,
}

impl Believer {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&served);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                thread::spawn(move || answers(&connection, &count));
            }
        });
        Self { port, served }
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

fn answers(mut connection: &TcpStream, served: &AtomicUsize) {
    let mut headers = serde_json::Map::new();
    for line in BufReader::new(connection).lines().map_while(Result::ok).skip(1).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        let values = headers.entry(name.to_lowercase()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(value.trim().into());
    }
    served.fetch_add(1, Ordering::SeqCst);
    let body = Value::from(headers).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = connection.write_all((head + &body).as_bytes());
}

/// Heirloom, a proxy and the service behind it.
struct Protected {
    proxy: Program,
    service: Believer,
    heirloom: Serving,
    client: Client,
    _home: Home,
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The page's code block of this language, with the addresses of this test.
fn configuration(language: &str, heirloom: &str, service: u16, port: u16) -> String {
    let start = PAGE.find(&format!("```{language}\n")).unwrap() + language.len() + 4;
    let block = PAGE[start..].split("```").next().unwrap();
    let script = "/etc/haproxy/forward-auth.lua";
    let listens = ["listen 443 ssl;", "bind :443 ssl crt /etc/haproxy/app.example.com.pem"];
    let on_loopback = [format!("listen 127.0.0.1:{port};"), format!("bind 127.0.0.1:{port}")];
    let block = block.replace("127.0.0.1:8080", heirloom).replace("127.0.0.1:3000", &format!("127.0.0.1:{service}"));
    let block = block.replace(listens[0], &on_loopback[0]).replace(listens[1], &on_loopback[1]);
    assert!(block.contains(&format!("127.0.0.1:{port}")), "{block}");
    block.replace(script, SCRIPT)
}

fn nginx(home: &Path, server: &str) -> Option<Command> {
    let directory = home.join("nginx");
    let directory = directory.display();
    let server = format!(
        "daemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {directory}/a;\nproxy_temp_path {directory}/b;\n\
         fastcgi_temp_path {directory}/c;\nuwsgi_temp_path {directory}/d;\nscgi_temp_path {directory}/e;\n{server}}}\n"
    );
    let mut command = Command::new(needs("nginx", "nginx-light")?);
    fs::create_dir(directory.to_string()).unwrap();
    let file = format!("{directory}/nginx.conf");
    fs::write(&file, server).unwrap();
    command.args(["-e", "stderr", "-c", &file]);
    Some(command)
}

fn haproxy(home: &Path, sections: &str) -> Option<Command> {
    let file = home.join("haproxy.cfg");
    let timeouts = "defaults\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n";
    fs::write(&file, format!("{timeouts}{sections}")).unwrap();
    let mut command = Command::new(needs("haproxy", "haproxy")?);
    command.arg("-db").arg("-f").arg(file);
    Some(command)
}

impl Protected {
    /// `None` where the proxy is not installed.
    fn by(language: &str, command: impl FnOnce(&Path, &str) -> Option<Command>) -> Option<Self> {
        let home = Home::new();
        let settings = [("HEIRLOOM_ACCESS_COOKIE", "true"), ("HEIRLOOM_BASE_PATH", "/auth")];
        let environment = [&settings[..], &[("HEIRLOOM_PUBLIC_URL", LOGIN)]].concat();
        let heirloom = Serving::start_with(&home, &[], &environment);
        let address = heirloom.address().split('/').next().unwrap().to_owned();
        let (service, port) = (Believer::start(), free_port());
        let configuration = configuration(language, &address, service.port, port);
        let proxy = Program::spawn(&mut command(home.data().parent().unwrap(), &configuration)?);
        eventually("the proxy accepts connections", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let client = Client::of(&format!("http://127.0.0.1:{port}"));
        Some(Self { proxy, service, heirloom, client, _home: home })
    }

    fn asks(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        self.client.send(method, "/reports?year=2026", &headers, b"")
    }

    /// Registers and logs in through the proxy. The cookies of the session.
    fn logs_in(&self) -> Cookies {
        let account = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
        assert_eq!(self.client.post("/auth/register", &[], &account).status, 201);
        let answer = self.client.post("/auth/login", &[], &account);
        let set = |name: &str| {
            let is_set = |(header, value): &&(String, String)| header == "set-cookie" && value.contains(name);
            let (_, cookie) = answer.headers.iter().find(is_set).unwrap();
            cookie.split(';').next().unwrap().to_owned()
        };
        let user = answer.body["session"]["id"].as_str().unwrap().to_owned();
        Cookies {
            access: set("heirloom_access"),
            refresh: set("heirloom_refresh"),
            csrf: set("heirloom_csrf"),
            session: user,
        }
    }
}

struct Cookies {
    access: String,
    refresh: String,
    csrf: String,
    session: String,
}

/// What holds behind each proxy.
fn only_living_sessions_reach_the_service(protected: &Protected) {
    let page = ("accept", "text/html,application/xhtml+xml");
    let anonymous = protected.asks("GET", &[page, ("x-heirloom-user", "alice")]);
    assert_eq!((anonymous.status, anonymous.header("location")), (302, Some(LOGIN)), "{anonymous:?}");
    assert_eq!(protected.asks("GET", &[page, ("cookie", "__Host-heirloom_access=forged")]).status, 302);
    assert_eq!(protected.service.served(), 0);

    let alice = protected.logs_in();
    let spoofed = [
        ("cookie", &*alice.access),
        ("x-heirloom-user", "mallory"),
        ("X-Heirloom-Session", "mallory"),
        ("X-HEIRLOOM-CLAIMS", "mallory"),
        ("x-heirloom-user", "mallory too"),
    ];
    let answer = protected.asks("GET", &spoofed);
    assert_eq!(answer.status, 200, "{answer:?} {}", protected.proxy.stderr_so_far());
    assert_eq!(answer.body["x-heirloom-session"], json!([alice.session]));
    assert!(!answer.body.to_string().contains("mallory"), "{answer:?}");
    let user = answer.body["x-heirloom-user"].as_array().unwrap();
    assert_eq!((user.len(), answer.body["x-heirloom-claims"].as_array().unwrap().len()), (1, 1));
    let token = alice.access.split_once('=').unwrap().1;
    let bearer = protected.asks("POST", &[("authorization", &format!("Bearer {token}"))]);
    assert_eq!((bearer.status, &bearer.body["x-heirloom-user"]), (200, &json!(user)));

    let served = protected.service.served();
    assert_eq!(protected.asks("POST", &[page, ("cookie", &alice.access)]).status, 403);
    assert_eq!(protected.asks("DELETE", &[("cookie", &alice.access), ("x-forwarded-method", "GET")]).status, 403);
    assert_eq!(protected.service.served(), served);
    let csrf = alice.csrf.split_once('=').unwrap().1;
    assert_eq!(protected.asks("POST", &[("cookie", &alice.access), ("x-csrf-token", csrf)]).status, 200);

    let logout = protected.client.post("/auth/logout", &[("cookie", &alice.refresh)], "{}");
    assert_eq!(logout.status, 200, "{logout:?}");
    let served = protected.service.served();
    assert_eq!(protected.asks("GET", &[page, ("cookie", &alice.access)]).status, 302);
    protected.heirloom.signal(Signal::KILL);
    eventually("the proxy refuses without Heirloom", || protected.asks("GET", &[page]).status >= 500);
    assert_eq!(protected.service.served(), served);
}

#[test]
fn behind_nginx_only_living_sessions_reach_the_service() {
    if let Some(protected) = Protected::by("nginx", nginx) {
        only_living_sessions_reach_the_service(&protected);
    }
}

#[test]
fn behind_haproxy_only_living_sessions_reach_the_service() {
    let Some(protected) = Protected::by("haproxy", haproxy) else { return };
    only_living_sessions_reach_the_service(&protected);
}

#[test]
fn haproxy_leads_pages_to_the_login_and_refuses_programs() {
    let Some(protected) = Protected::by("haproxy", haproxy) else { return };
    let program = protected.asks("GET", &[("accept", "application/json")]);
    assert_eq!((program.status, program.header("www-authenticate")), (401, Some("Bearer")), "{program:?}");
    assert_eq!(protected.asks("GET", &[("accept", "text/html")]).status, 302);
}
