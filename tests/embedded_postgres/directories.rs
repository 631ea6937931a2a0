//! What the directory may hold and where it may be.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::owner::Owner;
use super::place::{Place, connect, number, remember, remembered, setting};
use super::processes::wait_until_nobody_lives_in;

#[test]
fn a_second_owner_in_the_same_process_is_refused_too() {
    let place = Place::new();
    let server = place.start();
    let refusal = place.refusal();
    assert!(refusal.contains(&format!("in use by process {}.", std::process::id())), "{refusal}");
    assert!(refusal.contains("HEIRLOOM_DATA_DIR"), "{refusal}");
    server.stop();
    place.start();
}

#[test]
fn a_path_too_long_for_a_socket_moves_it_elsewhere_until_the_server_stops_or_its_successor_starts() {
    let place = Place::named(&"long".repeat(25));
    let socket_directory = |server: &_| PathBuf::from(setting(&mut connect(server), "unix_socket_directories"));
    let server = place.start();
    let elsewhere = socket_directory(&server);
    assert!(!elsewhere.starts_with(place.path()) && elsewhere.exists(), "{elsewhere:?}");
    assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o700);
    server.stop();
    assert!(!elsewhere.exists(), "{elsewhere:?}");

    let mut owner = Owner::begin(&place);
    owner.wait_until_ready();
    let lock = fs::read_to_string(place.join("lock")).unwrap();
    let left = PathBuf::from(lock.lines().nth(1).unwrap());
    owner.dies();
    wait_until_nobody_lives_in(place.path());
    assert!(left.exists(), "nobody was there to remove it");
    let server = place.start();
    assert!(!left.exists() && socket_directory(&server).exists());
}

#[test]
fn a_data_directory_left_half_made_is_made_anew() {
    let place = Place::new();
    fs::create_dir_all(place.join("data.unfinished/base")).unwrap();
    fs::write(place.join("data.unfinished/PG_VERSION"), "3\n").unwrap();
    let server = place.start();
    assert_eq!(number(&mut connect(&server), "SELECT 1::bigint AS value"), 1);
    assert!(!place.join("data.unfinished").exists());
}

#[test]
fn data_of_another_major_version_is_refused_with_both_versions_and_left_alone() {
    let place = Place::new();
    let server = place.start();
    let ours = setting(&mut connect(&server), "server_version");
    let ours = ours.split('.').next().unwrap();
    server.stop();
    let file = place.join("data/PG_VERSION");
    fs::write(&file, "9.6\n").unwrap();
    let refusal = place.refusal();
    assert!(refusal.contains("was created by Postgres 9,") && refusal.contains(ours), "{refusal}");
    fs::write(&file, "").unwrap();
    let refusal = place.refusal();
    assert!(refusal.contains(file.to_str().unwrap()), "{refusal}");
    fs::write(&file, ours).unwrap();
    place.start();
}

/// After a restart of a container the old server's process id is often somebody else's.
#[test]
fn a_stale_process_id_that_is_somebody_elses_by_now_does_not_stop_the_start() {
    let place = Place::new();
    let server = place.start();
    remember(&server, 10);
    let file = place.join("data/postmaster.pid");
    let ready = fs::read_to_string(&file).unwrap();
    server.stop();
    let stranger = Stranger::of_the_owner_of(&place.join("data"));
    for pid in [std::process::id(), stranger.0.id()] {
        let (_, rest) = ready.split_once('\n').unwrap();
        fs::write(&file, format!("{pid}\n{rest}")).unwrap();
        let server = place.start();
        assert_eq!(remembered(&server), 10);
        assert_ne!(server.postmaster_pid(), Some(pid));
    }
}

/// A process that is no Postgres, of the same user: of another's, Postgres sees by itself that it is none of its own.
struct Stranger(Child);

impl Stranger {
    fn of_the_owner_of(data: &Path) -> Self {
        let mut command = Command::new("sleep");
        if rustix::process::geteuid().is_root() {
            let data = fs::metadata(data).unwrap();
            command.uid(data.uid()).gid(data.gid());
        }
        Self(command.arg("600").spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn others_cannot_look_in_and_the_servers_user_cannot_plant_links_for_root() {
    let place = Place::new();
    let _server = place.start();
    let us = rustix::process::geteuid();
    for name in ["data", "run", "postgres.log"] {
        let mode = fs::metadata(place.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    for name in ["", "lock", "postgres.log"] {
        let metadata = fs::metadata(place.join(name)).unwrap();
        assert_eq!(metadata.uid(), us.as_raw(), "{name}");
        assert_eq!(metadata.permissions().mode() & 0o022, 0, "{name}");
    }
    assert_ne!(fs::metadata(place.join("data")).unwrap().uid(), 0, "Postgres refuses to be root");
}

#[test]
fn directories_that_are_made_on_the_way_let_the_server_through_whatever_the_umask() {
    let place = Place::named("made/on/the/way");
    let mut owner = Owner::begin_with_strict_umask(&place);
    owner.wait_until_ready();
    owner.dies();
    wait_until_nobody_lives_in(place.path());
}

#[test]
fn a_directory_that_the_server_may_not_enter_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::named("closed/postgres");
    let closed = place.path().parent().unwrap();
    fs::create_dir(closed).unwrap();
    fs::set_permissions(closed, Permissions::from_mode(0o700)).unwrap();
    let refusal = place.refusal();
    assert!(refusal.contains("may not enter") && refusal.contains(closed.to_str().unwrap()), "{refusal}");
}
