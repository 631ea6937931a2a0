//! Reading settings one by one, and collecting what is wrong with them, so that all is said at once.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// One setting that cannot be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The name of the environment variable.
    pub variable: &'static str,
    /// What is wrong with it and what would be right; goes on after the name.
    pub message: String,
}

/// Every setting that cannot be right; at least one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// A single one.
    pub fn one(variable: &'static str, message: String) -> Self {
        Self(vec![ConfigError { variable, message }])
    }
}

impl Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{} {}.", error.variable, error.message)?;
        }
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct Reader {
    errors: Vec<ConfigError>,
}

impl Reader {
    /// What was typed; an empty text counts as nothing, since that is how a variable is unset in many tools.
    pub fn given(typed: &Option<String>) -> Option<&str> {
        typed.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    pub fn refuse(&mut self, variable: &'static str, message: impl Into<String>) {
        self.errors.push(ConfigError { variable, message: message.into() });
    }

    pub fn finish<T>(self, value: T) -> Result<T, ConfigErrors> {
        if self.errors.is_empty() { Ok(value) } else { Err(ConfigErrors(self.errors)) }
    }

    pub fn text(&mut self, variable: &'static str, typed: &Option<String>, default: &str) -> String {
        let text = Self::given(typed).unwrap_or(default);
        if text.chars().any(char::is_control) {
            self.refuse(variable, "holds a control character");
        }
        text.to_owned()
    }

    /// `default` has to parse.
    pub fn parsed<T: FromStr>(
        &mut self,
        variable: &'static str,
        typed: &Option<String>,
        default: &str,
        wanted: &str,
    ) -> T {
        let fallback = || default.parse().unwrap_or_else(|_| unreachable!("the default of {variable} parses"));
        let Some(text) = Self::given(typed) else { return fallback() };
        text.parse().unwrap_or_else(|_| {
            self.refuse(variable, format!("is {text:?}, which is not {wanted}"));
            fallback()
        })
    }

    pub fn in_range<T>(
        &mut self,
        variable: &'static str,
        typed: &Option<String>,
        default: T,
        range: RangeInclusive<T>,
    ) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(text) = Self::given(typed) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (from, to) = (range.start(), range.end());
                self.refuse(variable, format!("is {text:?}, which is not a whole number from {from} to {to}"));
                default
            }
        }
    }

    pub fn duration(&mut self, variable: &'static str, typed: &Option<String>, default: &str) -> Duration {
        self.duration_from(variable, typed, default, Duration::ZERO)
    }

    pub fn duration_from(
        &mut self,
        variable: &'static str,
        typed: &Option<String>,
        default: &str,
        least: Duration,
    ) -> Duration {
        /// Ten years; beyond them dates would leave what Postgres and JWTs can hold.
        const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);
        let fallback = humantime::parse_duration(default).unwrap_or(least);
        let Some(text) = Self::given(typed) else { return fallback };
        match humantime::parse_duration(text) {
            Ok(duration) if duration < least => {
                self.refuse(variable, format!("is {text:?}, and the least is {}", humantime::format_duration(least)));
                fallback
            }
            Ok(duration) if duration > LONGEST => {
                self.refuse(variable, format!("is {text:?}, which is over ten years"));
                fallback
            }
            Ok(duration) => duration,
            Err(_) => {
                self.refuse(variable, format!("is {text:?}, which is not a duration such as 15m or 7d"));
                fallback
            }
        }
    }

    pub fn boolean(&mut self, variable: &'static str, typed: &Option<String>, default: bool) -> bool {
        let Some(text) = Self::given(typed) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.refuse(variable, format!("is {text:?}, which is neither true nor false"));
                default
            }
        }
    }

    /// The first choice is the default; case does not matter.
    pub fn one_of<T: Copy>(&mut self, variable: &'static str, typed: &Option<String>, choices: &[(&str, T)]) -> T {
        let Some(text) = Self::given(typed) else { return choices[0].1 };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return *choice;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.refuse(variable, format!("is {text:?}, which is none of {}", names.join(", ")));
        choices[0].1
    }

    pub fn base_path(&mut self, variable: &'static str, typed: &Option<String>) -> String {
        let text = Self::given(typed).unwrap_or_default().trim_end_matches('/');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        let leads_elsewhere = text.split('/').any(|segment| segment == "." || segment == "..");
        let is_path = text.starts_with('/') && !text.contains("//") && text.chars().all(is_plain) && !leads_elsewhere;
        if !text.is_empty() && !is_path {
            self.refuse(variable, format!("is {text:?}, which is not a path such as /auth"));
        }
        text.to_owned()
    }
}
