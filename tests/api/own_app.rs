//! Heirloom in an app that has its own server, handlers and errors: examples/embedded.rs.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use heirloom::{Config, Heirloom};
use serde_json::{Value, json};
use ureq::Agent;

use crate::support::app::{SECRET, block_on, eventually};
use crate::support::browser::PASSWORD;
use crate::support::postgres::TestDatabase;

#[path = "../../examples/embedded.rs"]
mod example;

/// The app of the example on a free port, and its Heirloom.
struct OwnApp {
    url: String,
    heirloom: Heirloom,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

fn config(database: &TestDatabase) -> Config {
    Config::new()
        .set("DATABASE_URL", database.url())
        .set("HEIRLOOM_SECRET", SECRET)
        .set("HEIRLOOM_LOGIN_RATE", "off")
        .set("HEIRLOOM_DATABASE_POOL", "2")
}

impl OwnApp {
    fn on(database: &TestDatabase) -> Self {
        let config = config(database);
        let (sender, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let heirloom = Heirloom::connect(config).await.unwrap();
                let routes = heirloom.clone();
                let app = move || App::new().configure(|app| example::configure(&routes, app));
                let server = HttpServer::new(app).workers(2).disable_signals().bind(("127.0.0.1", 0)).unwrap();
                let url = format!("http://{}", server.addrs()[0]);
                let server = server.run();
                sender.send((url, heirloom.clone(), server.handle())).unwrap();
                server.await.unwrap();
                heirloom.stop().await;
            });
        });
        let (url, heirloom, server) = started.recv().expect("the app starts");
        Self { url, heirloom, server, thread: Some(thread) }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let answer =
            if body.is_empty() { agent.run(request.body(()).unwrap()) } else { agent.run(request.body(body).unwrap()) };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Response { status: answer.status().as_u16(), headers: answer.headers().clone(), body }
    }

    fn post(&self, path: &str, body: &Value) -> Response {
        self.send("POST", path, &[("content-type", "application/json")], &body.to_string())
    }

    /// The tokens of a new session.
    fn logs_in(&self, email: &str) -> (String, String) {
        let login =
            self.post("/auth/login", &json!({ "email": email, "password": PASSWORD, "token_delivery": "body" }));
        assert_eq!(login.status, 200, "{login:?}");
        let text = |field: &str| login.body[field].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    fn orders(&self, access_token: &str) -> Response {
        self.send("GET", "/shop/orders", &[("authorization", &format!("Bearer {access_token}"))], "")
    }
}

impl Drop for OwnApp {
    fn drop(&mut self) {
        block_on(self.server.stop(true));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Debug)]
struct Response {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: Value,
}

impl Response {
    fn verdict(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

const ALICE: &str = "alice@example.com";

fn registered(app: &OwnApp) -> String {
    let registered = app.post("/auth/register", &json!({ "email": ALICE, "password": PASSWORD }));
    assert_eq!(registered.status, 201, "{registered:?}");
    registered.body["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_apps_own_handler_knows_the_user_and_refuses_them_after_a_logout() {
    let database = TestDatabase::create();
    let app = OwnApp::on(&database);
    let user = registered(&app);
    let (access, refresh) = app.logs_in(ALICE);
    let orders = app.orders(&access);
    assert_eq!((orders.status, &orders.body["orders_of"]), (200, &json!(user)));
    let refreshed = app.post("/auth/refresh", &json!({ "refresh_token": refresh }));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let logout = app.post("/auth/logout", &json!({ "refresh_token": refreshed.body["refresh_token"] }));
    assert_eq!(logout.status, 200);
    for token in [&access, refreshed.body["access_token"].as_str().unwrap()] {
        assert_eq!(app.orders(token).verdict(), (401, "session_revoked"));
    }
    let metrics = block_on(app.heirloom.metrics());
    assert!(metrics.contains("heirloom_http_requests_total{") && metrics.contains("route=\"/logout\""), "{metrics}");
}

#[test]
fn the_apps_own_handler_refuses_a_session_that_another_process_has_ended() {
    let database = TestDatabase::create();
    let (one, other) = (OwnApp::on(&database), OwnApp::on(&database));
    registered(&one);
    let (access, refresh) = one.logs_in(ALICE);
    assert_eq!(one.orders(&access).status, 200);
    other.post("/auth/logout", &json!({ "refresh_token": refresh }));
    assert_eq!(other.orders(&access).verdict(), (401, "session_revoked"));
    eventually(|| one.orders(&access).verdict() == (401, "session_revoked"));
}

#[test]
fn a_request_without_a_caller_gets_the_response_that_its_handler_chooses() {
    let database = TestDatabase::create();
    let app = OwnApp::on(&database);
    let heirlooms = app.send("GET", "/shop/orders", &[], "");
    assert_eq!(heirlooms.verdict(), (401, "access_token_missing"));
    assert_eq!(heirlooms.header("www-authenticate"), Some("Bearer"));
    assert_eq!(heirlooms.header("content-type"), Some("application/problem+json"));
    assert_eq!(heirlooms.header("x-shop"), Some("ours"));
    assert_eq!(heirlooms.header("content-security-policy"), None);
    let own = app.post("/shop/orders", &json!({ "item": "a lamp" }));
    assert_eq!((own.status, own.body), (401, json!({ "oops": "log in first (access_token_missing)" })));
}

#[test]
fn the_apps_own_errors_headers_and_limits_stay_outside_and_heirlooms_inside() {
    let database = TestDatabase::create();
    let app = OwnApp::on(&database);
    registered(&app);
    let (access, _) = app.logs_in(ALICE);
    let bearer = format!("Bearer {access}");
    let json = ("content-type", "application/json");
    let own = [json, ("authorization", &bearer)];

    for (path, body, status) in [("/shop/orders", "{", 400), ("/nowhere", "{}", 404), ("/authors", "{}", 404)] {
        let response = app.send("POST", path, &own, body);
        assert_eq!(response.status, status, "{response:?}");
        assert!(response.body["oops"].is_string(), "{response:?}");
        for name in ["x-request-id", "x-content-type-options", "content-security-policy", "cache-control"] {
            assert_eq!(response.header(name), None, "{path}");
        }
    }
    let long = json!({ "item": "x".repeat(300) });
    assert_eq!(app.send("POST", "/shop/orders", &own, &long.to_string()).status, 400, "the app's own limit");
    let cross_site = [json, ("authorization", &bearer), ("sec-fetch-site", "cross-site")];
    assert_eq!(app.send("POST", "/shop/orders", &cross_site, "{}").status, 200, "what it refuses is its own choice");

    let login = json!({ "email": ALICE, "password": "x".repeat(120), "token_delivery": "body", "device_token": "x".repeat(90) });
    assert_eq!(app.post("/auth/login", &login).verdict(), (401, "invalid_credentials"), "no limit of the app");
    let malformed = app.send("POST", "/auth/login", &[json], "{");
    assert_eq!(malformed.verdict(), (400, "malformed_json"));
    assert_eq!(malformed.header("x-shop"), None);
    assert_eq!(malformed.body["instance"].as_str(), malformed.header("x-request-id"));
    assert_eq!(app.send("POST", "/auth/login", &[json, ("sec-fetch-site", "cross-site")], "{}").verdict().0, 403);
    assert_eq!(app.send("GET", "/auth/nowhere", &[], "").verdict(), (404, "not_found"));
    assert_eq!(app.send("PUT", "/auth/login", &[], "").verdict(), (405, "method_not_allowed"));
    let document = app.send("GET", "/auth/openapi.json", &[], "");
    assert_eq!(document.body["servers"][0]["url"], "/auth");
    assert_eq!(app.send("GET", "/auth/service/users", &[], "").status, 404, "the service API is off");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Connections of others to the database whose latest statement is like this.
fn connections(database: &TestDatabase, statement: &str) -> i64 {
    let query = format!(
        "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND backend_type = 'client backend' AND query LIKE '{statement}'"
    );
    diesel::sql_query(query).get_result::<Count>(&mut database.connect()).unwrap().count
}

#[test]
fn background_work_starts_and_ends_with_it() {
    let database = TestDatabase::create();
    // Another thread drops the tasks while this one waits.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let heirloom = Heirloom::connect(config(&database)).await.unwrap();
        eventually(|| connections(&database, "LISTEN %") == 1);
        let clone = heirloom.clone();
        heirloom.stop().await;
        assert_eq!(connections(&database, "LISTEN %"), 0);
        clone.stop().await;
        drop((heirloom, clone));
        eventually(|| connections(&database, "%") == 0);

        let dropped = Heirloom::connect(config(&database)).await.unwrap();
        eventually(|| connections(&database, "LISTEN %") == 1);
        drop(dropped);
        eventually(|| connections(&database, "%") == 0);
    });
}

#[test]
fn what_keeps_it_from_starting_is_named_without_secrets() {
    let database = TestDatabase::create();
    let refusal = |config: Config| block_on(Heirloom::connect(config)).unwrap_err().to_string();
    let short = refusal(config(&database).set("HEIRLOOM_SECRET", "canary"));
    assert!(short.starts_with("HEIRLOOM_SECRET ") && !short.contains("canary"), "{short}");
    let unknown = refusal(config(&database).set("HEIRLOOM_SECRETS", "canary"));
    assert_eq!(unknown, "HEIRLOOM_SECRETS is not a setting.");
    let unmigrated = TestDatabase::create();
    unmigrated.connect().batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    let refused = refusal(config(&unmigrated));
    assert!(refused.contains("heirloom migrate run"), "{refused}");
    block_on(async { Heirloom::connect(config(&unmigrated).migrate(true)).await.unwrap().stop().await });
    assert!(!format!("{:?}", config(&database)).contains(SECRET));
}

#[test]
fn a_wrong_path_is_refused_when_the_app_is_built() {
    let database = TestDatabase::create();
    let heirloom = block_on(Heirloom::connect(config(&database))).unwrap();
    for path in ["", "/", "auth", "/auth/", "/a{b}"] {
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(heirloom.routes(path))));
        assert!(refused.is_err(), "{path}");
    }
    drop(heirloom.routes("/auth"));
    drop(heirloom.routes("/auth"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(heirloom.routes("/other")))).is_err());
}

#[test]
fn the_page_contains_the_example_of_the_crates_documentation() {
    let page = include_str!("../../docs/embedding.md");
    let root = include_str!("../../src/lib.rs");
    let lines = root.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let example: Vec<&str> =
        lines.skip_while(|line| *line != "```no_run").skip(1).take_while(|line| *line != "```").collect();
    assert!(example.len() > 10);
    assert!(page.contains(&format!("```rust\n{}\n```", example.join("\n"))));
}
