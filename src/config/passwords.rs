//! Passwords and what hashing them costs.

use std::num::NonZeroUsize;

use clap::Args;

use super::errors::ConfigError;
use super::parsers::{count, in_range, optional};
use super::setting::{Setting, setting};
use crate::domain::password::PasswordPolicy;
use crate::domain::policy::HashCost;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Passwords")]
pub(super) struct PasswordSettings {
    /// Minimum length of a new password, in characters
    #[arg(long, env = "HEIRLOOM_PASSWORD_MIN_LENGTH", value_name = "COUNT", default_value = "8")]
    #[arg(value_parser = setting(in_range(8..=64_usize)))]
    pub password_min_length: Setting<usize>,

    /// Memory of a password hash in KiB
    #[arg(long, env = "HEIRLOOM_ARGON2_MEMORY", value_name = "KIB", default_value = "19456")]
    #[arg(value_parser = setting(in_range(7_168..=262_144_u32)))]
    pub argon2_memory: Setting<u32>,

    /// Passes of a password hash
    #[arg(long, env = "HEIRLOOM_ARGON2_PASSES", value_name = "COUNT", default_value = "2")]
    #[arg(value_parser = setting(in_range(1..=16_u32)))]
    pub argon2_passes: Setting<u32>,

    /// Parallelism of a password hash
    #[arg(long, env = "HEIRLOOM_ARGON2_LANES", value_name = "COUNT", default_value = "1")]
    #[arg(value_parser = setting(in_range(1..=16_u32)))]
    pub argon2_lanes: Setting<u32>,

    /// Number of passwords hashed at once, each in its own memory [default: the number of cores]
    #[arg(long, env = "HEIRLOOM_HASHES_AT_ONCE", value_name = "COUNT", default_value = "")]
    #[arg(value_parser = setting(optional(count::<NonZeroUsize>(1_024))))]
    pub hashes_at_once: Setting<Option<NonZeroUsize>>,
}

impl PasswordSettings {
    pub fn policy(&self, errors: &mut Vec<ConfigError>) -> PasswordPolicy {
        PasswordPolicy { min_length: self.password_min_length.value(errors) }
    }

    pub fn hash_cost(&self, errors: &mut Vec<ConfigError>) -> HashCost {
        let cost = HashCost {
            memory: self.argon2_memory.value(errors),
            passes: self.argon2_passes.value(errors),
            parallelism: self.argon2_lanes.value(errors),
        };
        if !cost.is_enough() {
            self.argon2_memory.refuse(
                errors,
                "is too little for HEIRLOOM_ARGON2_PASSES; OWASP requires 47104 KiB with 1 pass, 19456 with 2, 12288 with 3, \
                 9216 with 4 or 7168 with 5",
            );
        }
        cost
    }

    pub fn hashes_at_once(&self, errors: &mut Vec<ConfigError>) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.hashes_at_once.value(errors).unwrap_or_else(cores)
    }
}
