//! Variables that look like settings but are none. A misspelt name would leave a default in force unnoticed.

use clap::Command;

use super::aliases::former_variables;

const PREFIX: &str = "HEIRLOOM_";

/// The names that start with our prefix and belong to none of the settings, sorted.
pub(super) fn unknown_among(names: impl Iterator<Item = String>, settings: &Command) -> Vec<String> {
    let is_known = |name: &String| {
        settings.get_arguments().any(|setting| {
            setting.get_env().is_some_and(|variable| variable == name.as_str())
                || former_variables(setting).contains(name)
        })
    };
    let mut unknown: Vec<String> = names.filter(|name| name.starts_with(PREFIX) && !is_known(name)).collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::unknown_among;

    #[test]
    fn names_with_our_prefix_that_are_neither_present_nor_former_names_are_reported() {
        let workers = Arg::new("workers").long("workers").alias("lanes").env("HEIRLOOM_WORKERS");
        let settings = Command::new("settings").arg(workers).arg(Arg::new("url").long("url").env("DATABASE_URL"));
        let names = [
            "PATH",
            "DATABASE_URL",
            "HEIRLOOM_WORKERS",
            "HEIRLOOM_LANES",
            "HEIRLOOM_SECRETS",
            "HEIRLOOM_ACCES_TOKEN_TTL",
            "MY_HEIRLOOM_X",
        ];
        let unknown = unknown_among(names.into_iter().map(str::to_owned), &settings);
        assert_eq!(unknown, ["HEIRLOOM_ACCES_TOKEN_TTL", "HEIRLOOM_SECRETS"]);
    }
}
