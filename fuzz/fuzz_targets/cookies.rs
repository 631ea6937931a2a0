#![no_main]

use heirloom_fuzz::cookies;
use heirloom_fuzz::server::Server;

// Never dropped: what it is made of is gone before it when the process ends.
std::thread_local!(static SERVER: &'static Server = Box::leak(Box::new(Server::start())));

libfuzzer_sys::fuzz_target!(|input: &[u8]| SERVER.with(|server| cookies::are_sent(server, input)));
