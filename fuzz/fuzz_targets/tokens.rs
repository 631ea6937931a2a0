#![no_main]

use heirloom_fuzz::tokens::Tokens;

std::thread_local!(static TOKENS: Tokens = Tokens::make());

libfuzzer_sys::fuzz_target!(|input: &[u8]| TOKENS.with(|tokens| tokens.are_shown(input)));
