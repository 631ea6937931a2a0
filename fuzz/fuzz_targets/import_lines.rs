#![no_main]

use heirloom_fuzz::import_lines;

libfuzzer_sys::fuzz_target!(|input: &[u8]| import_lines::are_taken(input));
