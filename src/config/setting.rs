//! One setting: its value, and what is wrong with it.
//!
//! clap stops at the first value that does not parse. Here parsing always succeeds: a wrong value gives the default
//! together with an error, and [`Config::resolve`](super::Config::resolve) collects the errors of all settings.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, Command};

use super::errors::ConfigError;

/// A parsed setting.
#[derive(Clone, Debug)]
pub(super) struct Setting<T> {
    variable: String,
    /// The default if the given value is wrong.
    value: T,
    is_given: bool,
    error: Option<String>,
}

impl<T: Clone> Setting<T> {
    /// The value. Adds the setting's own error to `errors`.
    pub fn value(&self, errors: &mut Vec<ConfigError>) -> T {
        if let Some(message) = &self.error {
            self.refuse(errors, message);
        }
        self.value.clone()
    }

    /// The value, without a look at errors.
    pub fn parsed(&self) -> &T {
        &self.value
    }

    /// The name of its environment variable.
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// Whether it has a value of its own. Empty text counts as none, because many tools unset a variable this way.
    pub fn is_given(&self) -> bool {
        self.is_given
    }

    /// Replaces the default.
    pub fn set_default(&mut self, default: T) {
        if !self.is_given {
            self.value = default;
        }
    }

    /// Adds an error of this setting that depends on others.
    pub fn refuse(&self, errors: &mut Vec<ConfigError>, message: impl Into<String>) {
        errors.push(ConfigError { variable: self.variable.clone(), message: message.into() });
    }
}

/// A value parser for clap from a function that returns the value or the end of a sentence about it.
#[derive(Clone)]
pub(super) struct Parser<F> {
    parse: F,
    choices: &'static [&'static str],
}

/// The parser of a setting. `parse` gets trimmed text, which is the setting's default if none is given. A setting without
/// a default has the empty text as default, and `parse` must accept that.
pub(super) fn setting<F>(parse: F) -> Parser<F> {
    Parser { parse, choices: &[] }
}

impl<F> Parser<F> {
    /// Lists the possible values in the help.
    pub fn with_choices(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }
}

impl<T, F> TypedValueParser for Parser<F>
where
    T: Clone + Send + Sync + 'static,
    F: Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
{
    type Value = Setting<T>;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Setting<T>, clap::Error> {
        self.parse_ref_(command, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        _: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Setting<T>, clap::Error> {
        let arg = arg.expect("a setting is an argument of its own");
        let default = arg.get_default_values().first().and_then(|text| text.to_str()).expect("a setting has a default");
        let variable = arg.get_env().and_then(OsStr::to_str).expect("a setting has a variable").to_owned();
        let text = value.to_str().map(str::trim);
        let is_given = source != ValueSource::DefaultValue && text != Some("");
        let parsed = match text {
            Some(text) if is_given => (self.parse)(text),
            Some(_) => (self.parse)(default),
            None => Err("is not valid UTF-8".to_owned()),
        };
        let (value, error) = match parsed {
            Ok(value) => (value, None),
            Err(message) => ((self.parse)(default).expect("a default is valid"), Some(message)),
        };
        Ok(Setting { variable, value, is_given, error })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = self.choices.iter().map(|&choice| PossibleValue::new(choice));
        (!self.choices.is_empty()).then(|| Box::new(values) as Box<dyn Iterator<Item = PossibleValue>>)
    }
}
