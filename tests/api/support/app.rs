//! A server under test: the very composition that `heirloom serve` runs, on a port of its own.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heirloom::app::{Application, Stopper};
use heirloom::config::{
    Config, ConnectionConfig, DatabaseConfig, DatabasePlace, LogConfig, LogFormat, MailBy, MailConfig, MessagesConfig,
    ThrottleConfig, WebhookConfig,
};
use heirloom::domain::clock::Clock;
use heirloom::domain::password::PasswordPolicy;
use heirloom::domain::policy::{
    AccessTokenAlgorithm, AccessTokenPolicy, CookiePolicy, HashCost, Lifetimes, RotationPolicy, ServiceApi,
};
use heirloom::domain::registration::Registration;
use heirloom::domain::secret::Secret;
use heirloom::service::{Components, Operator, Service, ServiceKeys};
use time::macros::datetime;

use super::browser::Browser;
use super::native::NativeApp;
use super::postgres::TestDatabase;

pub const SECRET: &str = "a secret for the tests of thirty-two bytes and more";

pub struct App {
    pub url: String,
    /// Of the admin server, if it is not turned off.
    pub admin_url: Option<String>,
    pub clock: Clock,
    pub database: Arc<TestDatabase>,
    components: Option<Components>,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl App {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// A server whose clock stands at the present, for tests in which other programs look at the machine's.
    pub fn today() -> Self {
        Self::today_with(|_| {})
    }

    /// The same with other settings than the defaults.
    pub fn today_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(TestDatabase::create()), Clock::manual(Clock::system().now()), change)
    }

    /// A server with other settings than the defaults.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::manual(datetime!(2026-03-01 12:00:00 UTC));
        Self::on(Arc::new(TestDatabase::create()), clock, change)
    }

    /// A server with a Postgres that no other test uses.
    pub fn alone() -> Self {
        Self::on(Arc::new(TestDatabase::alone()), Clock::manual(Clock::system().now()), |_| {})
    }

    /// A server that offers what needs mail. Nobody receives its mails.
    pub fn with_mail() -> Self {
        Self::with(with_mail)
    }

    /// Another process on the same database, with the same clock.
    pub fn sibling(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::clone(&self.database), self.clock.clone(), change)
    }

    /// Another process on the same database, whose clock is ahead.
    pub fn sibling_ahead(&self, by: Duration) -> Self {
        self.sibling_apart(i64::try_from(by.as_secs()).unwrap(), |_| {})
    }

    /// Another process on the same database, whose clock is ahead by so many seconds, or behind.
    pub fn sibling_apart(&self, seconds: i64, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::manual(self.clock.now() + time::Duration::seconds(seconds));
        Self::on(Arc::clone(&self.database), clock, change)
    }

    fn on(database: Arc<TestDatabase>, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(&database);
        change(&mut config);
        let (sender, started) = mpsc::channel();
        let server_clock = clock.clone();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let application = Application::build(&config, server_clock, false).unwrap();
                let admin_url = application.admin_address().map(|address| format!("http://{address}"));
                let about = (application.url(), admin_url, application.stopper(), application.components());
                sender.send(about).unwrap();
                application.run().await.unwrap();
            });
        });
        let (url, admin_url, stopper, components) = started.recv().expect("the server starts");
        Self { url, admin_url, clock, database, components: Some(components), stopper, thread: Some(thread) }
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// A browser whose user has an account and a session.
    pub fn logged_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        assert_eq!(browser.registers(email).status, 201);
        assert_eq!(browser.logs_in(email).status, 200);
        browser
    }

    pub fn native_app(&self) -> NativeApp {
        NativeApp::new(self)
    }

    /// Lets time pass for the server.
    pub fn passes(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Waits for something outside the server, with a bound.
    pub fn eventually(&self, is_so: impl Fn() -> bool) {
        eventually(is_so);
    }

    /// Waits until the server has read which sessions have ended, after time has passed for it.
    pub fn catches_up(&self) {
        self.eventually(|| self.browser().bare_request("GET", "/health/ready").send().status == 200);
    }

    /// Takes away what is over, as the background task does each minute.
    pub fn prunes(&self) {
        block_on(self.components().pruner.prune(|_| {})).unwrap();
    }

    /// The use cases themselves, for what no route shows.
    pub fn service(&self) -> &Service {
        &self.components().service
    }

    /// The operator's commands, in the server's own process.
    pub fn operator(&self) -> &Operator {
        &self.components().operator
    }

    /// The keys of backends, in the server's own process.
    pub fn service_keys(&self) -> &ServiceKeys {
        &self.components().service_keys
    }

    fn components(&self) -> &Components {
        self.components.as_ref().unwrap()
    }

    /// Waits for what the server does in the background.
    pub fn settles(&self) {
        block_on(self.components().background_writes.flush());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.components = None;
        block_on(self.stopper.stop());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits for something that no clock of ours moves, with a bound.
#[expect(clippy::disallowed_methods, reason = "what another process does cannot be moved by a clock of ours")]
pub fn eventually(is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + seconds(30);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "it did not come to be");
        thread::sleep(Duration::from_millis(20));
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn hours(hours: u64) -> Duration {
    seconds(hours * 3600)
}

pub fn days(days: u64) -> Duration {
    hours(days * 24)
}

/// Sets mail up, for a server whose mails nobody receives.
pub fn with_mail(config: &mut Config) {
    let url = "http://127.0.0.1:1/".to_owned();
    config.messages.webhook = Some(WebhookConfig { url, secrets: vec![vec![1; 32].into()] });
    config.messages.mail = Some(MailConfig { by: MailBy::Webhook, from: String::new() });
    config.messages.public_url = Some("https://app.example/app/".to_owned());
}

/// The defaults of the product, except for hashes that cost nothing and addresses without limits: all tests have one.
fn config(database: &TestDatabase) -> Config {
    Config {
        database: DatabaseConfig {
            place: DatabasePlace::External(database.url().into()),
            connections: 4,
            rotation_workers: NonZeroUsize::MIN,
            prepare: true,
            listen: true,
            timeout: seconds(10),
        },
        bind: "127.0.0.1:0".parse().unwrap(),
        admin_bind: Some("127.0.0.1:0".parse().unwrap()),
        is_admin_bind_given: true,
        service_api: ServiceApi::Admin,
        base_path: String::new(),
        secrets: vec![Secret::new(SECRET).unwrap()],
        rotation: RotationPolicy::default(),
        lifetimes: Lifetimes::default(),
        access_token: AccessTokenPolicy {
            algorithm: AccessTokenAlgorithm::EdDsa,
            ttl: seconds(15 * 60),
            issuer: "heirloom".to_owned(),
            audience: "heirloom".to_owned(),
        },
        password: PasswordPolicy { min_length: 8 },
        sessions_per_user: NonZeroU32::new(100).unwrap(),
        event_retention: days(90),
        hash_cost: HashCost { memory: 64, passes: 1, parallelism: 1 },
        hashes_at_once: NonZeroUsize::new(2).unwrap(),
        password_hook: None,
        cookie: CookiePolicy::default(),
        allowed_origins: Vec::new(),
        body_timeout: seconds(10),
        keep_alive: seconds(75),
        connections: ConnectionConfig::default(),
        throttle: ThrottleConfig { login_rate: None, refresh_rate: None, trusted_proxies: Vec::new() },
        log: LogConfig { filter: "warn".to_owned(), format: LogFormat::Text },
        admin_hosts: Vec::new(),
        has_app: true,
        has_docs: true,
        is_development: false,
        messages: MessagesConfig::default(),
        registration: Registration::Open,
        warnings: Vec::new(),
    }
}
