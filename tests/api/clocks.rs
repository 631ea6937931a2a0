//! A process whose clock differs from the database's says so.

use serde_json::json;

use crate::support::App;

fn readiness(app: &App) -> (u16, String) {
    let answer = app.browser().bare_request("GET", "/health/ready").send();
    (answer.status, answer.json["status"].as_str().unwrap().to_owned())
}

#[test]
fn a_process_is_ready_only_while_its_clock_and_the_databases_agree() {
    let app = App::start();
    app.catches_up();
    for differs in [6, -6, 3_600, -3_600] {
        app.clock.set_machine_ahead(differs);
        app.eventually(|| readiness(&app) == (503, "clock_differs".to_owned()));
        let ahead = app.scrape().value("heirloom_clock_ahead_seconds").unwrap();
        assert!((ahead - differs as f64).abs() < 2.0, "{ahead} of {differs}");
        assert_eq!(app.monitor().asks("GET", "/health/ready").json, json!({ "status": "clock_differs" }));
        assert_eq!(app.browser().bare_request("GET", "/health/live").send().status, 200, "a restart mends no clock");
        app.clock.set_machine_ahead(0);
        app.eventually(|| readiness(&app) == (200, "ok".to_owned()));
    }
    for within in [4, -4] {
        app.clock.set_machine_ahead(within);
        app.eventually(|| {
            let ahead = app.scrape().value("heirloom_clock_ahead_seconds").unwrap();
            (ahead - within as f64).abs() < 0.9
        });
        assert_eq!(readiness(&app), (200, "ok".to_owned()));
    }
}

#[test]
fn requests_are_served_all_the_same() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.clock.set_machine_ahead(90);
    app.eventually(|| readiness(&app).0 == 503);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.logs_out().status, 200);
}
