//! Times what one client waits for: `/refresh` and `/ping` of a server on the embedded database, durable as by default.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use heirloom::app::Application;
use heirloom::config::{Config, Settings};
use heirloom::domain::clock::Clock;
use serde_json::{Value, json};

const ROUNDS: usize = 3_000;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let any_port = || Some("127.0.0.1:0".to_owned());
    let refresh_rate = Some("off".to_owned());
    let settings = Settings { bind: any_port(), admin_bind: any_port(), refresh_rate, ..Settings::default() };
    let config = Config::resolve(&settings, Some(directory.path().join("data"))).unwrap();
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(&config, Clock::system(), false).unwrap();
        let (url, stopper) = (application.url(), application.stopper());
        let client = std::thread::spawn(move || measure(&url));
        actix_web::rt::spawn(async move {
            while !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            client.join().unwrap();
            stopper.stop().await;
        });
        application.run().await.unwrap();
    });
}

fn measure(url: &str) {
    let agent = ureq::Agent::new_with_defaults();
    let post = |path: &str, body: &Value| -> Value {
        let mut response = agent
            .post(format!("{url}{path}"))
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    };
    let credentials = json!({ "email": "bench@example.com", "password": "three lamps on the stairs" });
    post("/register", &credentials);
    let mut login = credentials;
    login["token_delivery"] = json!("body");
    let mut token = post("/login", &login)["refresh_token"].clone();
    let refreshes = times(|| {
        let answer = post("/refresh", &json!({ "refresh_token": token }));
        assert_ne!(answer["refresh_token"], token, "each refresh gives a new token");
        token = answer["refresh_token"].clone();
    });
    let pings = times(|| {
        agent.get(format!("{url}/ping")).call().unwrap().body_mut().read_to_vec().unwrap();
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown").trim();
    println!("one client, {ROUNDS} requests each, on the embedded database");
    for (name, times) in [("/refresh", &refreshes), ("/ping", &pings)] {
        println!("{name:<9} p50 {:>8.3} ms   p99 {:>8.3} ms", times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    }
    println!("resident memory of server and client together: {resident}");
}

/// Sorted, in milliseconds; a tenth as many rounds go before, unmeasured.
fn times(mut request: impl FnMut()) -> Vec<f64> {
    (0..ROUNDS / 10).for_each(|_| request());
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            request();
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}
