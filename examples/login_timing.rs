//! Compares how long a failed login takes for accounts that exist, that are disabled, and that do not exist, with a short
//! and a long password: the medians, and how far apart the times rank (Mann–Whitney). Prints, and judges nothing: the
//! machine's other work shows too.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use heirloom::app::Application;
use heirloom::config::{Config, Settings};
use heirloom::domain::clock::Clock;
use heirloom::service::Operator;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::json;

/// Few enough tries for each account that none has to wait.
const TRIES: usize = 5;
const ACCOUNTS: usize = 60;
const CLASSES: [&str; 3] = ["known", "disabled", "unknown"];

fn main() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let any_port = "127.0.0.1:0";
    let settings = [("HEIRLOOM_BIND", any_port), ("HEIRLOOM_ADMIN_BIND", any_port), ("HEIRLOOM_LOGIN_RATE", "off")];
    let settings = Settings::from_variables(&settings).unwrap();
    let config = Config::resolve(&settings, Some(directory.path().join("data"))).unwrap();
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(&config, Clock::system(), false).unwrap();
        let (url, stopper) = (application.url(), application.stopper());
        let operator = application.components().operator;
        let client = std::thread::spawn(move || measure(&url, &operator));
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

fn measure(url: &str, operator: &Operator) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |path: &str, email: &str, password: &str| -> u16 {
        let body = json!({ "email": email, "password": password }).to_string();
        let mut answer =
            agent.post(format!("{url}{path}")).header("content-type", "application/json").send(body).unwrap();
        answer.body_mut().read_to_vec().unwrap();
        answer.status().as_u16()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let passwords = [("20 characters", "x".repeat(20)), ("60,000 characters", "x".repeat(60_000))];
    for (length, password) in &passwords {
        let email = |class: &str, number: usize| format!("{class}-{number}-{}@example.com", password.len());
        for class in &CLASSES[..2] {
            for number in 0..ACCOUNTS {
                assert_eq!(post("/register", &email(class, number), "three lamps on the stairs"), 201);
                if *class == "disabled" {
                    let user = runtime.block_on(operator.find_user(&email(class, number))).unwrap().unwrap();
                    runtime.block_on(operator.set_active(user.id, false)).unwrap();
                }
            }
        }
        let mut rng = StdRng::seed_from_u64(7);
        let mut times = [const { Vec::new() }; CLASSES.len()];
        for number in (0..ACCOUNTS).cycle().take(ACCOUNTS * TRIES) {
            // In another order each time, so that no class always comes after the same one.
            let mut order: Vec<usize> = (0..CLASSES.len()).collect();
            order.shuffle(&mut rng);
            for class in order {
                let email = email(CLASSES[class], number);
                let began = Instant::now();
                assert_eq!(post("/login", &email, password), 401);
                times[class].push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        println!("wrong password of {length}, {} logins of each, in milliseconds", ACCOUNTS * TRIES);
        for (class, sample) in CLASSES.iter().zip(&times) {
            let z = rank_distance(sample, &times[0]);
            println!("  {class:<9} median {:>7.3}   from known: z {z:>6.2}", median(sample));
        }
    }
    println!("Times that do not differ have a z beyond 2.58 either way in one comparison of a hundred.");
}

fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Mann–Whitney's U as a number of standard deviations; ties count half.
fn rank_distance(sample: &[f64], other: &[f64]) -> f64 {
    let wins = |a: &f64| {
        other
            .iter()
            .map(|b| {
                if a > b {
                    1.0
                } else if a < b {
                    0.0
                } else {
                    0.5
                }
            })
            .sum::<f64>()
    };
    let u: f64 = sample.iter().map(wins).sum();
    let (n, m) = (sample.len() as f64, other.len() as f64);
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}
