//! Connections as balancers and odd clients use them.

use std::time::Duration;

use super::connection::Connection;
use super::home::Home;
use super::serving::Serving;

const LOGOUT: &[u8] = b"POST /logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

/// Balancers keep idle connections for a minute. Whoever closes first must be them: a request that meets a closing
/// connection is lost, and they may not send a POST again.
#[test]
fn an_idle_connection_outlives_the_one_of_the_balancer() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut connections: Vec<Connection> = (0..20).map(|_| Connection::to(serving.address())).collect();
    for connection in &mut connections {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
    }
    // It was closed after five seconds.
    let closed = connections[0].closes_within(Duration::from_millis(6500));
    assert_eq!(closed, None, "an idle connection is closed");
    for connection in &mut connections {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
    }
}

#[test]
fn an_idle_connection_closes_after_the_time_of_the_setting() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &[], &[("HEIRLOOM_KEEP_ALIVE", "1s")]);
    let mut connection = Connection::to(serving.address());
    for _ in 0..2 {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
        assert_eq!(connection.closes_within(Duration::from_millis(700)), None, "closed before its time");
    }
    assert!(connection.closes_within(Duration::from_secs(3)).is_some(), "an idle connection is kept");
}
