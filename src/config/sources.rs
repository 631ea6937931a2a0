//! A value that can be in a setting or in a file: a secret in a file is in no environment, and its owner can replace it.

use std::path::{Path, PathBuf};

use super::errors::{ConfigError, ConfigWarning};
use super::setting::Setting;
use super::trusted_file::TrustedFile;

/// The places that one value can come from. At most one may have it.
pub(super) struct Sources<'a, T> {
    pub setting: &'a Setting<T>,
    /// The path of a file.
    pub file: &'a Setting<Option<PathBuf>>,
    /// A file that systemd made for this service.
    pub credential: Option<PathBuf>,
}

impl<'a, T: Clone> Sources<'a, T> {
    /// `name` is that of the credential in the directory `credentials`.
    pub fn new(
        setting: &'a Setting<T>,
        file: &'a Setting<Option<PathBuf>>,
        credentials: Option<&Path>,
        name: &str,
    ) -> Self {
        let credential = credentials.map(|directory| directory.join(name)).filter(|path| path.exists());
        Self { setting, file, credential }
    }

    /// Whether a place has a value, even a wrong one.
    pub fn is_given(&self) -> bool {
        self.setting.is_given() || self.file.is_given() || self.credential.is_some()
    }

    /// The value. A file is read and its text passed to `parse`.
    pub fn value(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        let value = self.setting.value(errors);
        let file = self.file.value(errors).map(|path| (self.file.variable(), path));
        let credential = self.credential.clone().map(|path| ("CREDENTIALS_DIRECTORY", path));
        let mut given: Vec<&str> = self.setting.is_given().then(|| self.setting.variable()).into_iter().collect();
        given.extend(file.iter().chain(&credential).map(|(variable, _)| *variable));
        if let [one, other, ..] = given[..] {
            let message = format!("and {other} both have a value; remove one of them");
            errors.push(ConfigError { variable: one.to_owned(), message });
            return value;
        }
        let Some((variable, path)) = file.or(credential) else { return value };
        let refused = |message| ConfigError { variable: variable.to_owned(), message };
        let shown = path.display();
        match TrustedFile::read(&path) {
            Ok(file) => {
                if file.is_public {
                    let message = format!("names {shown}, which every user of this machine can read");
                    warnings.push(ConfigWarning { variable: variable.to_owned(), message });
                }
                match parse(file.text.trim()) {
                    _ if file.text.trim().is_empty() => errors.push(refused(format!("names {shown}, which is empty"))),
                    Ok(value) => return value,
                    Err(message) => errors.push(refused(format!("names {shown}, whose text {message}"))),
                }
            }
            Err(error) => errors.push(refused(format!("names {shown}, which {error}"))),
        }
        value
    }
}
