//! Past capacity: what the best load achieves, and what is left of it with four times the clients, which do not wait for as
//! long as they are told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;

use crate::server::Server;
use crate::{CLIENTS, MANY, Options, SESSIONS, begin, load, sessions_of};

/// Keeps the workers' queues full.
const TOO_MANY: usize = 4 * CLIENTS[CLIENTS.len() - 1];

pub fn run(options: &Options, bar: &ProgressBar) {
    let server = Server::start();
    let mut sessions = sessions_of(&server, SESSIONS, bar);
    begin(bar, options.rounds * 2, "refreshing");
    println!(
        "{:<8} {:>9} {:>9} {:>10} {:>9} {:>12}",
        "clients", "a second", "p50 ms", "p99 ms", "refused", "/ping p99 ms"
    );
    for _ in 0..options.rounds {
        for clients in [MANY, TOO_MANY] {
            let is_over = Arc::new(AtomicBool::new(false));
            let watch = crate::load::watch(server.address, Arc::clone(&is_over));
            let seen = load(&server, clients, options.duration()).refresh(&mut sessions);
            is_over.store(true, Ordering::Relaxed);
            let pings = watch.join().expect("/ping is answered");
            bar.inc(1);
            bar.suspend(|| {
                println!(
                    "{clients:<8} {:>9.0} {:>9.2} {:>10.2} {:>9} {:>12.2}",
                    seen.throughput(),
                    seen.percentile(0.5),
                    seen.percentile(0.99),
                    seen.refused,
                    pings.percentile(0.99)
                );
            });
        }
    }
    bar.finish_and_clear();
}
