//! The inputs that the fuzzer has kept (`make fuzz`, `fuzz/corpus`), each put once more through what it is aimed at. The
//! fuzzer's targets are these very functions.
#![allow(clippy::unwrap_used, reason = "a panic is how a finding shows")]

mod bodies;
mod cookies;
mod forwarded;
mod import_lines;
mod server;
mod service_keys;
mod tickets;
mod tokens;

use std::fs;
use std::path::Path;

use server::Server;
use service_keys::ServiceKeys;
use tickets::ShownTickets;
use tokens::Tokens;

/// Fewer would be no corpus.
const FEW: usize = 10;

fn replays(target: &str, mut is_given: impl FnMut(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_owned();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| is_given(&input)));
        assert!(result.is_ok(), "{target}: {} fails", name.display());
        count += 1;
    }
    assert!(count >= FEW, "{} holds {count} inputs", folder.display());
}

#[test]
fn no_token_but_the_genuine_one_verifies() {
    let tokens = Tokens::make();
    replays("tokens", |input| tokens.are_shown(input));
}

#[test]
fn no_service_key_but_the_genuine_one_verifies() {
    let keys = ServiceKeys::make();
    replays("service_keys", |input| keys.are_shown(input));
}

#[test]
fn no_ticket_but_the_genuine_one_opens() {
    let tickets = ShownTickets::make();
    replays("tickets", |input| tickets.are_shown(input));
}

#[test]
fn nothing_passes_for_the_cookie_and_nothing_hides_it() {
    let server = Server::start();
    replays("cookies", |input| cookies::are_sent(&server, input));
}

#[test]
fn bodies_are_refused_by_the_right_name_and_repeat_no_password() {
    let server = Server::start();
    replays("bodies", |input| bodies::are_sent(&server, input));
}

#[test]
fn what_an_import_takes_can_be_written_again_and_is_cheap_to_check() {
    replays("import_lines", import_lines::are_taken);
}

#[test]
fn nobody_chooses_their_own_address() {
    let server = Server::start();
    replays("forwarded", |input| forwarded::are_sent(&server, input));
}
