//! Nothing secret is ever in the output, however much output there is; nor in the metrics, in a refusal, or in any file of
//! the database.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::attacks::set_cookie;
use super::client::{Answer, Client};
use super::external_database::Somebodys;
use super::home::Home;
use super::program::{eventually, send};
use super::serving::Serving;

const SECRET: &str = "canary-of-the-secret-0123456789abcdef";
const DATABASE_PASSWORD: &str = "canary-of-the-database";
const PASSWORD: &str = "canary of the password";
const WRONG_PASSWORD: &str = "canary of a wrong password";
const EMAIL: &str = "canary-of-an-address@example.com";
const FOREIGN: &str = "canary-of-another-cookie";
const COOKIE: &str = "__Host-heirloom_refresh";

/// What must be told nowhere, as texts, and the bytes that some of them stand for.
struct Canaries {
    texts: Vec<String>,
    bytes: Vec<Vec<u8>>,
    refusals: String,
}

#[test]
fn not_even_a_trace_shows_a_password_a_secret_a_token_or_a_cookie() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let mut of_all = Vec::new();
    for (database, format) in [("sessions", "text"), ("other_sessions", "json")] {
        if format == "json" {
            somebodys.creates(database);
        }
        let url = somebodys.url(database).replace("heirloom@", &format!("heirloom:{DATABASE_PASSWORD}@"));
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let environment = [
            ("DATABASE_URL", url.as_str()),
            ("HEIRLOOM_SECRET", SECRET),
            ("HEIRLOOM_ADMIN_BIND", &admin),
            ("HEIRLOOM_ACCESS_COOKIE", "true"),
            ("HEIRLOOM_LOG", "trace"),
            ("HEIRLOOM_LOG_FORMAT", format),
            // So that an old token is reuse at once.
            ("HEIRLOOM_REFRESH_OVERLAP", "0s"),
            ("HEIRLOOM_REFRESH_RECOVERY_BURST", "0"),
        ];
        let serving = Serving::start_with(&home, &["--migrate"], &environment);
        let canaries = life_of_a_user(&serving.url, || {
            let killed = somebodys.postmaster().unwrap();
            send(killed, Signal::KILL);
            // Its children serve on for a moment, and what they do then is lost.
            eventually("the database is another process", || somebodys.postmaster().is_some_and(|pid| pid != killed));
        });
        let metrics = Client::of(&format!("http://{admin}")).get("/metrics", &[]);
        let metrics = metrics.body.as_str().unwrap();
        assert!(metrics.contains("heirloom_refreshes_total{outcome=\"reused\"} 1"), "{metrics}");
        let ended = serving.stops();
        assert_eq!(ended.code, Some(0));
        let output = format!("{}{}", ended.stdout, ended.stderr);
        assert!(output.contains("TRACE") && output.contains("/refresh"), "the log is not what it is taken for");
        assert!(canaries.refusals.contains("refresh_token_reused"), "the refusals are not what they are taken for");
        for canary in canaries.texts.iter().chain([&EMAIL.to_owned()]) {
            for (told, what) in [(output.as_str(), "log"), (metrics, "metrics"), (&canaries.refusals, "refusals")] {
                let line = told.lines().find(|line| line.contains(canary));
                assert_eq!(line, None, "{canary} is in the {what}");
            }
        }
        of_all.push(canaries);
    }
    let directory = home.data().with_file_name("somebody");
    drop(somebodys);
    let files = files_below(&directory);
    let is_anywhere = |needle: &[u8]| files.iter().any(|(_, bytes)| contains(bytes, needle));
    assert!(files.len() > 500 && is_anywhere(EMAIL.as_bytes()), "these are not the database's files");
    for canaries in &of_all {
        let texts = canaries.texts.iter().map(|text| text.as_bytes());
        for needle in texts.chain(canaries.bytes.iter().map(Vec::as_slice)) {
            let found = files.iter().find(|(_, bytes)| contains(bytes, needle)).map(|(path, _)| path);
            assert_eq!(found, None, "{}", needle.escape_ascii());
        }
    }
}

/// Tables, indexes, the write-ahead log, the server's log: all that somebody could carry away.
fn files_below(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(files_below(&entry.path())),
            kind if kind.is_file() => files.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap())),
            _ => {}
        }
    }
    files
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

/// Everything a user does well and badly; what of it must not be told.
fn life_of_a_user(url: &str, kill_the_database: impl FnOnce()) -> Canaries {
    let client = Client::of(url);
    let credentials = |password: &str, delivery: &str| {
        json!({"email": EMAIL, "password": password, "token_delivery": delivery}).to_string()
    };
    let register = json!({"email": EMAIL, "password": PASSWORD}).to_string();
    assert_eq!(client.post("/register", &[], &register).status, 201);
    assert_eq!(client.post("/register", &[], &register).status, 409);
    assert_eq!(client.post("/login", &[], &credentials(WRONG_PASSWORD, "body")).status, 401);

    // With a cookie, as a browser.
    let login = client.post("/login", &[], &credentials(PASSWORD, "cookie"));
    let first = cookie_of(&login);
    // What is set beside it.
    let others = ["__Host-heirloom_device", "__Host-heirloom_csrf"].map(|name| set_cookie(&login, name).unwrap());
    assert!(set_cookie(&login, "__Host-heirloom_access").is_some());
    let send_cookie = |token: &str| {
        let cookie = format!("other={FOREIGN}; {COOKIE}={token}");
        client.post("/refresh", &[("cookie", &cookie)], "")
    };
    let refreshed = send_cookie(&first);
    let second = cookie_of(&refreshed);
    let access = refreshed.text("access_token");
    let bearer = format!("Bearer {access}");
    assert_eq!(client.get("/users/me", &[("authorization", &bearer)]).status, 200);
    kill_the_database();
    // A rotation that the crash took back is made up for, so that the first token is two behind in any case.
    let newest = cookie_of(&send_cookie(&second));
    assert_eq!(send_cookie(&first).text("code"), "refresh_token_reused");
    assert_eq!(send_cookie(&newest).text("code"), "session_revoked");

    // With bodies, as a native app; shown in the wrong places, cut, and at last logged out.
    let login = client.post("/login", &[], &credentials(PASSWORD, "body"));
    let third = login.text("refresh_token");
    let device = login.text("device_token");
    let body = |token: &str| json!({"refresh_token": token}).to_string();
    let with_query = client.get(&format!("/users/me?access_token={access}"), &[]);
    assert_eq!(with_query.status, 401);
    for (path, headers, body) in [
        (format!("/{third}"), &[][..], String::new()),
        ("/refresh".to_owned(), &[], format!("{{\"refresh_token\": \"{third}\"")),
        ("/refresh".to_owned(), &[], json!({"refresh_token": {"nested": third}}).to_string()),
        ("/refresh".to_owned(), &[], json!({(third.as_str()): PASSWORD}).to_string()),
        ("/refresh".to_owned(), &[], body(&third[..third.len() - 1])),
        ("/refresh".to_owned(), &[("authorization", bearer.as_str())], String::new()),
        ("/refresh".to_owned(), &[("origin", "https://evil.example")], body(&third)),
        ("/login".to_owned(), &[], json!({"email": PASSWORD, "password": [PASSWORD]}).to_string()),
        (
            "/login".to_owned(),
            &[],
            json!({"email": EMAIL, "password": WRONG_PASSWORD, "device_token": [device]}).to_string(),
        ),
        (
            "/login".to_owned(),
            &[],
            json!({"email": EMAIL, "password": WRONG_PASSWORD, "token_delivery": "body", "device_token": device})
                .to_string(),
        ),
        (
            "/register".to_owned(),
            &[],
            json!({"email": "bob@example.com", "password": PASSWORD, "pin": PASSWORD}).to_string(),
        ),
    ] {
        let answer = client.post(&path, headers, &body);
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    let address = url.strip_prefix("http://").unwrap();
    for broken in [
        format!("POST /refresh HTTP/1.1\r\nHost: {address}\r\nCookie : {COOKIE}={third}\r\n\r\n"),
        format!("POST /refresh HTTP/1.1\r\nHost: {third}\r\nCookie: {COOKIE}={third}\r\nContent-Length: 9, 9\r\n\r\n"),
        format!("POST /refresh?{third} HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n{third}\r\n"),
        format!("{third} /refresh HTTP/1.1\r\nHost: {address}\r\nAuthorization: {third}\r\nConnection: close\r\n\r\n"),
    ] {
        sends_raw(address, &broken);
    }
    let refreshed = client.post("/refresh", &[], &body(&third));
    let fourth = refreshed.text("refresh_token");
    assert_eq!(client.post("/logout", &[], &body(&fourth)).status, 200);

    let mut texts: Vec<String> =
        [SECRET, DATABASE_PASSWORD, PASSWORD, WRONG_PASSWORD, FOREIGN].map(str::to_owned).into();
    let mut bytes = Vec::new();
    for token in [first, second, newest, third, fourth] {
        texts.extend(forms_of(&token));
        bytes.push(tag_of(&token));
    }
    for token in [access, login.text("access_token"), refreshed.text("access_token")] {
        let (_, signature) = token.rsplit_once('.').unwrap();
        bytes.push(URL_SAFE_NO_PAD.decode(signature).unwrap());
        texts.push(signature.to_owned());
    }
    for value in others.into_iter().chain([device.strip_prefix("hld_").unwrap().to_owned()]) {
        bytes.push(URL_SAFE_NO_PAD.decode(&value).unwrap());
        texts.push(value);
    }
    Canaries { texts, bytes, refusals: client.refusals() }
}

/// For what no client library would send.
fn sends_raw(address: &str, request: &str) {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The server may well hang up on it.
    let _ = connection.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", answer.escape_ascii());
}

fn cookie_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["refresh_token"], Value::Null);
    set_cookie(answer, COOKIE).unwrap()
}

fn tag_of(token: &str) -> Vec<u8> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix("hl_").unwrap()).unwrap();
    bytes[bytes.len() - 32..].to_vec()
}

/// A refresh token's tag, and all of the token, in whatever form a careless line may have them. The key id and the family
/// before the tag are no secrets.
fn forms_of(token: &str) -> Vec<String> {
    let encoded = token.strip_prefix("hl_").unwrap();
    let tag = tag_of(token);
    let list: Vec<String> = tag.iter().map(u8::to_string).collect();
    vec![
        // 21 bytes before the tag are 28 characters.
        encoded[28..].to_owned(),
        tag.iter().map(|byte| format!("{byte:02x}")).collect(),
        tag.iter().map(|byte| format!("{byte:02X}")).collect(),
        list.join(", "),
        tag.escape_ascii().to_string(),
    ]
}
