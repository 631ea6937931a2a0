//! Services with the three verifiers refuse the access tokens of ended sessions within a second, under load, behind HAProxy,
//! while Heirloom restarts, and with notifications blocked. `make feed` does it with 500 endings.

mod cluster;
mod endings;
mod notifications;
mod services;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use self::cluster::Cluster;
use self::endings::{Report, WAYS, ends, late_transaction};
use self::notifications::Blocked;
use self::services::Service;
use super::program::within;

/// A long run of `make feed` on a slow machine.
const LONGEST: Duration = Duration::from_secs(900);

/// Ends the load, also if the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// 24, or what `make feed` says.
#[expect(clippy::disallowed_methods, reason = "a longer run of the same test")]
fn wanted() -> usize {
    std::env::var("HEIRLOOM_TEST_ENDINGS").map_or(24, |count| count.parse().unwrap())
}

/// Ends so many sessions, in every way at the same time, and does `meanwhile` what is to happen when half of them have ended.
fn end_many(cluster: &Cluster, services: &[Service], title: &str, count: usize, meanwhile: impl FnOnce()) -> Report {
    let (done, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let each = count.div_ceil(WAYS.len());
    let mut report = Report::new(title, services);
    thread::scope(|scope| {
        let over = Over(&is_over);
        let load = [0, 1].map(|number| {
            let is_over = &is_over;
            scope.spawn(move || cluster.refreshes_until(is_over, &format!("{title} {number}")))
        });
        let workers = WAYS.map(|way| {
            let done = &done;
            scope.spawn(move || {
                let ended = (0..each).map(|number| {
                    let ended = ends(cluster, services, way, &format!("{title} {number}"));
                    done.fetch_add(1, Ordering::SeqCst);
                    ended
                });
                ended.collect::<Vec<_>>()
            })
        });
        within(LONGEST, "half of the sessions have ended", || {
            let is_broken = workers.iter().any(|worker| worker.is_finished());
            is_broken || done.load(Ordering::SeqCst) * 2 >= each * WAYS.len()
        });
        meanwhile();
        let ended = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        drop(over);
        let refreshed: usize = load.into_iter().map(|client| client.join().unwrap()).sum();
        report.add(ended, &cluster.ended_at(), refreshed);
    });
    report
}

#[test]
fn every_service_refuses_an_ended_session_within_a_second() {
    let Some(cluster) = Cluster::start() else { return };
    let services = Service::all(&cluster);
    let count = wanted();

    let restarted = end_many(&cluster, &services, "through restarts", count, || {
        cluster.restarts(0);
        cluster.restarts(1);
    });
    restarted.print();
    restarted.assert_within(Duration::from_secs(1));

    let blocked = Blocked::begin(&cluster);
    let without = end_many(&cluster, &services, "NOTIFY blocked", count.div_ceil(4), || {});
    drop(blocked);
    without.print();
    without.assert_within(Duration::from_secs(2));

    let late = late_transaction(&cluster, &services);
    late.print();
    late.assert_within(Duration::from_secs(2));

    let outage = endings::outage(&cluster, &services);
    outage.print();
    outage.assert_within(Duration::from_secs(3));
}
