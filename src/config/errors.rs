//! What is wrong with the settings, all of it at once.

use std::fmt;

/// One wrong setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The name of the environment variable.
    pub variable: String,
    /// What is wrong and how to correct it. Continues a sentence that starts with the name.
    pub message: String,
}

/// A setting that is accepted, with something that the operator should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigWarning {
    /// The name of the environment variable.
    pub variable: String,
    /// Continues a sentence that starts with the name.
    pub message: String,
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.message)
    }
}

/// Every wrong setting; at least one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// A single one.
    pub fn one(variable: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![ConfigError { variable: variable.into(), message: message.into() }])
    }
}

impl fmt::Display for ConfigErrors {
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
