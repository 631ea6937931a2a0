#![no_main]

use heirloom_fuzz::tickets::ShownTickets;

std::thread_local!(static TICKETS: ShownTickets = ShownTickets::make());

libfuzzer_sys::fuzz_target!(|input: &[u8]| TICKETS.with(|tickets| tickets.are_shown(input)));
