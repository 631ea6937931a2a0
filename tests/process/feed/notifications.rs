//! Postgres's NOTIFY, blocked: the server processes that listen are stopped, as if their connections had stalled.

use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Integer;
use rustix::process::Signal;

use super::cluster::Cluster;
use crate::program::send;

/// How often new listeners are looked for. Heirloom replaces one that does not respond.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(QueryableByName)]
struct Listening {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// Notifications arrive again when this is dropped.
pub struct Blocked {
    /// Dropped when it is over.
    lasting: Option<Sender<()>>,
    stopping: Option<JoinHandle<()>>,
}

impl Blocked {
    pub fn begin(cluster: &Cluster) -> Self {
        let mut connection = PgConnection::establish(&cluster.database.url("sessions")).unwrap();
        let mut stopped = BTreeSet::new();
        stop_listeners(&mut connection, &mut stopped);
        assert!(stopped.len() >= 2, "each process listens: {stopped:?}");
        let (lasting, over) = channel();
        let stopping = thread::spawn(move || {
            while over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                stop_listeners(&mut connection, &mut stopped);
            }
            stopped.iter().for_each(|&pid| send(pid, Signal::CONT));
        });
        Self { lasting: Some(lasting), stopping: Some(stopping) }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        drop(self.lasting.take());
        let ended = self.stopping.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "listeners could not be stopped");
    }
}

fn stop_listeners(connection: &mut PgConnection, stopped: &mut BTreeSet<u32>) {
    let query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND pid <> pg_backend_pid()";
    let listening: Vec<Listening> = diesel::sql_query(query).load(connection).unwrap();
    for pid in listening.into_iter().map(|row| row.pid.unsigned_abs()) {
        if stopped.insert(pid) {
            send(pid, Signal::STOP);
        }
    }
}
