//! Starting and stopping as one should.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rustix::process::Signal;

use super::client::{Client, Session};
use super::home::{Home, mode};
use super::program::{eventually, working_in};
use super::serving::Serving;

#[test]
fn serve_prints_one_line_with_its_url_and_its_sessions_outlive_a_stop() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let url = serving.url.clone();
    assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with(":0"), "{url}");
    let pong = Client::of(&url).get("/ping", &[]);
    assert_eq!((pong.status, pong.text("message")), (200, "pong".to_owned()));
    let mut session = Session::registered(&url, "alice@example.com");
    let secret = fs::read_to_string(home.data().join("secret")).unwrap();
    assert_eq!(mode(&home.data().join("secret")), 0o600);
    let ended = serving.stops();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, format!("Heirloom serves {url}\n"));
    assert!(ended.stderr.contains("using a generated secret"), "{}", ended.stderr);
    assert_eq!(working_in(&home.data()), Vec::<String>::new(), "Postgres is stopped before we end");

    let serving = Serving::start(&home);
    session.is_alive_at(&serving.url);
    assert_eq!(fs::read_to_string(home.data().join("secret")).unwrap(), secret);
    assert_eq!(serving.stops().code, Some(0));
}

#[test]
fn requests_in_flight_are_answered_before_either_signal_ends_the_server() {
    let home = Home::new();
    for (signal, email) in [(Signal::TERM, "alice@example.com"), (Signal::INT, "bob@example.com")] {
        let serving = Serving::start(&home);
        let body = format!("{{\"email\": \"{email}\", \"password\": \"three lamps on the stairs\"}}");
        let (first, second) = body.split_at(body.len() / 2);
        let mut connection = TcpStream::connect(serving.address()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (host, length) = (serving.address(), body.len());
        write!(
            connection,
            "POST /register HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\n\r\n"
        )
        .unwrap();
        // So that the request has been begun when the signal comes.
        let mut begun = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        connection.read_exact(&mut begun).unwrap();
        assert!(begun.starts_with(b"HTTP/1.1 100 "));
        connection.write_all(first.as_bytes()).unwrap();
        serving.signal(signal);
        eventually("the server begins to stop", || serving.stderr_so_far().contains("Stopping"));
        eventually("no new connection is taken", || TcpStream::connect(serving.address()).is_err());
        connection.write_all(second.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        let ended = serving.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(working_in(&home.data()), Vec::<String>::new());
    }
}

#[test]
fn a_signal_during_the_first_start_ends_it_in_good_order() {
    let home = Home::new();
    let program = home.begin(&["serve"], &[]);
    eventually("the database is being made", || home.data().join("postgres/data.unfinished").exists());
    program.signal(Signal::TERM);
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(working_in(&home.data()), Vec::<String>::new());
    assert_eq!(Serving::start(&home).stops().code, Some(0));
}

#[test]
fn a_data_directory_in_use_is_refused_with_the_owners_process_id() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let ended = home.run(&["serve"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&format!("in use by process {}.", serving.pid())), "{ended:?}");
    assert!(!ended.stderr.contains("Heirloom serves"), "{ended:?}");
    assert_eq!(Client::of(&serving.url).get("/health/ready", &[]).status, 200, "the first is not disturbed");
}

#[test]
fn a_kept_secret_that_others_can_read_is_closed_to_them_and_a_damaged_one_named() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut session = Session::registered(&serving.url, "alice@example.com");
    serving.stops();
    let secret = home.data().join("secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let serving = Serving::start(&home);
    session.is_alive_at(&serving.url);
    assert_eq!(mode(&secret), 0o600);
    let ended = serving.stops();
    assert!(ended.stderr.contains("Other users of this machine could read the secret"), "{}", ended.stderr);

    fs::write(&secret, "cut off\n").unwrap();
    let ended = home.run(&["serve"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.contains(secret.to_str().unwrap()) && !ended.stderr.contains("cut off"), "{ended:?}");
}
