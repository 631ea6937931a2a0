//! Deaths: of the server, of a part of it, of its owner. Whoever is left picks up what is there.

use diesel::prelude::*;

use super::owner::Owner;
use super::place::{Place, connect, number, remember, remembered};
use super::processes::{eventually, exists, kill, living_in, parent_of, wait_until_nobody_lives_in};

#[test]
fn a_killed_server_comes_back_with_what_was_committed() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 1000);
    let before = server.postmaster_pid().unwrap();
    kill(before);
    let accepts = || PgConnection::establish(&server.database_url("postgres")).is_ok();
    eventually("the server is back", || server.postmaster_pid().is_some_and(|pid| pid != before) && accepts());
    assert_eq!(remembered(&server), 1000);
    server.stop();
    assert_eq!(living_in(place.path()), Vec::<String>::new(), "the new server is the one that is stopped");
}

#[test]
fn a_server_whose_shell_is_killed_is_replaced_and_not_doubled() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 1000);
    let before = server.postmaster_pid().unwrap();
    kill(parent_of(before));
    let accepts = || PgConnection::establish(&server.database_url("postgres")).is_ok();
    eventually("the server is replaced", || server.postmaster_pid().is_some_and(|pid| pid != before) && accepts());
    assert_eq!(remembered(&server), 1000);
    server.stop();
    wait_until_nobody_lives_in(place.path());
}

#[test]
fn the_server_outlives_the_death_of_one_of_its_children() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 1000);
    let before = server.postmaster_pid();
    let mut victim = connect(&server);
    let pid = number(&mut victim, "SELECT pg_backend_pid()::bigint AS value").try_into().unwrap();
    kill(pid);
    // Before the postmaster has taken notice it lets clients in, only to end them with all others.
    eventually("the postmaster has noticed", || !exists(pid));
    let accepts = || PgConnection::establish(&server.database_url("postgres")).is_ok();
    eventually("the server accepts again", accepts);
    assert_eq!(remembered(&server), 1000);
    assert_eq!(server.postmaster_pid(), before);
}

#[test]
fn the_owners_death_ends_the_server_and_the_next_owner_finds_everything() {
    let place = Place::new();
    let mut owner = Owner::begin(&place);
    owner.wait_until_ready();
    let refusal = place.refusal();
    assert!(refusal.contains(&format!("in use by process {}.", owner.pid())), "{refusal}");
    owner.dies();
    wait_until_nobody_lives_in(place.path());
    remember(&place.start(), 10);

    let mut owner = Owner::begin(&place);
    owner.wait_until_ready();
    owner.dies();
    let server = place.start();
    assert_eq!(remembered(&server), 10, "a start that does not wait for the old server to go works as well");
}

/// A server and its owner killed at once leave the server's children, a stale file and a socket that nobody listens to.
#[test]
fn a_start_after_the_death_of_both_owner_and_server_works() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 1000);
    server.stop();
    let mut owner = Owner::begin(&place);
    owner.wait_until_ready();
    let text = std::fs::read_to_string(place.join("data/postmaster.pid")).unwrap();
    kill(text.lines().next().unwrap().parse().unwrap());
    owner.dies();
    assert_eq!(remembered(&place.start()), 1000);
}

#[test]
fn an_owner_killed_at_any_moment_of_its_start_leaves_nothing_running() {
    for moment in ["lock", "data.unfinished", "data.unfinished/PG_VERSION", "data/PG_VERSION", "data/postmaster.pid"] {
        let place = Place::new();
        let owner = Owner::begin(&place);
        let sign = place.join(moment);
        eventually(moment, || sign.exists());
        owner.dies();
        if moment.starts_with("data.unfinished") {
            // Nobody waits for the old initdb here but the start itself.
            assert_eq!(number(&mut connect(&place.start()), "SELECT 1::bigint AS value"), 1, "{moment}");
        }
        wait_until_nobody_lives_in(place.path());
        assert_eq!(number(&mut connect(&place.start()), "SELECT 1::bigint AS value"), 1, "{moment}");
    }
}
