//! Former names of settings. `alias = "old-name"` on a setting keeps the flag `--old-name` and, with the same words, the
//! variable `HEIRLOOM_OLD_NAME`.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

use super::errors::ConfigError;

/// How to look up an environment variable.
type Lookup<'a> = &'a dyn Fn(&OsStr) -> Option<OsString>;

/// The variables that a setting had under its former names.
pub(super) fn former_variables(setting: &Arg) -> Vec<String> {
    let flags = setting.get_all_aliases().unwrap_or_default();
    flags.into_iter().map(|flag| format!("HEIRLOOM_{}", flag.to_uppercase().replace('-', "_"))).collect()
}

/// Makes a setting read a former variable if only that one is set. Errors then name the variable that is really set.
pub(super) fn read_former_variable(setting: Arg, lookup: Lookup) -> Arg {
    let is_set = |variable: &OsStr| lookup(variable).is_some_and(|value| !value.is_empty());
    if setting.get_env().is_some_and(is_set) {
        return setting;
    }
    let former = former_variables(&setting).into_iter().find(|variable| is_set(variable.as_ref()));
    match former {
        Some(variable) => setting.env(variable),
        None => setting,
    }
}

/// The settings of `command` that have different values under their present and a former name.
pub(super) fn conflicts(command: &Command, lookup: Lookup) -> Vec<ConfigError> {
    let value_of = |variable: &OsStr| lookup(variable).filter(|value| !value.is_empty());
    let mut conflicts = Vec::new();
    for setting in command.get_arguments() {
        let Some(present) = setting.get_env() else { continue };
        for former in former_variables(setting) {
            if let (Some(one), Some(other)) = (value_of(present), value_of(former.as_ref()))
                && one != other
            {
                let message = format!("differs from {former}, its former name; remove {former}");
                conflicts.push(ConfigError { variable: present.to_string_lossy().into_owned(), message });
            }
        }
    }
    conflicts
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};

    use clap::{Arg, Command};

    use super::{conflicts, read_former_variable};

    fn setting() -> Arg {
        Arg::new("workers").long("workers").alias("lanes").env("HEIRLOOM_WORKERS")
    }

    /// The variable that is read, and what is wrong, where these are set.
    fn with(variables: &[(&str, &str)]) -> (String, Vec<String>) {
        let find = |name: &OsStr| variables.iter().find(|(variable, _)| name == *variable);
        let lookup = |name: &OsStr| find(name).map(|(_, value)| OsString::from(value));
        let read = read_former_variable(setting(), &lookup);
        let errors = conflicts(&Command::new("settings").arg(setting()), &lookup);
        let errors = errors.into_iter().map(|error| format!("{} {}", error.variable, error.message)).collect();
        (read.get_env().unwrap().to_string_lossy().into_owned(), errors)
    }

    #[test]
    fn the_former_variable_is_read_if_it_is_the_only_one() {
        for (variables, expected) in [
            (&[][..], "HEIRLOOM_WORKERS"),
            (&[("HEIRLOOM_WORKERS", "2")], "HEIRLOOM_WORKERS"),
            (&[("HEIRLOOM_LANES", "2")], "HEIRLOOM_LANES"),
            (&[("HEIRLOOM_LANES", "2"), ("HEIRLOOM_WORKERS", "")], "HEIRLOOM_LANES"),
            (&[("HEIRLOOM_LANES", ""), ("HEIRLOOM_WORKERS", "2")], "HEIRLOOM_WORKERS"),
            (&[("HEIRLOOM_LANES", "2"), ("HEIRLOOM_WORKERS", "2")], "HEIRLOOM_WORKERS"),
        ] {
            assert_eq!(with(variables), (expected.to_owned(), Vec::new()), "{variables:?}");
        }
    }

    #[test]
    fn two_names_with_different_values_are_refused_without_the_values() {
        let (_, errors) = with(&[("HEIRLOOM_LANES", "canary"), ("HEIRLOOM_WORKERS", "2")]);
        let expected = "HEIRLOOM_WORKERS differs from HEIRLOOM_LANES, its former name; remove HEIRLOOM_LANES";
        assert_eq!(errors, [expected]);
    }
}
