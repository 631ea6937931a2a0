//! Who of the machine's users ran a command stands in the security log and in the log.

use std::process::Command;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::client::{Client, Session};
use super::external_database::Somebodys;
use super::home::Home;
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    by: String,
    #[diesel(sql_type = Text)]
    os_user: String,
}

#[test]
fn events_of_commands_name_the_user_of_the_machine_and_users_do_not_see_the_name() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let url = somebodys.url("sessions");
    let environment = [("DATABASE_URL", url.as_str()), SECRET, ("HEIRLOOM_LOG", "info")];
    let serving = Serving::start_with(&home, &["--migrate"], &environment);
    let me = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
    let alice = Session::registered(&serving.url, "alice@example.com");
    Session::logged_in(&serving.url, "alice@example.com");
    let account = Client::of(&serving.url).get("/users/me", &[("authorization", &bearer(&alice))]).text("id");
    let commands: [&[&str]; 4] = [
        &["session", "revoke-all", "alice@example.com"],
        &["user", "disable", "alice@example.com"],
        &["user", "enable", "alice@example.com"],
        &["session", "revoke-all", "--everybody"],
    ];
    for command in &commands {
        if command[1] == "disable" || command[2] == "--everybody" {
            Session::logged_in(&serving.url, "alice@example.com");
        }
        let ended = home.run_with(command, &environment);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let line = ended.stderr.lines().find(|line| line.contains("event=\"authz_admin\"")).expect("it is logged");
        assert!(line.contains(&format!("os_user=\"{me}\"")) && !line.contains("alice"), "{line}");
        assert!(command[2] == "--everybody" || line.contains(&account), "{line}");
    }
    let mut connection = PgConnection::establish(&url).unwrap();
    let query = "SELECT kind, coalesce(detail->>'by', '-') AS by, coalesce(detail->>'os_user', '-') AS os_user \
                 FROM session_events ORDER BY id";
    let recorded: Vec<Recorded> = diesel::sql_query(query).load(&mut connection).unwrap();
    let by_command = ["session_revoked", "session_revoked", "account_disabled", "session_revoked", "account_enabled"];
    let by_command = [&by_command[..], &["session_revoked"]].concat();
    let mut named: Vec<&str> = recorded.iter().filter(|row| row.by == "cli").map(|row| row.kind.as_str()).collect();
    let mut expected = by_command.clone();
    named.sort_unstable();
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert!(recorded.iter().all(|row| row.os_user == if row.by == "cli" { me.as_str() } else { "-" }));

    let alice = Session::logged_in(&serving.url, "alice@example.com");
    let events = Client::of(&serving.url).get("/users/me/events", &[("authorization", &bearer(&alice))]);
    let details: Vec<_> = events.body["events"].as_array().unwrap().iter().map(|event| &event["detail"]).collect();
    assert!(details.iter().filter(|detail| detail["by"] == "cli").count() == 6, "{details:?}");
    assert!(details.iter().all(|detail| detail.get("os_user").is_none()), "{details:?}");
}

fn bearer(session: &Session) -> String {
    format!("Bearer {}", session.access_token)
}
