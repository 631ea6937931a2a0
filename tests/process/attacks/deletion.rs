//! What a review found about deleted accounts: what was left of them, and what the log said of them.

use std::process::Command;

use heirloom::embedded_postgres::program;
use serde_json::{Value, json};

use super::super::client::{Answer, Client, PASSWORD};
use super::{Jar, Site, verdict};

const EMAIL: &str = "kanarienvogel.gelb@example.com";
const LOCAL: &str = "kanarienvogel";
const IP: &str = "203.0.113.77";
const USER_AGENT: &str = "KanarienBrowser/7";

#[test]
fn a_deleted_account_leaves_a_record_of_its_end_and_nothing_else() {
    for by in ["user", "operator"] {
        let site = Site::new();
        let environment = [
            ("HEIRLOOM_TRUSTED_PROXIES", "127.0.0.1"),
            ("HEIRLOOM_LOG_FORMAT", "json"),
            ("HEIRLOOM_REFRESH_OVERLAP", "0s"),
            ("HEIRLOOM_REFRESH_RECOVERY_BURST", "0"),
            // Nobody takes the mails, so they wait.
            ("HEIRLOOM_MAIL_URL", "smtp://127.0.0.1:9"),
            ("HEIRLOOM_MAIL_FROM", "login@shop.example"),
            ("HEIRLOOM_PUBLIC_URL", "https://shop.example/app/"),
        ];
        let serving = site.serves(&environment);
        let client = Client::of(&serving.url);
        let mut command_log = String::new();
        let id = lives_a_whole_life(&site, &client);
        let dump = site.dumps();
        for trace in [EMAIL, IP, USER_AGENT, &id] {
            assert!(dump.contains(trace), "{trace} is not where it is looked for");
        }
        if by == "user" {
            let jar = Jar::from(&from_the_bird(&client, "/login", None, &json!({ "email": EMAIL, "password": NEW })));
            let headers = [("authorization", jar.bearer()), ("content-type", "application/json".to_owned())];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_bytes()));
            let wrong = client.send("DELETE", "/users/me", &headers, b"{\"password\": \"a wrong one\"}");
            assert_eq!(verdict(&wrong), (403, "invalid_credentials"));
            let body = json!({ "password": NEW }).to_string();
            assert_eq!(client.send("DELETE", "/users/me", &headers, body.as_bytes()).status, 204);
        } else {
            let deleted = site.commands_with(&["user", "delete", EMAIL], &[("HEIRLOOM_LOG", "info"), environment[1]]);
            assert_eq!(deleted.code, Some(0), "{deleted:?}");
            command_log = deleted.stderr;
        }
        let log = serving.stops().stderr + &command_log;
        let dump = site.dumps();
        for trace in [EMAIL, LOCAL, "gelb", IP, USER_AGENT, "Kanarien"] {
            let line = dump.lines().find(|line| line.contains(trace));
            assert_eq!(line, None, "{trace} is in the dump, deleted by the {by}");
        }
        for trace in [EMAIL, LOCAL, "gelb", USER_AGENT, "Kanarien"] {
            let line = log.lines().find(|line| line.contains(trace));
            assert_eq!(line, None, "{trace} is in the log");
        }
        // Other services learn from the feed whose sessions have ended, for as long as their access tokens live.
        let ended = format!("\t{id}\t");
        let (ended, lines): (Vec<&str>, Vec<&str>) =
            dump.lines().filter(|line| line.contains(&id)).partition(|line| line.contains(&ended));
        let recorded = site.counts(&format!("SELECT count(*) AS number FROM ended_sessions WHERE user_id = '{id}'"));
        assert_eq!(i64::try_from(ended.len()).unwrap(), recorded, "{ended:?}");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with(&id) && lines[0].ends_with(by), "{lines:?}");
        let unknown = site.counts("SELECT count(*) AS number FROM login_throttles");
        assert_eq!(unknown, 1, "only the address without an account is still counted");
        is_on_record(&log, &id, by);
        site.executes("UPDATE ended_sessions SET recorded_at = recorded_at - interval '151 minutes'");
        assert_eq!(site.commands(&["prune"]).code, Some(0));
        assert_eq!(site.dumps().lines().filter(|line| line.contains(&id)).count(), 1);
        // It goes when the events would.
        site.executes("UPDATE deleted_accounts SET deleted_at = deleted_at - interval '91 days'");
        assert_eq!(site.commands(&["prune"]).code, Some(0));
        assert!(!site.dumps().contains(&id));
    }
}

const NEW: &str = "four lamps in the cellar";

/// A request of the account's owner.
fn from_the_bird(client: &Client, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
    let bearer = bearer.map(|bearer| ("authorization", bearer));
    let all: Vec<(&str, &str)> =
        [("x-forwarded-for", IP), ("user-agent", USER_AGENT)].into_iter().chain(bearer).collect();
    client.post(path, &all, &body.to_string())
}

/// Everything that leaves something behind. Returns the account's id.
fn lives_a_whole_life(site: &Site, client: &Client) -> String {
    let post = |path: &str, body: Value| from_the_bird(client, path, None, &body);
    let registered = post("/register", json!({ "email": EMAIL, "password": PASSWORD }));
    assert_eq!(registered.status, 201, "{registered:?}");
    assert_eq!(post("/register", json!({ "email": EMAIL, "password": PASSWORD })).status, 409);
    assert_eq!(post("/login", json!({ "email": "nobody.gelb@example.com", "password": "a wrong one" })).status, 401);
    for _ in 0..2 {
        assert_eq!(post("/login", json!({ "email": EMAIL, "password": "a wrong one" })).status, 401);
    }
    let jar = Jar::from(&post("/login", json!({ "email": EMAIL, "password": PASSWORD })));
    let change = |current: &str| {
        let body = json!({ "current_password": current, "new_password": NEW });
        from_the_bird(client, "/users/me/password", Some(&jar.bearer()), &body)
    };
    assert_eq!(verdict(&change("a wrong one")), (403, "invalid_credentials"));
    assert_eq!(change(PASSWORD).status, 200);
    let body = json!({ "email": EMAIL, "password": NEW, "token_delivery": "body" });
    let token = post("/login", body.clone()).text("refresh_token");
    let refresh = |token: &str| post("/refresh", json!({ "refresh_token": token }));
    let second = refresh(&token).text("refresh_token");
    refresh(&second);
    assert_eq!(verdict(&refresh(&token)), (401, "refresh_token_reused"));
    let token = post("/login", body).text("refresh_token");
    assert_eq!(post("/logout", json!({ "refresh_token": token })).status, 200);
    let email = json!({ "email": format!("{LOCAL}.neu@example.com"), "password": NEW });
    let jar = Jar::from(&post("/login", json!({ "email": EMAIL, "password": NEW })));
    assert_eq!(from_the_bird(client, "/users/me/email", Some(&jar.bearer()), &email).status, 202);
    assert_eq!(post("/password/forgot", json!({ "email": EMAIL })).status, 202);
    for _ in 0..11 {
        post("/login", json!({ "email": EMAIL, "password": "a wrong one" }));
    }
    // What is given up waits for the operator.
    assert!(site.executes("UPDATE outbox SET failed_at = now()") > 3);
    let id = registered.text("id");
    // The owner gets in again, past what was guessed.
    assert!(site.counts("SELECT count(*) AS number FROM login_throttles") > 0);
    site.executes("UPDATE login_throttles SET counted_at = counted_at - interval '2 hours'");
    id
}

fn is_on_record(log: &str, id: &str, by: &str) {
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    for event in ["user_created", "authn_login_success", "authn_password_change", "authn_password_change_fail"] {
        assert!(!of(event).is_empty() && of(event).iter().all(|line| line["user.id"] == id), "{event}: {log}");
    }
    let deleted = of("user_deleted");
    assert_eq!(deleted.len(), 1, "{log}");
    assert_eq!((&deleted[0]["user.id"], &deleted[0]["by"]), (&id.into(), &by.into()));
    let failures = of("authn_login_fail");
    let unknown: Vec<_> = failures.iter().filter(|line| line["email.hash"].is_string()).collect();
    assert_eq!(unknown.len(), 1, "{failures:?}");
    assert!(failures.iter().all(|line| line["user.id"].is_string() != line["email.hash"].is_string()), "{failures:?}");
    assert!(of("authn_login_fail_max").iter().all(|line| line["email.hash"].as_str().is_some_and(|h| h.len() == 16)));
}

impl Site {
    fn dumps(&self) -> String {
        let url = self.somebodys.url("sessions");
        let dump = Command::new(program("pg_dump").unwrap()).arg("--data-only").arg(url).output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        String::from_utf8(dump.stdout).unwrap()
    }
}
