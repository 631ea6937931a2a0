//! Sessions that end in every way, and how long each service still accepts their access tokens.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use serde_json::json;
use time::OffsetDateTime;

use super::cluster::Cluster;
use super::services::Service;
use crate::client::{Answer, Client};
use crate::program::{eventually, within};

/// How a session ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Logout,
    Theft,
    Disabled,
    Limit,
}

pub const WAYS: [Way; 4] = [Way::Logout, Way::Theft, Way::Disabled, Way::Limit];

/// A session that has ended, and when each service refused its access token for the first time.
pub struct Ended {
    session: String,
    refused_at: Vec<OffsetDateTime>,
}

fn now() -> OffsetDateTime {
    heirloom::domain::clock::Clock::system().machine_now()
}

/// Begins a session whose access token every service accepts, ends it by `end`, and waits until every service refuses it.
fn ends_by(services: &[Service], begun: &Answer, access_token: &str, end: impl FnOnce()) -> Ended {
    for service in services {
        let client = Client::of(&service.url);
        eventually("the service accepts the token", || service.verdict(&client, access_token).0 == 200);
    }
    let ready = Barrier::new(services.len() + 1);
    thread::scope(|scope| {
        let refused = services.iter().map(|service| {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                refused_at(service, access_token)
            })
        });
        let refused: Vec<_> = refused.collect();
        ready.wait();
        end();
        let refused_at = refused.into_iter().map(|refused| refused.join().unwrap()).collect();
        Ended { session: begun.body["session"]["id"].as_str().unwrap().to_owned(), refused_at }
    })
}

#[expect(clippy::disallowed_methods, reason = "a client that asks again has a rate")]
fn refused_at(service: &Service, access_token: &str) -> OffsetDateTime {
    let client = Client::of(&service.url);
    let mut found = None;
    within(Duration::from_secs(120), &format!("{} refuses an ended session", service.language), || {
        let (status, code) = service.verdict(&client, access_token);
        if status != 200 {
            assert_eq!((status, code.as_str()), (401, "session_revoked"), "{}", service.language);
            found = Some(now());
        }
        thread::sleep(Duration::from_millis(5));
        found.is_some()
    });
    found.unwrap()
}

/// Begins a session and ends it in this way.
pub fn ends(cluster: &Cluster, services: &[Service], way: Way, name: &str) -> Ended {
    let client = Client::of(&cluster.url);
    let email = format!("{way:?}.{}@example.com", name.replace(' ', "."));
    let begun = cluster.registers(&client, &email);
    let first = json!({ "refresh_token": begun.text("refresh_token") });
    let refused = |answer: &Answer| assert_eq!(answer.status, 401, "{answer:?}");
    match way {
        Way::Logout => ends_by(services, &begun, &begun.text("access_token"), || {
            assert_eq!(cluster.post(&client, "/logout", &first).status, 200);
        }),
        Way::Theft => {
            let newest = cluster.post(&client, "/refresh", &first);
            if newest.status != 200 {
                // The first attempt's response was lost with a process, and the second was the theft.
                return ends(cluster, services, way, &format!("{name} again"));
            }
            ends_by(services, &begun, &newest.text("access_token"), || {
                refused(&cluster.post(&client, "/refresh", &first));
            })
        }
        Way::Disabled => ends_by(services, &begun, &begun.text("access_token"), || {
            let ended = cluster.command(&["user", "disable", &email]);
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }),
        Way::Limit => ends_by(services, &begun, &begun.text("access_token"), || {
            cluster.logs_in(&client, &email);
        }),
    }
}

/// A session that a transaction ends which commits long after others have ended theirs.
pub fn late_transaction(cluster: &Cluster, services: &[Service]) -> Report {
    let client = Client::of(&cluster.url);
    let begun = cluster.registers(&client, "late@example.com");
    let session = begun.body["session"]["id"].as_str().unwrap().to_owned();
    let mut late = PgConnection::establish(&cluster.database.url("sessions")).unwrap();
    late.batch_execute(&format!(
        "BEGIN; UPDATE token_families SET revoked_at = rotated_at, revoked_reason = 'admin' WHERE id = '{session}'; \
         INSERT INTO ended_sessions (family_id, ended_at) VALUES ('{session}', now())"
    ))
    .unwrap();
    let mut committed_at = None;
    let ended = ends_by(services, &begun, &begun.text("access_token"), || {
        ends(cluster, services, Way::Logout, "before the late one");
        ends(cluster, services, Way::Disabled, "before the late one");
        for service in services {
            let verdict = service.verdict(&Client::of(&service.url), &begun.text("access_token"));
            assert_eq!(verdict.0, 200, "{}: nothing has been committed", service.language);
        }
        committed_at = Some(now());
        late.batch_execute("COMMIT").unwrap();
    });
    let mut report = Report::new("late commit", services);
    report.add(vec![ended], &HashMap::from([(session, committed_at.unwrap())]), 0);
    report
}

/// Sessions that end while no process runs. What counts is the time from when one runs again.
pub fn outage(cluster: &Cluster, services: &[Service]) -> Report {
    let client = Client::of(&cluster.url);
    let begun = cluster.registers(&client, "outage@example.com");
    let mut started_at = None;
    let ended = ends_by(services, &begun, &begun.text("access_token"), || {
        (0..2).for_each(|number| cluster.stops(number));
        assert_eq!(cluster.command(&["user", "disable", "outage@example.com"]).code, Some(0));
        cluster.starts(0);
        started_at = Some(now());
        cluster.starts(1);
    });
    let mut report = Report::new("after an outage", services);
    report.add(
        vec![ended],
        &HashMap::from([(begun.body["session"]["id"].as_str().unwrap().to_owned(), started_at.unwrap())]),
        0,
    );
    report
}

/// How long each service accepted ended sessions.
pub struct Report {
    title: String,
    /// By language, sorted.
    delays: Vec<(&'static str, Vec<Duration>)>,
    refreshed: usize,
}

impl Report {
    pub fn new(title: &str, services: &[Service]) -> Self {
        let delays = services.iter().map(|service| (service.language, Vec::new())).collect();
        Self { title: title.to_owned(), delays, refreshed: 0 }
    }

    pub fn add(&mut self, ended: Vec<Ended>, at: &HashMap<String, OffsetDateTime>, refreshed: usize) {
        for Ended { session, refused_at } in &ended {
            let at = *at.get(session).expect("the feed has every session that has ended");
            for ((_, delays), refused_at) in self.delays.iter_mut().zip(refused_at) {
                delays.push((*refused_at - at).try_into().unwrap_or_default());
            }
        }
        self.delays.iter_mut().for_each(|(_, delays)| delays.sort_unstable());
        self.refreshed += refreshed;
    }

    pub fn print(&self) {
        for (language, delays) in &self.delays {
            let [p50, p90, p99, most] = [50, 90, 99, 100].map(|share| percentile(delays, share).as_millis());
            let (count, title, refreshed) = (delays.len(), &self.title, self.refreshed);
            eprintln!(
                "{title:<16} {language:<7} {count:>4} endings  p50 {p50:>5} ms  p90 {p90:>5} ms  p99 {p99:>5} ms  \
                 longest {most:>5} ms  beside {refreshed} refreshes"
            );
        }
    }

    /// At p99. Among a few, the slowest one is all chance on a busy machine, so there it is p90.
    pub fn assert_within(&self, bound: Duration) {
        for (language, delays) in &self.delays {
            let share = if delays.len() < 100 { 90 } else { 99 };
            let delay = percentile(delays, share);
            assert!(delay <= bound, "{}: {language} took {delay:?} at p{share}", self.title);
        }
    }
}

/// Of sorted delays.
fn percentile(delays: &[Duration], share: usize) -> Duration {
    delays[(delays.len() * share).div_ceil(100).saturating_sub(1)]
}
