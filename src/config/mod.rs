//! Settings: what was typed, and what it means. Read once at start; below this room nobody asks the environment.

mod cookie;
mod database_url;
mod development;
mod origin;
mod reader;
mod settings;
mod throttle;
mod unknown;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{
    AccessTokenAlgorithm, AccessTokenPolicy, CookiePolicy, HashCost, Lifetimes, RotationPolicy,
};
use crate::domain::secret::Secret;

pub use database_url::DATABASE_URL_SHAPE;
pub use origin::Origin;
pub use reader::{ConfigError, ConfigErrors};
pub use settings::Settings;
pub use throttle::ThrottleConfig;
pub use unknown::unknown_settings;

use reader::Reader;

/// Browsers shorten cookies that live longer (draft-ietf-httpbis-rfc6265bis §5.5).
const LONGEST_COOKIE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Everything that the server is told from outside, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: DatabaseConfig,
    pub bind: SocketAddr,
    /// Where metrics and health are told to the operator's machines, if anywhere.
    pub admin_bind: Option<SocketAddr>,
    /// Whether somebody asked for that address. Where nobody did and it is in use, another port serves as well.
    pub is_admin_bind_given: bool,
    /// Empty, or starting with a slash and not ending in one.
    pub base_path: String,
    /// Newest first. Empty only with the embedded database, which keeps a generated one.
    pub secrets: Vec<Secret>,
    pub rotation: RotationPolicy,
    pub lifetimes: Lifetimes,
    pub access_token: AccessTokenPolicy,
    pub password: PasswordPolicy,
    pub sessions_per_user: NonZeroU32,
    pub event_retention: Duration,
    pub hash_cost: HashCost,
    pub hashes_at_once: NonZeroUsize,
    pub cookie: CookiePolicy,
    pub allowed_origins: Vec<Origin>,
    pub body_timeout: Duration,
    pub connections: ConnectionConfig,
    pub throttle: ThrottleConfig,
    pub log: LogConfig,
    /// Whether the web app is served.
    pub has_app: bool,
    /// Whether what only a server for development may do is served too.
    pub is_development: bool,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub place: DatabasePlace,
    /// At least 1.
    pub connections: u32,
    /// Connections beside them that rotate, each many sessions at once.
    pub rotation_workers: NonZeroUsize,
    pub prepare: bool,
    pub listen: bool,
    /// How long a request waits for the database.
    pub timeout: Duration,
}

/// Whose Postgres it is.
#[derive(Clone, Debug)]
pub enum DatabasePlace {
    /// Ours, in this directory.
    Embedded(PathBuf),
    /// Somebody else's, at this URL.
    External(SecretString),
}

/// How many connections there may be.
#[derive(Clone, Copy, Default, Debug)]
pub struct ConnectionConfig {
    /// `None`: as many as the limit of open files leaves room for.
    pub max: Option<NonZeroUsize>,
    /// From one IPv4 address or IPv6 /64; `None`: a quarter of all.
    pub max_per_address: Option<NonZeroUsize>,
}

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogConfig {
    pub filter: String,
    pub format: LogFormat,
}

/// For people or for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// What `settings` mean. `data_dir` is where the embedded database goes when they do not say.
    ///
    /// # Errors
    /// [`ConfigErrors`]: every setting that cannot be right, each named.
    pub fn resolve(settings: &Settings, data_dir: Option<PathBuf>) -> Result<Self, ConfigErrors> {
        let mut read = Reader::default();
        let bind = read.parsed("HEIRLOOM_BIND", &settings.bind, "127.0.0.1:8080", "an address such as 127.0.0.1:8080");
        let place = place(&mut read, settings, data_dir);
        let throttle = throttle::resolve(&mut read, settings);
        let is_development = development::resolve(&mut read, settings, bind, &place, &throttle);
        let config = Self {
            secrets: secrets(&mut read, settings, &place),
            database: DatabaseConfig {
                place,
                connections: read.in_range("HEIRLOOM_DATABASE_POOL", &settings.database_pool, 8, 1..=1_000),
                rotation_workers: rotation_workers(&mut read, settings),
                prepare: read.boolean("HEIRLOOM_DATABASE_PREPARE", &settings.database_prepare, true),
                listen: read.boolean("HEIRLOOM_DATABASE_LISTEN", &settings.database_listen, true),
                timeout: Duration::from_secs(5),
            },
            bind,
            admin_bind: admin_bind(&mut read, settings, bind),
            is_admin_bind_given: Reader::given(&settings.admin_bind).is_some(),
            base_path: read.base_path("HEIRLOOM_BASE_PATH", &settings.base_path),
            rotation: RotationPolicy {
                overlap: read.duration("HEIRLOOM_REFRESH_OVERLAP", &settings.refresh_overlap, "10s"),
                recovery_burst: read.in_range(
                    "HEIRLOOM_REFRESH_RECOVERY_BURST",
                    &settings.refresh_recovery_burst,
                    3,
                    0..=1_000,
                ),
                recovery_every: read.in_range(
                    "HEIRLOOM_REFRESH_RECOVERY_EVERY",
                    &settings.refresh_recovery_every,
                    10,
                    2..=1_000_000,
                ),
            },
            lifetimes: lifetimes(&mut read, settings),
            access_token: AccessTokenPolicy {
                algorithm: read.one_of(
                    "HEIRLOOM_ACCESS_TOKEN_ALG",
                    &settings.access_token_alg,
                    &[("EdDSA", AccessTokenAlgorithm::EdDsa), ("HS256", AccessTokenAlgorithm::Hs256)],
                ),
                ttl: read.duration_from(
                    "HEIRLOOM_ACCESS_TOKEN_TTL",
                    &settings.access_token_ttl,
                    "15m",
                    Duration::from_secs(1),
                ),
                issuer: read.text("HEIRLOOM_ISSUER", &settings.issuer, "heirloom"),
                audience: read.text("HEIRLOOM_AUDIENCE", &settings.audience, "heirloom"),
            },
            password: PasswordPolicy {
                min_length: read.in_range("HEIRLOOM_PASSWORD_MIN_LENGTH", &settings.password_min_length, 8, 8..=64),
            },
            sessions_per_user: sessions_per_user(&mut read, settings),
            event_retention: read.duration_from(
                "HEIRLOOM_EVENT_RETENTION",
                &settings.event_retention,
                "90d",
                Duration::from_secs(3600),
            ),
            hash_cost: hash_cost(&mut read, settings),
            hashes_at_once: hashes_at_once(&mut read, settings),
            cookie: cookie::resolve(&mut read, settings, bind),
            allowed_origins: origins(&mut read, settings),
            body_timeout: read.duration_from(
                "HEIRLOOM_BODY_TIMEOUT",
                &settings.body_timeout,
                "10s",
                Duration::from_millis(100),
            ),
            connections: ConnectionConfig {
                max: connections(&mut read, "HEIRLOOM_MAX_CONNECTIONS", &settings.max_connections),
                max_per_address: connections(
                    &mut read,
                    "HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS",
                    &settings.max_connections_per_address,
                ),
            },
            throttle,
            log: LogConfig {
                filter: read.text("HEIRLOOM_LOG", &settings.log, "info"),
                format: read.one_of(
                    "HEIRLOOM_LOG_FORMAT",
                    &settings.log_format,
                    &[("text", LogFormat::Text), ("json", LogFormat::Json)],
                ),
            },
            has_app: read.boolean("HEIRLOOM_APP", &settings.app, true),
            is_development,
        };
        read.finish(config)
    }
}

fn place(read: &mut Reader, settings: &Settings, data_dir: Option<PathBuf>) -> DatabasePlace {
    if let Some(url) = settings.database_url.as_ref().filter(|url| !url.expose_secret().is_empty()) {
        if !database_url::is_plausible(url.expose_secret()) {
            read.refuse("DATABASE_URL", DATABASE_URL_SHAPE);
        }
        return DatabasePlace::External(url.clone());
    }
    match Reader::given(&settings.data_dir).map(PathBuf::from).or(data_dir) {
        Some(directory) => DatabasePlace::Embedded(directory),
        None => {
            read.refuse("HEIRLOOM_DATA_DIR", "is needed here, since this platform names no directory for data");
            DatabasePlace::Embedded(PathBuf::new())
        }
    }
}

fn admin_bind(read: &mut Reader, settings: &Settings, bind: SocketAddr) -> Option<SocketAddr> {
    const NAME: &str = "HEIRLOOM_ADMIN_BIND";
    if Reader::given(&settings.admin_bind).is_some_and(|text| text.eq_ignore_ascii_case("off")) {
        return None;
    }
    let wanted = "an address such as 127.0.0.1:9090, nor `off`";
    let address: SocketAddr = read.parsed(NAME, &settings.admin_bind, "127.0.0.1:9090", wanted);
    if address == bind && address.port() != 0 {
        read.refuse(NAME, "is the same as HEIRLOOM_BIND; metrics need an address that the public does not reach");
    }
    Some(address)
}

fn secrets(read: &mut Reader, settings: &Settings, place: &DatabasePlace) -> Vec<Secret> {
    let typed = settings.secret.as_ref().map(|secret| secret.expose_secret().trim()).unwrap_or_default();
    if typed.is_empty() {
        if matches!(place, DatabasePlace::External(_)) {
            read.refuse(
                "HEIRLOOM_SECRET",
                "is needed with DATABASE_URL: every process on one database must have the same; make one with `heirloom \
                 secret generate`",
            );
        }
        return Vec::new();
    }
    let mut secrets = Vec::new();
    for text in typed.split(',') {
        match Secret::new(text.trim()) {
            Ok(secret) => secrets.push(secret),
            Err(error) => read.refuse("HEIRLOOM_SECRET", error.to_string()),
        }
    }
    secrets
}

fn lifetimes(read: &mut Reader, settings: &Settings) -> Lifetimes {
    let second = Duration::from_secs(1);
    let lifetimes = Lifetimes {
        idle: read.duration_from("HEIRLOOM_REFRESH_IDLE_TTL", &settings.refresh_idle_ttl, "7d", second),
        absolute: read.duration_from("HEIRLOOM_REFRESH_ABSOLUTE_TTL", &settings.refresh_absolute_ttl, "30d", second),
    };
    if lifetimes.absolute < lifetimes.idle {
        read.refuse(
            "HEIRLOOM_REFRESH_ABSOLUTE_TTL",
            "is shorter than HEIRLOOM_REFRESH_IDLE_TTL; raise it, or lower the other",
        );
    }
    if lifetimes.idle > LONGEST_COOKIE {
        read.refuse("HEIRLOOM_REFRESH_IDLE_TTL", "is over 400 days, which is longer than browsers keep a cookie");
    }
    lifetimes
}

fn hash_cost(read: &mut Reader, settings: &Settings) -> HashCost {
    let cost = HashCost {
        memory: read.in_range("HEIRLOOM_ARGON2_MEMORY", &settings.argon2_memory, 19_456, 7_168..=262_144),
        passes: read.in_range("HEIRLOOM_ARGON2_PASSES", &settings.argon2_passes, 2, 1..=16),
        parallelism: read.in_range("HEIRLOOM_ARGON2_LANES", &settings.argon2_lanes, 1, 1..=16),
    };
    if !cost.is_enough() {
        read.refuse(
            "HEIRLOOM_ARGON2_MEMORY",
            "is too little for so few HEIRLOOM_ARGON2_PASSES; OWASP asks for 47104 KiB with 1 pass, 19456 with 2, 12288 with \
             3, 9216 with 4 or 7168 with 5",
        );
    }
    cost
}

fn sessions_per_user(read: &mut Reader, settings: &Settings) -> NonZeroU32 {
    let count = read.in_range("HEIRLOOM_MAX_SESSIONS_PER_USER", &settings.max_sessions_per_user, 100, 1..=10_000);
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

fn rotation_workers(read: &mut Reader, settings: &Settings) -> NonZeroUsize {
    let count = read.in_range("HEIRLOOM_ROTATION_LANES", &settings.rotation_workers, 1, 1..=64);
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}

fn hashes_at_once(read: &mut Reader, settings: &Settings) -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let count = read.in_range("HEIRLOOM_HASHES_AT_ONCE", &settings.hashes_at_once, cores, 1..=1_024);
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}

fn origins(read: &mut Reader, settings: &Settings) -> Vec<Origin> {
    let typed = Reader::given(&settings.allowed_origins).unwrap_or_default();
    let mut origins = Vec::new();
    for text in typed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match Origin::parse(text) {
            Some(origin) => origins.push(origin),
            None => read.refuse(
                "HEIRLOOM_ALLOWED_ORIGINS",
                format!("holds {text:?}, which is not an origin; write each as a browser sends it, such as https://app.example.com"),
            ),
        }
    }
    origins
}

fn connections(read: &mut Reader, name: &'static str, typed: &Option<String>) -> Option<NonZeroUsize> {
    NonZeroUsize::new(read.in_range(name, typed, 0, 16..=1_000_000))
}
