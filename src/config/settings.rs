//! Settings as they were typed: flags and environment variables, all still text.

use clap::Args;
use secrecy::SecretString;

/// Every setting of the server. A flag wins over its environment variable, and both over `.env`.
#[derive(Args, Clone, Default, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Postgres, as a URI or a libpq connection string. Without it an embedded database is used
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,

    /// Address to listen on; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, env = "HEIRLOOM_BIND", value_name = "ADDRESS")]
    pub bind: Option<String>,

    /// Address for metrics and health, which must not be public; port 0 picks one, `off` turns it off
    /// [default: 127.0.0.1:9090]
    #[arg(long, env = "HEIRLOOM_ADMIN_BIND", value_name = "ADDRESS")]
    pub admin_bind: Option<String>,

    /// Secrets of 32 bytes or more that all keys are derived from, newest first, separated by commas. Needed with
    /// DATABASE_URL
    #[arg(long, env = "HEIRLOOM_SECRET", hide_env_values = true, value_name = "SECRETS")]
    pub secret: Option<SecretString>,

    /// Where the embedded database and its generated secret live [default: the platform's data directory + heirloom]
    #[arg(long, env = "HEIRLOOM_DATA_DIR", value_name = "PATH")]
    pub data_dir: Option<String>,

    /// A prefix for all paths, such as /auth [default: none]
    #[arg(long, env = "HEIRLOOM_BASE_PATH", value_name = "PATH")]
    pub base_path: Option<String>,

    /// How access tokens are signed: EdDSA or HS256 [default: EdDSA]
    #[arg(long, env = "HEIRLOOM_ACCESS_TOKEN_ALG", value_name = "ALG")]
    pub access_token_alg: Option<String>,

    /// How long an access token lives [default: 15m]
    #[arg(long, env = "HEIRLOOM_ACCESS_TOKEN_TTL", value_name = "DURATION")]
    pub access_token_ttl: Option<String>,

    /// A session not refreshed for so long is over [default: 7d]
    #[arg(long, env = "HEIRLOOM_REFRESH_IDLE_TTL", value_name = "DURATION")]
    pub refresh_idle_ttl: Option<String>,

    /// A session is over so long after its login [default: 30d]
    #[arg(long, env = "HEIRLOOM_REFRESH_ABSOLUTE_TTL", value_name = "DURATION")]
    pub refresh_absolute_ttl: Option<String>,

    /// For so long after a rotation the token before it gets the same answer; 0s: never [default: 10s]
    #[arg(long, env = "HEIRLOOM_REFRESH_OVERLAP", value_name = "DURATION")]
    pub refresh_overlap: Option<String>,

    /// How many lost answers in a row are made good later; 0: none [default: 3]
    #[arg(long, env = "HEIRLOOM_REFRESH_RECOVERY_BURST", value_name = "COUNT")]
    pub refresh_recovery_burst: Option<String>,

    /// One more is earned each so many generations [default: 10]
    #[arg(long, env = "HEIRLOOM_REFRESH_RECOVERY_EVERY", value_name = "GENERATIONS")]
    pub refresh_recovery_every: Option<String>,

    /// How many living sessions an account may have; beyond it the one used longest ago ends [default: 100]
    #[arg(long, env = "HEIRLOOM_MAX_SESSIONS_PER_USER", value_name = "COUNT")]
    pub max_sessions_per_user: Option<String>,

    /// How long the security log is kept [default: 90d]
    #[arg(long, env = "HEIRLOOM_EVENT_RETENTION", value_name = "DURATION")]
    pub event_retention: Option<String>,

    /// The claim `iss` of access tokens [default: heirloom]
    #[arg(long, env = "HEIRLOOM_ISSUER", value_name = "TEXT")]
    pub issuer: Option<String>,

    /// The claim `aud` of access tokens [default: heirloom]
    #[arg(long, env = "HEIRLOOM_AUDIENCE", value_name = "TEXT")]
    pub audience: Option<String>,

    /// Other origins whose pages may call this server, separated by commas [default: none]
    #[arg(long, env = "HEIRLOOM_ALLOWED_ORIGINS", value_name = "ORIGINS")]
    pub allowed_origins: Option<String>,

    /// Addresses and networks of the proxies whose X-Forwarded-For is believed, separated by commas [default: none]
    #[arg(long, env = "HEIRLOOM_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,

    /// How many logins and registrations an address may send, such as 20/m, or off [default: 20/m]
    #[arg(long, env = "HEIRLOOM_LOGIN_RATE", value_name = "RATE")]
    pub login_rate: Option<String>,

    /// How many refreshes an address may send, such as 300/m, or off [default: 300/m]
    #[arg(long, env = "HEIRLOOM_REFRESH_RATE", value_name = "RATE")]
    pub refresh_rate: Option<String>,

    /// SameSite of the cookies: strict, lax or none [default: strict]
    #[arg(long, env = "HEIRLOOM_COOKIE_SAMESITE", value_name = "MODE")]
    pub cookie_samesite: Option<String>,

    /// Path of the cookies; other than / its name starts with __Secure- [default: /]
    #[arg(long, env = "HEIRLOOM_COOKIE_PATH", value_name = "PATH")]
    pub cookie_path: Option<String>,

    /// Domain of the cookies; with one its name starts with __Secure- [default: none]
    #[arg(long, env = "HEIRLOOM_COOKIE_DOMAIN", value_name = "DOMAIN")]
    pub cookie_domain: Option<String>,

    /// Drop Secure and the prefix from the cookies, on a loopback address only [default: false]
    #[arg(long, env = "HEIRLOOM_COOKIE_INSECURE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub cookie_insecure: Option<String>,

    /// Whether the access token is set as a cookie too; the page then repeats a CSRF cookie in a header [default: false]
    #[arg(long, env = "HEIRLOOM_ACCESS_COOKIE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub access_cookie: Option<String>,

    /// Whether the web app is served at /app/, and / leads there; `off` takes both away [default: on]
    #[arg(long, env = "HEIRLOOM_APP", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub app: Option<String>,

    /// Whether /dev/ is served: families to practise on, for the web app's page about them. On a loopback address
    /// without trusted proxies only [default: there with the embedded database]
    #[arg(long, env = "HEIRLOOM_DEV", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub dev: Option<String>,

    /// How many database connections are held at most [default: 8]
    #[arg(long, env = "HEIRLOOM_DATABASE_POOL", value_name = "COUNT")]
    pub database_pool: Option<String>,

    /// How many connections beside them rotate, each many sessions at once [default: 1]
    #[arg(long, alias = "rotation-lanes", env = "HEIRLOOM_ROTATION_LANES", value_name = "COUNT")]
    pub rotation_workers: Option<String>,

    /// Whether statements are prepared once for each connection; false for a PgBouncer that does not support that
    /// [default: true]
    #[arg(long, env = "HEIRLOOM_DATABASE_PREPARE", value_name = "BOOL")]
    pub database_prepare: Option<String>,

    /// Whether other processes' word of ended sessions is listened for; false where LISTEN cannot work, such as behind
    /// PgBouncer. They are looked up each second either way [default: true]
    #[arg(long, env = "HEIRLOOM_DATABASE_LISTEN", value_name = "BOOL")]
    pub database_listen: Option<String>,

    /// The shortest password that may be chosen, in characters [default: 8]
    #[arg(long, env = "HEIRLOOM_PASSWORD_MIN_LENGTH", value_name = "COUNT")]
    pub password_min_length: Option<String>,

    /// Memory of a password hash in KiB [default: 19456]
    #[arg(long, env = "HEIRLOOM_ARGON2_MEMORY", value_name = "KIB")]
    pub argon2_memory: Option<String>,

    /// Passes of a password hash [default: 2]
    #[arg(long, env = "HEIRLOOM_ARGON2_PASSES", value_name = "COUNT")]
    pub argon2_passes: Option<String>,

    /// Parallelism of a password hash [default: 1]
    #[arg(long, env = "HEIRLOOM_ARGON2_LANES", value_name = "COUNT")]
    pub argon2_lanes: Option<String>,

    /// How many passwords are hashed at once, each in its own memory [default: one for each core]
    #[arg(long, env = "HEIRLOOM_HASHES_AT_ONCE", value_name = "COUNT")]
    pub hashes_at_once: Option<String>,

    /// How long a request's body may take to arrive [default: 10s]
    #[arg(long, env = "HEIRLOOM_BODY_TIMEOUT", value_name = "DURATION")]
    pub body_timeout: Option<String>,

    /// Connections of clients at a time [default: what the limit of open files leaves room for, 10000 at most]
    #[arg(long, env = "HEIRLOOM_MAX_CONNECTIONS", value_name = "COUNT")]
    pub max_connections: Option<String>,

    /// Those from one IPv4 address or IPv6 /64, trusted proxies excepted [default: a quarter of all]
    #[arg(long, env = "HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    pub max_connections_per_address: Option<String>,

    /// What is logged: a level, or tracing directives such as heirloom=debug [default: info]
    #[arg(long, env = "HEIRLOOM_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// How logs are written: text or json [default: text]
    #[arg(long, env = "HEIRLOOM_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
}
