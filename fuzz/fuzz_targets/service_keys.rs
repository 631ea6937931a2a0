#![no_main]

use heirloom_fuzz::service_keys::ServiceKeys;

std::thread_local!(static KEYS: ServiceKeys = ServiceKeys::make());

libfuzzer_sys::fuzz_target!(|input: &[u8]| KEYS.with(|keys| keys.are_shown(input)));
