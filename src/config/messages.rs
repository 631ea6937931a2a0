//! Mails, webhooks, and who may register.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use url::Url;

use super::errors::{ConfigError, ConfigWarning};
use super::parsers::{list, one_of, optional, path, text};
use super::setting::{Setting, setting};
use super::sources::Sources;
use crate::domain::notice::Notice;
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
    /// The notices that are not sent.
    pub muted: Vec<Notice>,
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
    /// The bytes of each secret, newest first.
    pub secrets: Vec<SecretSlice<u8>>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Mail, webhooks and registration")]
pub(super) struct MessageSettings {
    /// Mail server as smtp://user:password@host:587 or smtps://host, or `webhook`; unset: no mail
    #[arg(long, env = "HEIRLOOM_MAIL_URL", hide_env_values = true, value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(mail_url)))]
    pub mail_url: Setting<Option<MailBy>>,

    /// File with the value of HEIRLOOM_MAIL_URL
    ///
    /// It must belong to the user or root, and no other user may write to it.
    #[arg(long, env = "HEIRLOOM_MAIL_URL_FILE", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub mail_url_file: Setting<Option<PathBuf>>,

    /// Sender of mails, such as Shop <login@shop.example>
    #[arg(long, env = "HEIRLOOM_MAIL_FROM", value_name = "ADDRESS", default_value = "")]
    #[arg(value_parser = setting(optional(text)))]
    pub mail_from: Setting<Option<String>>,

    /// Directory with templates of mails in the place of the own ones
    #[arg(long, env = "HEIRLOOM_MAIL_TEMPLATES", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub mail_templates: Setting<Option<PathBuf>>,

    /// Notices that are not sent to the owners of accounts, such as new_device, separated by commas
    #[arg(long, env = "HEIRLOOM_MAIL_MUTED", value_name = "NOTICES", default_value = "")]
    #[arg(value_parser = setting(list(notice)))]
    pub mail_muted: Setting<Vec<Notice>>,

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
    pub webhook_secret: Setting<Vec<SecretSlice<u8>>>,

    /// File with the value of HEIRLOOM_WEBHOOK_SECRET
    ///
    /// It must belong to the user or root, and no other user may write to it.
    #[arg(long, env = "HEIRLOOM_WEBHOOK_SECRET_FILE", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub webhook_secret_file: Setting<Option<PathBuf>>,
}

impl MessageSettings {
    /// `service` is what mails call the service.
    pub fn resolve(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        service: &str,
        credentials: Option<&Path>,
    ) -> (MessagesConfig, Registration) {
        let public_url = self.public_url.value(errors);
        let webhook = self.webhook(errors, warnings, credentials);
        let mail = self.mail(errors, warnings, credentials);
        if mail.is_some() && public_url.is_none() {
            self.public_url.refuse(errors, "is required with HEIRLOOM_MAIL_URL: links in mails open it");
        }
        if matches!(&mail, Some(MailConfig { by: MailBy::Webhook, .. })) && !self.webhook_url.is_given() {
            self.webhook_url.refuse(errors, "is required with HEIRLOOM_MAIL_URL=webhook");
        }
        let templates = self.mail_templates.value(errors);
        let muted = self.mail_muted.value(errors);
        let config = MessagesConfig { mail, webhook, public_url, templates, muted, service: service.to_owned() };
        (config, self.registration.value(errors))
    }

    fn webhook(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        credentials: Option<&Path>,
    ) -> Option<WebhookConfig> {
        let sources =
            Sources::new(&self.webhook_secret, &self.webhook_secret_file, credentials, "heirloom_webhook_secret");
        let url = self.webhook_url.value(errors);
        let secrets = sources.value(errors, warnings, list(webhook_secret));
        if url.is_some() && !sources.is_given() {
            let message = "is required with HEIRLOOM_WEBHOOK_URL; make one with `openssl rand -base64 32`, and put whsec_ \
                           before it";
            self.webhook_secret.refuse(errors, message);
        }
        Some(WebhookConfig { url: url?, secrets })
    }

    fn mail(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        credentials: Option<&Path>,
    ) -> Option<MailConfig> {
        let sources = Sources::new(&self.mail_url, &self.mail_url_file, credentials, "heirloom_mail_url");
        let from = self.mail_from.value(errors);
        let by = sources.value(errors, warnings, optional(mail_url))?;
        if matches!(by, MailBy::Smtp(_)) && from.is_none() {
            self.mail_from.refuse(errors, "is required with HEIRLOOM_MAIL_URL");
        }
        Some(MailConfig { by, from: from.unwrap_or_default() })
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

fn notice(text: &str) -> Result<Notice, String> {
    text.parse().map_err(|_| format!("has {text:?}, which is none of {}", Notice::NAMES.join(", ")))
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

fn webhook_secret(text: &str) -> Result<SecretSlice<u8>, String> {
    let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(bytes.into()),
        _ => Err("must be whsec_ and the base64 of 24 to 64 random bytes".to_owned()),
    }
}
