//! A process that stands still while its balancer gives it up: a machine that is moved, a laptop that sleeps.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::process::Signal;

use super::client::{Client, Session};
use super::home::Home;
use super::serving::Serving;

/// The requests that wait in its connections are those of clients that have long asked elsewhere, with tokens that are old
/// by now.
#[test]
fn a_refresh_whose_client_has_hung_up_is_not_carried_out() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let client = Client::of(&serving.url);
    let mut alice = Session::registered(&serving.url, "alice@example.com");
    let old = alice.refresh_token.clone();
    alice.is_alive_at(&serving.url);
    alice.is_alive_at(&serving.url);
    let body = format!("{{\"refresh_token\": \"{old}\"}}");
    let in_body = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let as_bearer = format!("Authorization: Bearer {old}\r\nContent-Length: 0\r\n\r\n");

    serving.signal(Signal::STOP);
    let mut left = Vec::new();
    for (at, rest) in [in_body, as_bearer].iter().cycle().take(8).enumerate() {
        let mut connection = TcpStream::connect(serving.address()).unwrap();
        write!(connection, "POST /refresh HTTP/1.1\r\nHost: {}\r\n{rest}", serving.address()).unwrap();
        if at % 4 < 2 {
            connection.shutdown(Shutdown::Write).unwrap();
            connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            left.push(connection);
        }
    }
    serving.signal(Signal::CONT);
    for mut connection in left {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "", "there was nobody to answer to");
    }
    assert_eq!(client.get("/ping", &[]).status, 200);
    alice.is_alive_at(&serving.url);
    assert_eq!(serving.stops().code, Some(0));
}
