//! Mails, webhooks, and who may register.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::errors::ConfigError;
use super::parsers::{list, one_of, optional, path, text};
use super::setting::{Setting, setting};
use crate::domain::registration::Registration;

/// How messages leave the server.
#[derive(Clone, Debug, Default)]
pub struct MessagesConfig {
    pub mail: Option<MailConfig>,
    pub webhook: Option<WebhookConfig>,
    /// The page that links in mails open, if it is given.
    pub public_url: Option<String>,
    /// A directory with templates of mails.
    pub templates: Option<PathBuf>,
    /// What mails call this service.
    pub service: String,
}

#[derive(Clone, Debug)]
pub struct MailConfig {
    pub by: MailBy,
    /// The sender of mails over SMTP.
    pub from: String,
}

/// How mails are sent.
#[derive(Clone, Debug)]
pub enum MailBy {
    /// The URL of a mail server, which may have a password.
    Smtp(SecretString),
    /// As webhooks.
    Webhook,
}

#[derive(Clone, Debug)]
pub struct WebhookConfig {
    pub url: String,
    /// Newest first.
    pub secrets: Vec<WebhookSecret>,
}

/// The bytes of a secret that signs webhooks.
#[derive(Clone)]
pub struct WebhookSecret(pub Vec<u8>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret([REDACTED])")
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Mail, webhooks and registration")]
pub(super) struct MessageSettings {
    /// Mail server as smtp://user:password@host:587 or smtps://host, or `webhook`; unset: no mail
    #[arg(long, env = "HEIRLOOM_MAIL_URL", hide_env_values = true, value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(mail_url)))]
    pub mail_url: Setting<Option<MailBy>>,

    /// Sender of mails, such as Shop <login@shop.example>
    #[arg(long, env = "HEIRLOOM_MAIL_FROM", value_name = "ADDRESS", default_value = "")]
    #[arg(value_parser = setting(optional(text)))]
    pub mail_from: Setting<Option<String>>,

    /// Directory with templates of mails in the place of the own ones
    #[arg(long, env = "HEIRLOOM_MAIL_TEMPLATES", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub mail_templates: Setting<Option<PathBuf>>,

    /// Page that links in mails open, with its scheme and host
    #[arg(long, env = "HEIRLOOM_PUBLIC_URL", value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(http_url)))]
    pub public_url: Setting<Option<String>>,

    /// Who may register: open, verified (by a link in a mail) or closed
    #[arg(long, env = "HEIRLOOM_REGISTRATION", value_name = "MODE", default_value = "open")]
    #[arg(value_parser = one_of(
        &["open", "verified", "closed"],
        [Registration::Open, Registration::Verified, Registration::Closed],
    ))]
    pub registration: Setting<Registration>,

    /// Receiver of webhooks; unset: none are sent
    #[arg(long, env = "HEIRLOOM_WEBHOOK_URL", value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(http_url)))]
    pub webhook_url: Setting<Option<String>>,

    /// Secrets that sign webhooks, as whsec_ and base64, newest first, separated by commas. Refused as a flag
    #[arg(long, env = "HEIRLOOM_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRETS", default_value = "")]
    #[arg(value_parser = setting(list(webhook_secret)))]
    pub webhook_secret: Setting<Vec<WebhookSecret>>,
}

impl MessageSettings {
    /// `service` is what mails call the service.
    pub fn resolve(&self, errors: &mut Vec<ConfigError>, service: &str) -> (MessagesConfig, Registration) {
        let (url, secrets) = (self.webhook_url.value(errors), self.webhook_secret.value(errors));
        let public_url = self.public_url.value(errors);
        let webhook = match (url, secrets.is_empty()) {
            (Some(url), false) => Some(WebhookConfig { url, secrets }),
            (Some(_), true) => {
                let message = "is required with HEIRLOOM_WEBHOOK_URL; make one with `openssl rand -base64 32`, and put whsec_ \
                               before it";
                self.webhook_secret.refuse(errors, message);
                None
            }
            (None, _) => None,
        };
        let from = self.mail_from.value(errors);
        let mail = match (self.mail_url.value(errors), from) {
            (Some(MailBy::Smtp(_)), None) => {
                self.mail_from.refuse(errors, "is required with HEIRLOOM_MAIL_URL");
                None
            }
            (Some(by), from) => Some(MailConfig { by, from: from.unwrap_or_default() }),
            (None, _) => None,
        };
        if mail.is_some() && public_url.is_none() {
            self.public_url.refuse(errors, "is required with HEIRLOOM_MAIL_URL: links in mails open it");
        }
        if matches!(&mail, Some(MailConfig { by: MailBy::Webhook, .. })) && webhook.is_none() {
            self.webhook_url.refuse(errors, "is required with HEIRLOOM_MAIL_URL=webhook");
        }
        let templates = self.mail_templates.value(errors);
        let config = MessagesConfig { mail, webhook, public_url, templates, service: service.to_owned() };
        (config, self.registration.value(errors))
    }

    /// Whether the URL of the mail server has a password.
    pub fn has_password(&self) -> bool {
        match self.mail_url.parsed() {
            Some(MailBy::Smtp(url)) => Url::parse(url.expose_secret()).is_ok_and(|url| url.password().is_some()),
            _ => false,
        }
    }

    /// Refuses `verified` where no mail can be sent.
    pub fn check_registration(&self, errors: &mut Vec<ConfigError>, can_send: bool) {
        if !can_send && *self.registration.parsed() == Registration::Verified {
            self.registration.refuse(errors, "is verified, which requires HEIRLOOM_MAIL_URL");
        }
    }
}

fn mail_url(text: &str) -> Result<MailBy, String> {
    if text == "webhook" {
        return Ok(MailBy::Webhook);
    }
    match Url::parse(text) {
        Ok(url) if ["smtp", "smtps"].contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty()) => {
            Ok(MailBy::Smtp(text.into()))
        }
        // Not quoted: it may have a password.
        _ => Err("must be smtp://HOST:PORT, smtps://HOST:PORT or webhook".to_owned()),
    }
}

fn http_url(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url)
            if ["http", "https"].contains(&url.scheme()) && url.fragment().is_none() && url.password().is_none() =>
        {
            Ok(url.into())
        }
        _ => Err("must be a URL such as https://example.com/path, without a fragment".to_owned()),
    }
}

fn webhook_secret(text: &str) -> Result<WebhookSecret, String> {
    let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(WebhookSecret(bytes)),
        _ => Err("must be whsec_ and the base64 of 24 to 64 random bytes".to_owned()),
    }
}
