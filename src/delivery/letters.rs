//! What mails say: templates, which an operator can replace by files of the same names.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{Environment, context};

/// Every template, by its name. The text of a mail begins with the line of its subject.
const TEMPLATES: [(&str, &str); 11] = [
    ("reset_password", include_str!("templates/reset_password.txt")),
    ("finish_registration", include_str!("templates/finish_registration.txt")),
    ("already_registered", include_str!("templates/already_registered.txt")),
    ("verify_email", include_str!("templates/verify_email.txt")),
    ("confirm_email", include_str!("templates/confirm_email.txt")),
    ("email_change_requested", include_str!("templates/email_change_requested.txt")),
    ("email_changed", include_str!("templates/email_changed.txt")),
    ("reuse_detected", include_str!("templates/reuse_detected.txt")),
    ("new_device", include_str!("templates/new_device.txt")),
    ("password_changed", include_str!("templates/password_changed.txt")),
    ("account_disabled", include_str!("templates/account_disabled.txt")),
];

const LAYOUT: &str = include_str!("templates/layout.html");

/// The templates of all mails.
pub struct Letters(Environment<'static>);

/// A template cannot be used, for the operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the mail template {name} cannot be used: {message}")]
pub struct TemplateError {
    name: String,
    message: String,
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Letters {
    /// The templates, with those of `directory` in the place of ours: `NAME.txt`, `NAME.html` and `layout.html`.
    ///
    /// # Errors
    /// [`TemplateError`] for a file that cannot be read or is no template.
    pub fn new(directory: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let ours = TEMPLATES.iter().map(|(name, text)| (format!("{name}.txt"), (*text).to_owned()));
        for (name, text) in ours.chain([("layout.html".to_owned(), LAYOUT.to_owned())]) {
            let text = read(directory, &name)?.unwrap_or(text);
            add(&mut environment, name, text)?;
        }
        for (name, _) in TEMPLATES {
            let name = format!("{name}.html");
            if let Some(text) = read(directory, &name)? {
                add(&mut environment, name, text)?;
            }
        }
        let letters = Self(environment);
        // A template that fails must fail at the start, not when a mail is due.
        for (name, _) in TEMPLATES {
            letters.render(name, &BTreeMap::from([("link", "https://example.com/".to_owned())]))?;
        }
        Ok(letters)
    }

    /// The mail `name` with these values. HTML escapes them.
    ///
    /// # Errors
    /// [`TemplateError`] if the template fails, which [`new`](Self::new) has tried.
    pub fn render(&self, name: &str, values: &BTreeMap<&str, String>) -> Result<Rendered, TemplateError> {
        let failed = |error: minijinja::Error| TemplateError { name: name.to_owned(), message: error.to_string() };
        let template = self.0.get_template(&format!("{name}.txt")).map_err(failed)?;
        let rendered = template.render(values).map_err(failed)?;
        let (first, text) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let subject = first.strip_prefix("Subject:").unwrap_or(first).trim().to_owned();
        let text = format!("{}\n", text.trim());
        let html = match self.0.get_template(&format!("{name}.html")) {
            Ok(own) => own.render(values),
            Err(_) => {
                let paragraphs: Vec<String> = text.split("\n\n").map(|part| part.trim().to_owned()).collect();
                let layout = self.0.get_template("layout.html").map_err(failed)?;
                layout.render(context! { subject => subject.clone(), paragraphs, link => values.get("link") })
            }
        };
        Ok(Rendered { subject, html: html.map_err(failed)?, text })
    }
}

fn add(environment: &mut Environment<'static>, name: String, text: String) -> Result<(), TemplateError> {
    let failed = |error: minijinja::Error| TemplateError { name: name.clone(), message: error.to_string() };
    environment.add_template_owned(name.clone(), text).map_err(failed)
}

fn read(directory: Option<&Path>, name: &str) -> Result<Option<String>, TemplateError> {
    let Some(path) = directory.map(|directory| directory.join(name)) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TemplateError { name: path.display().to_string(), message: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Letters, TEMPLATES};

    fn values() -> BTreeMap<&'static str, String> {
        let link = "https://app.example/#/reset?token=a&b".to_owned();
        BTreeMap::from([("link", link), ("email", "<b>a</b>@example.com".to_owned()), ("service", "Shop".to_owned())])
    }

    #[test]
    fn every_mail_has_a_subject_and_html_escapes_what_is_put_in() {
        let letters = Letters::new(None).unwrap();
        for (name, _) in TEMPLATES {
            let mail = letters.render(name, &values()).unwrap();
            assert!(!mail.subject.is_empty() && !mail.subject.contains("Subject"), "{name}");
            assert!(!mail.html.contains("<b>a") && mail.html.contains("<main>"), "{name}: {}", mail.html);
            assert!(!mail.text.contains("{{") && !mail.html.contains("{{"), "{name}");
        }
    }
}
