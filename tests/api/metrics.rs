//! What the operator's monitor sees, and that nobody else does.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use diesel::connection::SimpleConnection as _;
use heirloom::config::Origin;
use heirloom::domain::policy::HashCost;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::{SECRET, days, hours, seconds};
use crate::support::monitor::Scrape;
use crate::support::wire::{agent, raw};

/// A day on which everything happens that can come of a refresh or a login, short of a crowd.
pub fn everything_happens(app: &App) {
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    let mut tab = alice.tab();
    assert_eq!(alice.refreshes().status, 200, "rotated");
    assert_eq!(tab.refreshes().status, 200, "replayed");
    alice.asks_who_am_i();
    app.settles();
    alice.refreshes_and_loses_the_answer();
    app.passes(hours(8));
    assert_eq!(alice.refreshes().status, 200, "recovered");
    assert_eq!(alice.refreshes().status, 200);
    app.loses_rotations(&alice, 1);
    assert_eq!(alice.refreshes().status, 200, "caught up");
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(alice.replays("hl_garbage").verdict(), (401, "refresh_token_invalid"));
    assert_eq!(alice.logs_in_with("alice@example.com", "not her password").status, 401);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    app.passes(days(8));
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_expired"));
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    app.executes("UPDATE users SET is_active = false");
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(alice.logs_in("alice@example.com").verdict(), (403, "account_disabled"));
}

fn refreshes(scrape: &Scrape, outcome: &str) -> u64 {
    scrape.count(&format!("heirloom_refreshes_total{{outcome=\"{outcome}\"}}"))
}

fn logins(scrape: &Scrape, outcome: &str) -> u64 {
    scrape.count(&format!("heirloom_logins_total{{outcome=\"{outcome}\"}}"))
}

fn requests(scrape: &Scrape, method: &str, route: &str, status: &str) -> u64 {
    let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
    let counted = scrape.count(&format!("heirloom_http_requests_total{labels}"));
    assert_eq!(counted, scrape.count(&format!("heirloom_http_request_duration_seconds_count{labels}")), "{labels}");
    counted
}

#[test]
fn the_admin_address_tells_metrics_and_health_and_nothing_else() {
    let app = App::with(|config| config.allowed_origins = vec![Origin::parse("https://app.example.com").unwrap()]);
    let monitor = app.monitor();
    let metrics = monitor.asks("GET", "/metrics");
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(metrics.header("cache-control"), Some("no-store"));
    assert_eq!(monitor.asks("HEAD", "/metrics").status, 200);
    for path in ["/health/live", "/health/ready"] {
        let answer = monitor.asks("GET", path);
        assert_eq!((answer.status, &answer.json), (200, &json!({ "status": "ok" })), "{path}");
    }
    let refused = monitor.asks("POST", "/metrics");
    assert_eq!((refused.verdict(), refused.header("allow")), ((405, "method_not_allowed"), Some("GET, HEAD")));
    for path in ["/", "/ping", "/openapi.json", "/docs", "/.well-known/jwks.json", "/users/me", "/metrics/", "/debug"] {
        assert_eq!(monitor.asks("GET", path).verdict(), (404, "not_found"), "{path}");
    }
    for path in ["/login", "/refresh", "/register", "/logout"] {
        assert_eq!(monitor.asks("POST", path).verdict(), (404, "not_found"), "{path}");
    }
    let from_a_page = monitor.request("GET", "/metrics").header("origin", "https://app.example.com").send();
    let named: Vec<_> = from_a_page.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn the_public_address_never_tells_metrics() {
    for base_path in ["", "/auth"] {
        let app = App::with(|config| config.base_path = base_path.to_owned());
        let browser = app.browser();
        let root = app.url.strip_suffix(base_path).unwrap();
        assert_eq!(browser.bare_request("GET", "/metrics").send().verdict(), (404, "not_found"));
        let at_the_root = agent().get(format!("{root}/metrics")).call().unwrap();
        assert_eq!(at_the_root.status(), 404);
        assert!(!heirloom::http::openapi_json("").contains("/metrics"));
        // The admin address knows no prefix.
        assert_eq!(app.monitor().asks("GET", "/metrics").status, 200);
    }
}

#[test]
fn turned_off_there_is_no_admin_address() {
    let app = App::with(|config| config.admin_bind = None);
    assert_eq!(app.admin_url, None);
    assert_eq!(app.browser().bare_request("GET", "/health/ready").send().status, 200);
}

#[test]
fn the_admin_address_is_there_for_as_long_as_the_server() {
    let app = App::start();
    let other = app.sibling(|_| {});
    assert_ne!(app.admin_url, other.admin_url, "each server has an address of its own");
    other.browser().bare_request("GET", "/ping").send();
    assert_eq!(requests(&other.scrape(), "GET", "/ping", "2xx"), 1);
    assert_eq!(requests(&app.scrape(), "GET", "/ping", "2xx"), 0, "what a server tells is its own");
    let address = other.admin_url.clone().unwrap().replace("http://", "");
    drop(other);
    assert!(TcpStream::connect(address).is_err(), "the admin server outlives the application");
}

#[test]
fn every_outcome_is_counted() {
    let app = App::start();
    everything_happens(&app);
    let scrape = app.scrape();
    let told = ["rotated", "replayed", "recovered", "caught_up"].map(|outcome| refreshes(&scrape, outcome));
    assert_eq!(told, [3, 1, 1, 1]);
    let told = ["reused", "revoked", "invalid", "expired", "disabled"].map(|outcome| refreshes(&scrape, outcome));
    assert_eq!(told, [1; 5]);
    let told = ["succeeded", "failed", "disabled", "overloaded"].map(|outcome| logins(&scrape, outcome));
    assert_eq!(told, [3, 1, 1, 0]);
    assert_eq!(scrape.count("heirloom_password_hashes_total"), 6, "one at the registration, one at each login");
    let (rows, batches) = (scrape.count("heirloom_lane_rows_total"), scrape.count("heirloom_lane_batches_total"));
    assert!(rows >= 11 && (1..=rows).contains(&batches), "{rows} rows in {batches} batches");
    assert_eq!(scrape.value("heirloom_lanes_waiting"), Some(0.0));
}

#[test]
fn logins_past_the_bound_show_as_overload() {
    let app = App::with(|config| {
        config.hashes_at_once = std::num::NonZeroUsize::MIN;
        config.hash_cost = HashCost { memory: 19_456, passes: 2, parallelism: 1 };
    });
    // Of one account, only a few would be looked at; and nobody's password is hashed like anybody's.
    let statuses: Vec<u16> = thread::scope(|scope| {
        let login = |n| app.browser().logs_in(&format!("nobody{n}@example.com")).status;
        let logins: Vec<_> = (0..60).map(|n| scope.spawn(move || login(n))).collect();
        logins.into_iter().map(|login| login.join().unwrap()).collect()
    });
    let refused = statuses.iter().filter(|status| **status == 503).count() as u64;
    let scrape = app.scrape();
    assert!(refused > 0, "{statuses:?}");
    assert_eq!(logins(&scrape, "overloaded"), refused);
    assert_eq!(logins(&scrape, "failed"), 60 - refused);
    assert_eq!(scrape.count("heirloom_password_hashes_refused_total"), refused);
    assert_eq!(requests(&scrape, "POST", "/login", "5xx"), refused);
    assert_eq!(scrape.value("heirloom_password_hashes_running"), Some(0.0));
    assert_eq!(scrape.value("heirloom_password_hashes_waiting"), Some(0.0));
}

#[test]
fn requests_are_counted_by_route_whatever_they_ask_for() {
    for base_path in ["", "/auth"] {
        let app = App::with(|config| config.base_path = base_path.to_owned());
        let root = app.url.strip_suffix(base_path).unwrap();
        let mut alice = app.logged_in("alice@example.com");
        alice.refreshes();
        alice.replays("hl_garbage");
        let cross_site = alice.bare_request("POST", "/refresh").header("sec-fetch-site", "cross-site").send();
        assert_eq!(cross_site.verdict(), (403, "cross_site_request"));
        alice.bare_request("GET", "/docs/swagger-ui.css").send();
        alice.bare_request("GET", "/docs/start.js").send();
        alice.bare_request("HEAD", "/ping").send();
        assert_eq!(alice.bare_request("GET", "/refresh").send().status, 405);
        for n in 0..20 {
            assert_eq!(alice.bare_request("GET", &format!("/secret-{n}?token={n}")).send().status, 404);
            let odd = format!("ODD{n} {base_path}/secret-{n} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assert!(raw(root, odd.as_bytes(), seconds(5)).starts_with("HTTP/1.1 404"));
        }
        let scrape = app.scrape();
        for (method, route, status, count) in [
            ("POST", "/register", "2xx", 1),
            ("POST", "/login", "2xx", 1),
            ("POST", "/refresh", "2xx", 1),
            ("POST", "/refresh", "4xx", 2),
            ("GET", "/refresh", "4xx", 1),
            ("GET", "/docs/{file}", "2xx", 2),
            ("HEAD", "/ping", "2xx", 1),
            ("GET", "none", "4xx", 20),
            ("other", "none", "4xx", 20),
        ] {
            assert_eq!(requests(&scrape, method, route, status), count, "{base_path:?} {method} {route} {status}");
        }
        for trace in ["secret", "ODD", "alice", "auth/"] {
            assert!(!scrape.0.contains(trace), "what clients write is told: {trace}");
        }
    }
}

#[test]
fn a_database_that_is_gone_or_hangs_shows() {
    let app = App::with(|config| config.database.connections = 1);
    let alice = app.logged_in("alice@example.com");
    let scrape = app.scrape();
    assert_eq!(scrape.value("heirloom_database_reachable"), Some(1.0));
    assert_eq!(scrape.value("heirloom_database_connections_open"), Some(1.0));
    app.eventually(|| app.scrape().value("heirloom_database_connections_busy") == Some(0.0));

    let mut blocker = app.database.connect();
    blocker.batch_execute("BEGIN; LOCK TABLE users").unwrap();
    thread::scope(|scope| {
        let held = [(); 2].map(|()| scope.spawn(|| alice.tab().asks_who_am_i().status));
        app.eventually(|| {
            let scrape = app.scrape();
            scrape.value("heirloom_database_connections_busy") == Some(1.0)
                && scrape.value("heirloom_database_operations_waiting") >= Some(1.0)
                && scrape.value("heirloom_database_reachable") == Some(0.0)
        });
        blocker.batch_execute("COMMIT").unwrap();
        assert_eq!(held.map(|request| request.join().unwrap()), [200; 2]);
    });
    app.eventually(|| app.scrape().value("heirloom_database_operations_waiting") == Some(0.0));

    app.database.set_reachable(false);
    app.eventually(|| app.scrape().value("heirloom_database_reachable") == Some(0.0));
    app.database.set_reachable(true);
    app.eventually(|| app.scrape().value("heirloom_database_reachable") == Some(1.0));
}

#[test]
fn the_process_tells_its_version_and_its_memory() {
    let scrape = App::start().scrape();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(scrape.value(&format!("heirloom_build_info{{version=\"{version}\"}}")), Some(1.0));
    if std::path::Path::new("/proc/self/status").exists() {
        assert!(scrape.value("heirloom_process_resident_memory_bytes").unwrap() > 1e6);
    }
}

fn heirloom(app: &App, admin_bind: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command
        .args(["serve", "--bind", "127.0.0.1:0", "--admin-bind", admin_bind, "--log-format", "json"])
        .env("DATABASE_URL", app.database.url())
        .env("HEIRLOOM_SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn an_admin_address_that_is_taken_stops_the_start_with_its_name() {
    let app = App::start();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = heirloom(&app, &address).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("HEIRLOOM_ADMIN_BIND") && told.contains(&address), "{told}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn an_admin_address_that_nobody_asked_for_gives_way_to_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let app = App::with(|config| {
        config.admin_bind = Some(taken.local_addr().unwrap());
        config.is_admin_bind_given = false;
    });
    assert_eq!(app.scrape().value("heirloom_database_reachable"), Some(1.0));
    assert_eq!(app.logged_in("alice@example.com").refreshes().status, 200);
}

#[test]
fn both_addresses_are_logged_and_the_public_one_alone_is_printed() {
    let app = App::start();
    let mut server = heirloom(&app, "127.0.0.1:0").spawn().unwrap();
    let mut printed = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    let public = line.trim_end().strip_prefix("Heirloom serves http://").unwrap();
    let mut logged = BufReader::new(server.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let listening: Value = logged
        .find_map(|line| serde_json::from_str(&line).ok().filter(|line: &Value| line["message"] == "Listening"))
        .unwrap();
    assert_eq!(listening["address"], public);
    let admin = listening["admin"].as_str().unwrap();
    let metrics = agent().get(format!("http://{admin}/metrics")).call().unwrap();
    assert_eq!(metrics.status(), 200);
    let id = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let rest_of_the_log: Vec<String> = logged.collect();
    assert!(server.wait().unwrap().success(), "{rest_of_the_log:?}");
    let mut rest = String::new();
    printed.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn settings_of_the_admin_address_are_an_address_or_off() {
    use heirloom::config::{Config, Settings};
    let resolve = |admin_bind: &str, bind: &str| {
        let settings = [("HEIRLOOM_ADMIN_BIND", admin_bind), ("HEIRLOOM_BIND", bind)];
        let settings = Settings::from_variables(&settings).unwrap();
        Config::resolve(&settings, Some("/nonexistent".into()))
            .map(|config| config.admin_bind.map(|address| address.to_string()))
            .map_err(|errors| errors.to_string())
    };
    let usual = "127.0.0.1:8080";
    assert_eq!(resolve("", usual), Ok(Some("127.0.0.1:9090".to_owned())));
    assert_eq!(resolve("[::1]:9999", usual), Ok(Some("[::1]:9999".to_owned())));
    assert_eq!(resolve("off", usual), Ok(None));
    assert_eq!(resolve("127.0.0.1:0", "127.0.0.1:0"), Ok(Some("127.0.0.1:0".to_owned())));
    for (admin_bind, bind) in [("9090", usual), ("localhost", usual), ("none", usual), (usual, usual)] {
        let error = resolve(admin_bind, bind).unwrap_err();
        assert!(error.starts_with("HEIRLOOM_ADMIN_BIND ") && error.ends_with('.'), "{error}");
    }
}
