//! Compares how long `/password/forgot` and `/register` (with `HEIRLOOM_REGISTRATION=verified`) take for addresses with and
//! without an account: 10,000 requests of each, in random order, and Welch's t-test. It fails if the test finds a difference.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use heirloom::app::Application;
use heirloom::config::{Config, Settings};
use heirloom::domain::clock::Clock;
use heirloom::domain::policy::HashCost;
use heirloom::service::Operator;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use secrecy::SecretString;
use serde_json::{Value, json};

/// Each address gets one request of each kind, so none has to wait.
const ADDRESSES: usize = 5_000;
const WARM_UP: usize = 200;
const PASSWORD: &str = "three lamps on the stairs";

/// Equal times are beyond it in one test of a thousand.
const CRITICAL: f64 = 3.29;

fn main() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let any_port = "127.0.0.1:0";
    let settings = [
        ("HEIRLOOM_BIND", any_port),
        ("HEIRLOOM_ADMIN_BIND", any_port),
        ("HEIRLOOM_LOGIN_RATE", "off"),
        ("HEIRLOOM_REGISTRATION", "verified"),
    ];
    let settings = Settings::from_variables(&settings).unwrap();
    let mut config = Config::resolve(&settings, Some(directory.path().join("data"))).unwrap();
    // A real hash takes 50 times as long as the rest, and would hide a difference.
    config.hash_cost = HashCost { memory: 64, passes: 1, parallelism: 1 };
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(&config, Clock::system(), false).unwrap();
        let (url, stopper) = (application.url(), application.stopper());
        let operator = application.components().operator;
        let client = std::thread::spawn(move || measure(&url, &operator));
        let judged = actix_web::rt::spawn(async move {
            while !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let is_equal = client.join().unwrap();
            stopper.stop().await;
            is_equal
        });
        application.run().await.unwrap();
        if judged.await.unwrap() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}

fn measure(url: &str, operator: &Operator) -> bool {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |path: &str, body: &Value| {
        let request = agent.post(format!("{url}{path}")).header("content-type", "application/json");
        let began = Instant::now();
        let mut answer = request.send(body.to_string()).unwrap();
        answer.body_mut().read_to_vec().unwrap();
        let took = began.elapsed();
        assert_eq!(answer.status(), 202, "{path}");
        took.as_secs_f64() * 1e6
    };
    // Both of one length.
    let email = |is_known: bool, number: usize| {
        let class = if is_known { "holder" } else { "absent" };
        format!("{class}-{number:05}@example.com")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let password = SecretString::from(PASSWORD);
    for number in 0..ADDRESSES {
        runtime.block_on(operator.create_user(&email(true, number), &password)).unwrap();
    }
    let mut rng = StdRng::seed_from_u64(7);
    let mut order: Vec<(bool, usize)> = (0..ADDRESSES).flat_map(|number| [(true, number), (false, number)]).collect();
    let mut is_equal = true;
    for (path, password) in [("/password/forgot", None), ("/register", Some(PASSWORD))] {
        let body = |email: String| match password {
            Some(password) => json!({ "email": email, "password": password }),
            None => json!({ "email": email }),
        };
        for number in 0..WARM_UP {
            post(path, &body(format!("warmup-{number:05}@example.com")));
        }
        order.shuffle(&mut rng);
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for &(is_known, number) in &order {
            let took = post(path, &body(email(is_known, number)));
            if is_known { known.push(took) } else { unknown.push(took) }
        }
        is_equal &= compare(path, &mut known, &mut unknown);
    }
    is_equal
}

fn compare(path: &str, known: &mut [f64], unknown: &mut [f64]) -> bool {
    let count = known.len() + unknown.len();
    println!("{path}, {count} requests in random order, in microseconds");
    for (class, sample) in [("known", &mut *known), ("unknown", &mut *unknown)] {
        sample.sort_by(f64::total_cmp);
        let (mean, variance) = moments(sample);
        let median = sample[sample.len() / 2];
        println!("  {class:<8} mean {mean:>8.1}   median {median:>8.1}   deviation {:>8.1}", variance.sqrt());
    }
    let (difference, error, freedom) = welch(known, unknown);
    let t = difference / error;
    let is_equal = t.abs() < CRITICAL;
    println!(
        "  difference of the means {difference:.1} ± {:.1} (95 %), Welch's t {t:.2} with {freedom:.0} degrees of freedom: {}",
        1.96 * error,
        if is_equal { "no difference found" } else { "DIFFERENT" }
    );
    is_equal
}

/// The mean and the variance.
fn moments(sample: &[f64]) -> (f64, f64) {
    let count = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / count;
    (mean, sample.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

/// The difference of the means, its standard error, and the degrees of freedom (Welch–Satterthwaite).
fn welch(one: &[f64], other: &[f64]) -> (f64, f64, f64) {
    let ((mean, variance), (other_mean, other_variance)) = (moments(one), moments(other));
    let (of_one, of_other) = (variance / one.len() as f64, other_variance / other.len() as f64);
    let freedom = (of_one + of_other).powi(2)
        / (of_one.powi(2) / (one.len() as f64 - 1.0) + of_other.powi(2) / (other.len() as f64 - 1.0));
    (mean - other_mean, (of_one + of_other).sqrt(), freedom)
}
