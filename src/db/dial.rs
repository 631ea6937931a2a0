//! Connecting to one of several hosts. All are tried at the same time, and those that refuse are tried again while others do not
//! respond: after a failover, one is frozen and another becomes the primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};

use super::connection::monotonic_now;

/// How long the host that was the right one the last time is tried alone. It spares the others most of the attempts.
const HEAD_START: Duration = Duration::from_millis(250);

/// The pause before a host that refused is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// How long all of it may take.
const LONGEST: Duration = Duration::from_secs(5);

/// With so many attempts that have not ended, there are no further ones. Each ends with libpq's `connect_timeout`, unless the
/// server stops responding just then.
const MOST_ATTEMPTS: usize = 128;

/// The hosts, and what is known of them.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    urls: Arc<[String]>,
    /// The one that was connected to the last time.
    preferred: Arc<AtomicUsize>,
    attempts: Arc<AtomicUsize>,
}

impl Hosts {
    pub fn new(urls: Vec<String>) -> Self {
        Self { urls: urls.into(), preferred: Arc::default(), attempts: Arc::default() }
    }

    /// The only host, if there is one only.
    pub fn only(&self) -> Option<&str> {
        match &*self.urls {
            [url] => Some(url),
            _ => None,
        }
    }

    /// Returns the first connection that `connect` makes.
    ///
    /// # Errors
    /// Once every host has refused, and after five seconds otherwise.
    pub fn connect<T: Send + 'static>(
        &self,
        connect: impl Fn(&str) -> ConnectionResult<T> + Clone + Send + 'static,
    ) -> ConnectionResult<T> {
        let end = monotonic_now() + LONGEST;
        let (results, arrived) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |at: usize| {
            let attempts = Attempts { at, is_over: Arc::clone(&is_over), results: results.clone() };
            self.start(attempts, connect.clone())
        };
        let preferred = self.preferred.load(Ordering::Relaxed);
        let mut others: Vec<usize> = (0..self.urls.len()).filter(|&at| at != preferred).collect();
        let mut refusals: Vec<Option<ConnectionError>> = self.urls.iter().map(|_| None).collect();
        let mut wait = HEAD_START;
        start(preferred)?;
        let result = loop {
            match arrived.recv_timeout(wait) {
                Ok((at, Ok(connection))) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    break Ok(connection);
                }
                Ok((at, Err(error))) => refusals[at] = Some(error),
                Err(RecvTimeoutError::Timeout) if monotonic_now() < end => {}
                Err(_) => break Err(late(&refusals)),
            }
            if let Err(error) = others.drain(..).try_for_each(&start) {
                break Err(error);
            }
            if refusals.iter().all(Option::is_some) {
                break Err(late(&refusals));
            }
            wait = end.saturating_duration_since(monotonic_now());
        };
        is_over.store(true, Ordering::Relaxed);
        result
    }

    fn start<T: Send + 'static>(
        &self,
        attempts: Attempts<T>,
        connect: impl Fn(&str) -> ConnectionResult<T> + Send + 'static,
    ) -> ConnectionResult<()> {
        let counted = Counted::new(&self.attempts)?;
        let urls = Arc::clone(&self.urls);
        let run = move || {
            let _counted = counted;
            attempts.run(|at| connect(&urls[at]));
        };
        let started = thread::Builder::new().name("db-connect".to_owned()).spawn(run);
        started.map(drop).map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }
}

struct Attempts<T> {
    at: usize,
    is_over: Arc<AtomicBool>,
    results: Sender<(usize, ConnectionResult<T>)>,
}

impl<T> Attempts<T> {
    #[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
    fn run(&self, connect: impl Fn(usize) -> ConnectionResult<T>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let result = connect(self.at);
            let is_connected = result.is_ok();
            // A connection that nobody receives is closed here.
            if self.results.send((self.at, result)).is_err() || is_connected {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Counts an attempt until it ends.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(attempts: &Arc<AtomicUsize>) -> ConnectionResult<Self> {
        let counted = Self(Arc::clone(attempts));
        match attempts.fetch_add(1, Ordering::Relaxed) {
            MOST_ATTEMPTS.. => Err(ConnectionError::BadConnection("too many attempts to connect hang".to_owned())),
            _ => Ok(counted),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn late(refusals: &[Option<ConnectionError>]) -> ConnectionError {
    let said = |refusal: &Option<ConnectionError>| match refusal {
        Some(error) => error.to_string().trim_end().to_owned(),
        None => "a host does not respond".to_owned(),
    };
    ConnectionError::BadConnection(refusals.iter().map(said).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};

    use diesel::ConnectionError;

    use super::Hosts;

    fn refused(host: &str) -> ConnectionError {
        ConnectionError::BadConnection(format!("{host} refuses"))
    }

    fn hosts() -> Hosts {
        Hosts::new(vec!["a".to_owned(), "b".to_owned()])
    }

    #[test]
    fn a_host_that_hangs_delays_no_other_and_the_right_one_is_tried_alone_the_next_time() {
        let (hosts, release) = (hosts(), Arc::new(Barrier::new(2)));
        let (hang, tries_of_b) = (Arc::clone(&release), Arc::new(AtomicUsize::new(0)));
        let tries = Arc::clone(&tries_of_b);
        // It becomes the primary while the other one hangs.
        let connect = move |host: &str| match host {
            "a" => {
                hang.wait();
                Err(refused("a"))
            }
            _ if tries.fetch_add(1, Ordering::SeqCst) < 2 => Err(refused("b")),
            _ => Ok("connected to b"),
        };
        assert_eq!(hosts.connect(connect.clone()).unwrap(), "connected to b");
        assert_eq!(tries_of_b.load(Ordering::SeqCst), 3);
        release.wait();
        let only_b = |host: &str| if host == "b" { Ok("b alone") } else { panic!("a was tried too") };
        assert_eq!(hosts.connect(only_b).unwrap(), "b alone");
    }

    #[test]
    fn hosts_that_all_refuse_are_not_waited_for() {
        let error = hosts().connect(|host| Err::<(), _>(refused(host))).unwrap_err().to_string();
        assert!(error.contains("a refuses") && error.contains("b refuses"), "{error}");
    }
}
