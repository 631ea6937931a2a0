//! Names that look like settings and are none: a letter that was left out would leave a default in force that nobody wanted.

use clap::{Args as _, Command};

use super::settings::Settings;

const PREFIX: &str = "HEIRLOOM_";

/// The environment's names that begin like ours and mean nothing to this program, sorted.
pub fn unknown_settings() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    unknown_among(names)
}

fn unknown_among(names: impl Iterator<Item = String>) -> Vec<String> {
    let command = Settings::augment_args(Command::new("settings"));
    let is_known =
        |name: &str| command.get_arguments().any(|argument| argument.get_env().is_some_and(|env| env == name));
    let mut unknown: Vec<String> = names.filter(|name| name.starts_with(PREFIX) && !is_known(name)).collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use super::unknown_among;

    #[test]
    fn only_what_begins_like_ours_and_is_not_is_told() {
        let names =
            ["PATH", "DATABASE_URL", "HEIRLOOM_BIND", "HEIRLOOM_SECRETS", "HEIRLOOM_ACCES_TOKEN_TTL", "MY_HEIRLOOM_X"];
        let unknown = unknown_among(names.into_iter().map(str::to_owned));
        assert_eq!(unknown, ["HEIRLOOM_ACCES_TOKEN_TTL", "HEIRLOOM_SECRETS"]);
    }
}
