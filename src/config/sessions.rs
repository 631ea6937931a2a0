//! How long sessions live, and when a token that was replaced is still accepted.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::errors::ConfigError;
use super::parsers::{count, duration, in_range};
use super::setting::{Setting, setting};
use crate::domain::policy::{Lifetimes, RotationPolicy};

/// Browsers shorten the life of cookies beyond it (draft-ietf-httpbis-rfc6265bis §5.5).
const LONGEST_COOKIE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sessions")]
pub(super) struct SessionSettings {
    /// A session expires if it is not refreshed for this long
    #[arg(long, env = "HEIRLOOM_REFRESH_IDLE_TTL", value_name = "DURATION", default_value = "7d")]
    #[arg(value_parser = setting(duration(SECOND)))]
    pub refresh_idle_ttl: Setting<Duration>,

    /// A session expires this long after its login
    #[arg(long, env = "HEIRLOOM_REFRESH_ABSOLUTE_TTL", value_name = "DURATION", default_value = "30d")]
    #[arg(value_parser = setting(duration(SECOND)))]
    pub refresh_absolute_ttl: Setting<Duration>,

    /// How long the previous token still gets the same response; 0s disables it
    #[arg(long, env = "HEIRLOOM_REFRESH_OVERLAP", value_name = "DURATION", default_value = "10s")]
    #[arg(value_parser = setting(duration(Duration::ZERO)))]
    pub refresh_overlap: Setting<Duration>,

    /// Number of lost responses in a row that a session can recover from later; 0 disables recovery
    #[arg(long, env = "HEIRLOOM_REFRESH_RECOVERY_BURST", value_name = "COUNT", default_value = "3")]
    #[arg(value_parser = setting(in_range(0..=1_000_u32)))]
    pub refresh_recovery_burst: Setting<u32>,

    /// Rotations needed to earn another recovery
    #[arg(long, env = "HEIRLOOM_REFRESH_RECOVERY_EVERY", value_name = "ROTATIONS", default_value = "10")]
    #[arg(value_parser = setting(in_range(2..=1_000_000_u32)))]
    pub refresh_recovery_every: Setting<u32>,

    /// Largest number of sessions of an account; one more revokes the least recently used
    #[arg(long, env = "HEIRLOOM_MAX_SESSIONS_PER_USER", value_name = "COUNT", default_value = "100")]
    #[arg(value_parser = setting(count::<NonZeroU32>(10_000)))]
    pub max_sessions_per_user: Setting<NonZeroU32>,

    /// How long events stay in the security log
    #[arg(long, env = "HEIRLOOM_EVENT_RETENTION", value_name = "DURATION", default_value = "90d")]
    #[arg(value_parser = setting(duration(HOUR)))]
    pub event_retention: Setting<Duration>,
}

impl SessionSettings {
    pub fn rotation(&self, errors: &mut Vec<ConfigError>) -> RotationPolicy {
        RotationPolicy {
            overlap: self.refresh_overlap.value(errors),
            recovery_burst: self.refresh_recovery_burst.value(errors),
            recovery_every: self.refresh_recovery_every.value(errors),
        }
    }

    pub fn lifetimes(&self, errors: &mut Vec<ConfigError>) -> Lifetimes {
        let lifetimes =
            Lifetimes { idle: self.refresh_idle_ttl.value(errors), absolute: self.refresh_absolute_ttl.value(errors) };
        if lifetimes.absolute < lifetimes.idle {
            let message = "is shorter than HEIRLOOM_REFRESH_IDLE_TTL; increase it, or decrease the other";
            self.refresh_absolute_ttl.refuse(errors, message);
        }
        if lifetimes.idle > LONGEST_COOKIE {
            let message = "must be at most 400 days, because browsers do not keep a cookie for longer";
            self.refresh_idle_ttl.refuse(errors, message);
        }
        lifetimes
    }
}
