//! Clients that hold a connection with a small packet: a body that does not end, a head that does not end, a response
//! that is not read.

use std::fs;
use std::thread;
use std::time::Duration;

use super::super::client::Session;
use super::super::connection::Connection;
use super::super::program::eventually;
use super::super::serving::Serving;
use super::Site;

/// What a client may take to send a head or a body.
const TIMEOUT: (&str, &str) = ("HEIRLOOM_BODY_TIMEOUT", "300ms");

/// That, the time in which a client reads the response, and some for a busy machine.
const SOON: Duration = Duration::from_secs(6);

const EVERY: Duration = Duration::from_millis(50);

fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n")
}

/// Runs `case` for each of `cases` at once, since each waits.
fn at_once<T: Sync>(cases: &[T], case: impl Fn(&T) + Sync) {
    thread::scope(|scope| {
        for one in cases {
            scope.spawn(|| case(one));
        }
    });
}

#[test]
fn a_connection_closes_after_the_response_to_a_body_that_does_not_end() {
    let site = Site::new();
    let serving = site.serves(&[TIMEOUT]);
    let (public, admin) = (serving.address().to_owned(), serving.admin_address());
    let routes = [
        (&public, "POST /refresh", 408),
        (&public, "POST /login", 408),
        (&public, "POST /register", 408),
        (&public, "POST /logout", 408),
        (&public, "POST /logout-all", 401),
        (&public, "GET /users/me", 401),
        (&public, "GET /ping", 200),
        (&public, "POST /ping", 405),
        (&public, "GET /health/ready", 200),
        (&public, "GET /openapi.json", 200),
        (&public, "POST /no-such-path", 404),
        (&public, "OPTIONS /login", 405),
        (&admin, "GET /metrics", 200),
        (&admin, "POST /metrics", 405),
        (&admin, "GET /health/ready", 200),
        (&admin, "POST /no-such-path", 404),
    ];
    let bodies = [
        ("Transfer-Encoding: chunked\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", "20\r\n{"),
        ("Content-Length: 100\r\n", ""),
        ("Content-Length: 100\r\n", "{"),
        ("Connection: upgrade\r\nUpgrade: websocket\r\n", "{"),
    ];
    let cases: Vec<_> = routes.iter().flat_map(|route| bodies.iter().map(move |body| (*route, *body))).collect();
    at_once(&cases, |&((address, line, status), (framing, start))| {
        let mut connection = Connection::to(address);
        connection.sends(request(line, framing).as_bytes()).sends(start.as_bytes());
        let response = connection.response();
        assert_eq!(response.status, status, "{line} {framing}: {response:?}");
        let is_whole = status == 200 || response.text.contains(&format!("\"status\":{status}"));
        assert!(is_whole, "{line} {framing}: {response:?}");
        let closed = connection.closes_within(SOON);
        assert!(closed.is_some(), "{line} with {framing} and {start:?} holds its connection");
    });
}

#[test]
fn a_body_that_trickles_in_holds_no_connection_after_the_response() {
    let site = Site::new();
    let serving = site.serves(&[TIMEOUT]);
    let (public, admin) = (serving.address().to_owned(), serving.admin_address());
    let routes = [
        (&public, "POST /refresh", 408),
        (&public, "POST /ping", 405),
        (&public, "POST /no-such-path", 404),
        (&admin, "POST /metrics", 405),
    ];
    let chunks = "1\r\nx\r\n".repeat(300);
    let bodies = [("Transfer-Encoding: chunked\r\n", chunks.as_str()), ("Content-Length: 10000\r\n", chunks.as_str())];
    let cases: Vec<_> = routes.iter().flat_map(|route| bodies.iter().map(move |body| (*route, *body))).collect();
    at_once(&cases, |&((address, line, status), (framing, body))| {
        let mut connection = Connection::to(address);
        connection.sends(request(line, framing).as_bytes());
        let sent = connection.trickles(&body.as_bytes()[..120], EVERY);
        assert!(sent < 120, "{line} with {framing} holds its connection");
        // The client has got the response although it was still sending.
        assert_eq!(connection.response().status, status, "{line} {framing}");
    });
}

#[test]
fn a_connection_closes_after_a_body_that_is_too_large() {
    let site = Site::new();
    let serving = site.serves(&[TIMEOUT]);
    let endless = format!("20000\r\n{}", "x".repeat(0x11000));
    let cases = [("Content-Length: 100000000\r\n", "{"), ("Transfer-Encoding: chunked\r\n", endless.as_str())];
    at_once(&cases, |&(framing, start)| {
        let mut connection = Connection::to(serving.address());
        connection.sends(request("POST /login", framing).as_bytes()).sends(start.as_bytes());
        assert_eq!(connection.response().status, 413, "{framing}");
        assert!(connection.closes_within(SOON).is_some(), "{framing} holds its connection");
    });
}

/// The first, a second one on a connection that is kept alive, and one whose beginning came with the request before.
#[test]
fn every_head_is_timed_from_its_first_byte() {
    const PING: &str = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let site = Site::new();
    let serving = site.serves(&[TIMEOUT]);
    let (public, admin) = (serving.address().to_owned(), serving.admin_address());
    let slow = format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: {}\r\n\r\n", "x".repeat(120));
    let starts = [None, Some((PING.to_owned(), 0)), Some((format!("{PING}GET /he"), 7))];
    let mut cases = Vec::new();
    for address in [&public, &admin] {
        for start in &starts {
            for is_trickling in [false, true] {
                cases.push((address, start, is_trickling));
            }
        }
    }
    at_once(&cases, |&(address, start, is_trickling)| {
        let mut connection = Connection::to(address);
        let mut sent = 0;
        if let Some((first, begun)) = start {
            connection.sends(first.as_bytes());
            connection.response();
            sent = *begun;
        }
        if is_trickling {
            let rest = &slow.as_bytes()[sent..];
            assert!(connection.trickles(rest, EVERY) < rest.len(), "a head that trickles is waited for: {start:?}");
        } else {
            connection.sends(&slow.as_bytes()[sent..sent + 1]);
        }
        let response = connection.response();
        assert_eq!(response.status, 408, "{start:?} {response:?}");
        assert!(connection.closes_within(SOON).is_some(), "a head that does not end holds its connection: {start:?}");
    });
}

#[test]
fn an_idle_connection_is_not_timed_as_a_head_and_a_slow_request_is_served() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_BODY_TIMEOUT", "2s")]);
    let alice = Session::registered(&serving.url, "alice@example.com");
    let mut connection = Connection::to(serving.address());
    for _ in 0..2 {
        let mut head = request("GET /ping", "").into_bytes();
        let last = head.split_off(head.len() - 20);
        connection.sends(&head);
        assert_eq!(connection.trickles(&last, EVERY), last.len());
        assert_eq!(connection.response().status, 200);
    }
    // Longer than a head may take.
    assert!(
        connection.closes_within(Duration::from_millis(2500)).is_none(),
        "an idle connection is closed as a head is"
    );
    let body = format!(r#"{{"refresh_token":"{}"}}"#, alice.refresh_token);
    let length = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    connection.sends(request("POST /refresh", &length).as_bytes());
    assert_eq!(connection.response().status, 100);
    let (start, last) = body.as_bytes().split_at(body.len() - 20);
    connection.sends(start);
    assert_eq!(connection.trickles(last, EVERY), last.len());
    let response = connection.response();
    assert_eq!(response.status, 200, "{response:?}");
    // The rest of the protocol: several requests in one packet, a response without a body, and that on one connection.
    connection.sends(["GET /ping", "OPTIONS /ping", "GET /ping"].map(|line| request(line, "")).concat().as_bytes());
    for status in [200, 405, 200] {
        assert_eq!(connection.response().status, status);
    }
    // A body that no handler reads, and that has arrived.
    for (framing, body) in [("Content-Length: 2\r\n", "{}"), ("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    {
        connection.sends((request("POST /ping", framing) + body).as_bytes());
        assert_eq!(connection.response().status, 405, "{framing}");
    }
    connection.sends(request("HEAD /ping", "").as_bytes());
    assert_eq!(connection.head_response().status, 200);
    connection.sends(request("GET /ping", "").as_bytes());
    assert_eq!(connection.response().status, 200);
}

/// How many connections of clients the program has open.
fn held(serving: &Serving) -> usize {
    const ESTABLISHED: &str = "01";
    const CLOSE_WAIT: &str = "08";
    let port = serving.address().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    // Clients of other tests may have this port at another address.
    let local = format!("{:08X}:{port:04X}", u32::from_ne_bytes([127, 0, 0, 1]));
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let is_held = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1] == local && [ESTABLISHED, CLOSE_WAIT].contains(&fields[3])
    };
    sockets.lines().skip(1).filter(is_held).count()
}

#[test]
fn who_does_not_read_the_response_holds_no_connection() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_BODY_TIMEOUT", "1s")]);
    // More than the kernel's buffers take.
    let many = request("GET /docs/swagger-ui-bundle.js", "").repeat(10);
    let mut connections = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::from("127.0.0.1", serving.address()).unwrap();
        connection.sends(many.as_bytes());
        connections.push(connection);
    }
    eventually("each has its connection", || held(&serving) == 5);
    eventually("none has its connection", || held(&serving) == 0);
    drop(connections);
}

#[test]
fn a_slow_reader_gets_all_of_a_large_response() {
    let site = Site::new();
    let serving = site.serves(&[TIMEOUT]);
    let mut connection = Connection::from("127.0.0.1", serving.address()).unwrap();
    connection.sends(request("GET /docs/swagger-ui-bundle.js", "").as_bytes());
    let length = connection.reads_slowly(Duration::from_secs(3));
    assert!(length > 1_000_000, "{length} bytes arrived");
}
