//! Postgres's NOTIFY, blocked: the server processes that listen are stopped, as if their connections had stalled.

use diesel::prelude::*;
use diesel::sql_types::Integer;
use rustix::process::Signal;

use super::cluster::Cluster;
use crate::program::send;

#[derive(QueryableByName)]
struct Listening {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// Notifications arrive again when this is dropped.
pub struct Blocked {
    connection: PgConnection,
    pids: Vec<i32>,
}

impl Blocked {
    pub fn begin(cluster: &Cluster) -> Self {
        let mut connection = PgConnection::establish(&cluster.database.url("sessions")).unwrap();
        let pids = listening(&mut connection);
        assert!(pids.len() >= 2, "each process listens: {pids:?}");
        let blocked = Self { connection, pids };
        blocked.pids.iter().for_each(|&pid| send(pid.unsigned_abs(), Signal::STOP));
        blocked
    }

    /// Asserts that nobody has listened meanwhile in another way.
    pub fn ends(mut self) {
        assert_eq!(listening(&mut self.connection), self.pids);
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.pids.iter().for_each(|&pid| send(pid.unsigned_abs(), Signal::CONT));
    }
}

fn listening(connection: &mut PgConnection) -> Vec<i32> {
    let query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND pid <> pg_backend_pid() ORDER BY pid";
    let rows: Vec<Listening> = diesel::sql_query(query).load(connection).unwrap();
    rows.into_iter().map(|row| row.pid).collect()
}
