//! The `Cookie` header: whatever stands beside the genuine cookie neither passes for it nor hides it.

use actix_web::http::Method;

use super::server::{STRANGER, Server, genuine_token, is_header_value};

const NAME: &str = "__Host-heirloom_refresh";

/// Lines are headers. For readability of the inputs, the bytes 1 and 2 stand for a genuine token and for the name.
pub fn are_sent(server: &Server, input: &[u8]) {
    let (genuine, other) = (genuine_token(1), genuine_token(2));
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in input.split(|&byte| byte == b'\n').take(8) {
        let mut expanded = Vec::new();
        for &byte in line {
            match byte {
                1 => expanded.extend_from_slice(other.as_bytes()),
                2 => expanded.extend_from_slice(NAME.as_bytes()),
                byte => expanded.push(byte),
            }
        }
        lines.push(expanded);
    }
    if !lines.iter().all(|line| is_header_value(line)) {
        return;
    }
    let refreshes = |lines: &[&[u8]]| {
        let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| ("cookie", *line)).collect();
        server.answers(&Method::POST, "/refresh", STRANGER, &headers, b"")
    };
    let odd: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    let alone = refreshes(&odd);
    let is_named = odd.iter().any(|line| contains(line, NAME.as_bytes()));
    match alone.verdict() {
        (401, "refresh_token_missing") => {}
        (401, "refresh_token_invalid") => assert!(is_named, "a look-alike was taken for our cookie"),
        (503, "unavailable") => {
            assert!(is_named && odd.iter().any(|line| contains(line, other.as_bytes())), "a token out of nothing");
        }
        verdict => panic!("{verdict:?}"),
    }
    if !is_named {
        let pair = format!("{NAME}={genuine}").into_bytes();
        let joined = [odd.join(&b"; "[..]), b"; ".to_vec(), pair.clone()].concat();
        let reversed = [&pair[..], b"; ", &odd.join(&b";"[..])].concat();
        for lines in [&[&odd[..], &[&pair]].concat()[..], &[&[&pair[..]], &odd[..]].concat(), &[&joined], &[&reversed]]
        {
            assert_eq!(refreshes(lines).verdict(), (503, "unavailable"), "the genuine cookie was hidden");
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
