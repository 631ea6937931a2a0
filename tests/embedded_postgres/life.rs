//! Starting, settings and stopping.

use super::place::{Place, connect, number, remember, remembered, run, setting};
use super::processes::{group_of, living_in, parent_of};

#[test]
fn a_server_starts_from_nothing_and_answers() {
    let place = Place::new();
    let server = place.start();
    assert_eq!(number(&mut connect(&server), "SELECT 6 * 7::bigint AS value"), 42);
}

#[test]
fn stopping_leaves_no_process_and_the_next_start_finds_the_data() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 1000);
    let open = connect(&server);
    server.stop();
    assert_eq!(living_in(place.path()), Vec::<String>::new(), "an open connection does not keep it");
    drop(open);
    let server = place.start();
    assert_eq!(remembered(&server), 1000);
    drop(server);
    assert_eq!(living_in(place.path()), Vec::<String>::new(), "dropping is stopping");
}

#[test]
fn a_terminals_signals_reach_neither_the_server_nor_its_shell() {
    let place = Place::new();
    let server = place.start();
    let postmaster = server.postmaster_pid().unwrap();
    let shell = parent_of(postmaster);
    assert_eq!(parent_of(shell), std::process::id());
    assert_eq!(group_of(postmaster), group_of(shell));
    assert_ne!(group_of(postmaster), group_of(std::process::id()));
}

#[test]
fn only_the_socket_leads_in() {
    let place = Place::new();
    let server = place.start();
    assert_eq!(setting(&mut connect(&server), "listen_addresses"), "");
}

#[test]
fn settings_that_are_passed_win() {
    let place = Place::new();
    let server = place.try_start_with(&[("jit", "on"), ("max_connections", "17"), ("fsync", "on")]).unwrap();
    let connection = &mut connect(&server);
    assert_eq!(setting(connection, "jit"), "on");
    assert_eq!(setting(connection, "max_connections"), "17");
    assert_eq!(setting(connection, "fsync"), "on");
    assert_eq!(setting(connection, "full_page_writes"), "off", "the others stay ours");
}

#[test]
fn a_start_that_fails_says_what_the_log_says_and_the_directory_stays_usable() {
    let place = Place::new();
    let error = place.try_start_with(&[("shared_buffers", "a lot")]).err().unwrap().to_string();
    assert!(error.contains("invalid value for parameter \"shared_buffers\": \"a lot\""), "{error}");
    assert!(error.contains(place.join("postgres.log").to_str().unwrap()), "{error}");
    assert_eq!(living_in(place.path()), Vec::<String>::new());
    run(&mut connect(&place.start()), "SELECT 1");
}

#[test]
fn our_environment_is_not_the_servers() {
    let place = Place::new();
    let server = place.start();
    let environment = std::fs::read(format!("/proc/{}/environ", server.postmaster_pid().unwrap())).unwrap();
    let names: Vec<&[u8]> =
        environment.split(|&byte| byte == 0).filter_map(|pair| pair.split(|&b| b == b'=').next()).collect();
    for name in ["HOME", "CARGO_MANIFEST_DIR", "USER"] {
        assert!(!names.contains(&name.as_bytes()), "{name}");
    }
}
