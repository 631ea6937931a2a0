//! Forwarded headers, seen through the limit that each address has: nothing that a client writes changes who it is, and
//! what the proxy appends does.

use actix_web::http::Method;

use super::server::{PROXY, STRANGER, Server, is_header_value};

const NAMES: [&str; 6] =
    ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "true-client-ip", "x-client-ip"];
const CLIENT: &[u8] = b"203.0.113.7";
const OTHER: &[u8] = b"203.0.113.8";

/// Lines are headers; the first byte of each chooses its name.
pub fn are_sent(server: &Server, input: &[u8]) {
    let mut odd: Vec<(&str, &[u8])> = Vec::new();
    for line in input.split(|&byte| byte == b'\n').take(8) {
        let Some((&choice, value)) = line.split_first() else { continue };
        odd.push((NAMES[usize::from(choice) % NAMES.len()], value));
    }
    if !odd.iter().all(|(_, value)| is_header_value(value)) {
        return;
    }
    let is_too_many = |peer: [u8; 4], headers: &[(&str, &[u8])]| {
        let answer = server.answers(&Method::POST, "/login", peer, headers, b"");
        match answer.status {
            415 => false,
            429 => true,
            status => panic!("{status}: {}", answer.text),
        }
    };
    // Who connects without being a proxy is who connects.
    server.forgets();
    assert!(!is_too_many(STRANGER, &odd));
    assert!(is_too_many(STRANGER, &[]), "a stranger was taken for somebody else");

    // The address that the proxy appends counts, to the last line or as a line of its own.
    for is_own_line in [false, true] {
        server.forgets();
        let appended: Vec<u8>;
        let mut sent = odd.clone();
        let last = sent.iter_mut().rev().find(|(name, _)| *name == NAMES[0]).filter(|_| !is_own_line);
        if let Some((_, value)) = last {
            appended = [value, &b", "[..], CLIENT].concat();
            *value = &appended;
        } else {
            sent.push((NAMES[0], CLIENT));
        }
        assert!(!is_too_many(PROXY, &sent));
        assert!(is_too_many(PROXY, &[(NAMES[0], CLIENT)]), "what the proxy says was not believed");
        assert!(!is_too_many(PROXY, &[(NAMES[0], OTHER)]), "everybody is one");
    }

    // Whatever it is taken for, it is that each time.
    server.forgets();
    assert!(!is_too_many(PROXY, &odd));
    assert!(is_too_many(PROXY, &odd));
}
