//! More connections than the program may have files open, and who is served meanwhile.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::super::client::{Client, Session};
use super::super::connection::Connection;
use super::super::program::eventually;
use super::super::serving::Serving;
use super::Site;

const ALICE: &str = "alice@example.com";

const SILENT: usize = 1_100;

/// What the program may have open: fewer than there are silent clients.
const FILES: &str = "256";

/// A soft limit of 1,024 is usual, and the clients are in this process.
fn raise_own_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// Addresses of one machine that are not each other's neighbours.
fn address(number: usize) -> String {
    format!("127.1.{}.{}", number / 200, 1 + number % 200)
}

/// So many clients that connect from `sources` addresses and send nothing. With 0, they have the usual address.
fn silent_clients(serving: &Serving, count: usize, sources: usize) -> Vec<Connection> {
    let source = |number: usize| number.checked_rem(sources).map_or("127.0.0.1".to_owned(), address);
    let connect = |number| Connection::from(&source(number), serving.address()).ok();
    (0..count).filter_map(connect).collect()
}

fn open_of(crowd: &mut [Connection]) -> usize {
    crowd.iter_mut().map(Connection::is_open).filter(|is_open| *is_open).count()
}

fn metric(admin: &Client, series: &str) -> f64 {
    let page = admin.get("/metrics", &[]).body;
    let page = page.as_str().unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}: {page}"));
    line.trim().parse().unwrap()
}

fn everything_is_served(serving: &Serving, session: &mut Session) {
    let client = Client::of(&serving.url);
    assert_eq!(client.get("/health/ready", &[]).status, 200);
    Session::logged_in(&serving.url, ALICE);
    session.is_alive_at(&serving.url);
    let admin = Client::of(&format!("http://{}", serving.admin_address()));
    assert_eq!(admin.get("/health/ready", &[]).status, 200);
    assert_eq!(admin.get("/metrics", &[]).status, 200);
}

/// From one address, from many, and from the very address that the others have.
#[test]
fn a_crowd_of_silent_clients_keeps_nobody_out() {
    raise_own_limit();
    let site = Site::new();
    let mut session = Session::registered(&site.serves(&[]).url, ALICE);
    for sources in [1, 150, 0] {
        // Silent clients are left alone for longer than this test takes.
        let serving = site.serves_within(FILES, FILES, &[("HEIRLOOM_BODY_TIMEOUT", "60s")]);
        let crowd = silent_clients(&serving, SILENT, sources);
        for _ in 0..3 {
            everything_is_served(&serving, &mut session);
        }
        if sources > 0 {
            // They come back whenever they are disconnected.
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let mut some = silent_clients(&serving, 20, sources);
                        some.first_mut().map(|one| one.closes_within(Duration::from_millis(20)));
                    }
                });
                for _ in 0..3 {
                    everything_is_served(&serving, &mut session);
                }
                is_over.store(true, Ordering::Relaxed);
            });
        }
        drop(crowd);
        let log = serving.stderr_so_far();
        assert!(!log.contains("Error accepting connection"), "the program ran out of files");
        assert_eq!(log.lines().filter(|line| line.contains("HEIRLOOM_MAX_CONNECTIONS")).count(), 1, "{log}");
    }
}

#[test]
fn the_soft_limit_of_files_is_raised_to_the_hard_one() {
    let site = Site::new();
    let serving = site.serves_within("256", "3000", &[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", serving.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("3000"), "{files}");
}

#[test]
fn one_address_cannot_have_all_connections_and_those_of_others_are_left_alone() {
    let site = Site::new();
    let settings = [("HEIRLOOM_MAX_CONNECTIONS", "60"), ("HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS", "20")];
    let serving = site.serves(&settings);
    let admin = Client::of(&format!("http://{}", serving.admin_address()));
    let mut kept = Connection::to(serving.address());
    let ping = b"GET /ping HTTP/1.1\r\nHost: heirloom.test\r\n\r\n";
    assert_eq!(kept.sends(ping).response().status, 200);
    let mut crowd = silent_clients(&serving, 100, 1);
    eventually("the crowd has its share", || {
        let open = metric(&admin, "heirloom_http_connections_open{listener=\"public\"}");
        open <= 21.0 && open_of(&mut crowd) <= 20
    });
    assert_eq!(kept.sends(ping).response().status, 200, "the connection of another address was closed");
    let closed = metric(&admin, "heirloom_http_connections_closed_total{listener=\"public\",reason=\"limit\"}")
        + metric(&admin, "heirloom_http_connections_refused_total{listener=\"public\"}");
    assert!(closed >= 80.0, "{closed} connections were closed or refused");
    drop(crowd);
    // A proxy speaks for many.
    let trusted = [&settings[..], &[("HEIRLOOM_TRUSTED_PROXIES", "127.1.0.1")]].concat();
    let serving = site.serves(&trusted);
    let mut crowd = silent_clients(&serving, 40, 1);
    assert_eq!(Client::of(&serving.url).get("/ping", &[]).status, 200);
    assert_eq!(open_of(&mut crowd), 40);
}

#[test]
fn at_the_limit_who_has_been_idle_for_longest_gives_way() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_MAX_CONNECTIONS", "40"), ("HEIRLOOM_BODY_TIMEOUT", "60s")]);
    let ping = b"GET /ping HTTP/1.1\r\nHost: heirloom.test\r\n\r\n";
    let mut idle = Connection::to(serving.address());
    assert_eq!(idle.sends(ping).response().status, 200);
    let crowd = silent_clients(&serving, 30, 30);
    let mut busy = Connection::to(serving.address());
    for source in 40..140 {
        assert_eq!(busy.sends(ping).response().status, 200, "a connection in use was closed");
        let mut late = Connection::from(&address(source), serving.address()).unwrap();
        assert_eq!(late.sends(ping).response().status, 200, "whoever comes late is not served");
        // It stays open for as long as the server leaves it so.
        std::mem::forget(late);
    }
    assert!(idle.closes_within(Duration::from_secs(1)).is_some(), "an idle connection was kept at the limit");
    drop(crowd);
}
