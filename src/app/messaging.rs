//! How messages leave the server, as the settings say.

use std::sync::{Arc, OnceLock};

use secrecy::ExposeSecret as _;

use super::error::StartError;
use crate::config::{Config, DatabasePlace, MailBy};
use crate::delivery::MailTransport;
use crate::delivery::letters::Letters;
use crate::delivery::mailbox::Mailbox;
use crate::delivery::smtp::Smtp;
use crate::delivery::webhook::{MailAsWebhook, Webhook};
use crate::domain::clock::Clock;
use crate::service::Messaging;

/// Builds it. A development server on the embedded database keeps its mails, unless mail is set up.
///
/// # Errors
/// [`StartError::Mail`] for a mail server, a sender or a template that cannot be used.
pub fn messaging(config: &Config, clock: &Clock) -> Result<Messaging, StartError> {
    let messages = &config.messages;
    let is_embedded = matches!(config.database.place, DatabasePlace::Embedded(_));
    let webhook = messages.webhook.as_ref().map(|config| Arc::new(Webhook::new(config.url.clone(), &config.secrets)));
    let mut mailbox = None;
    let mail: Option<Arc<dyn MailTransport>> = match &messages.mail {
        Some(mail) => Some(match &mail.by {
            MailBy::Smtp(url) => Arc::new(Smtp::new(url.expose_secret(), &mail.from)?),
            MailBy::Webhook => {
                let receiver = webhook.clone().expect("the settings demand it");
                Arc::new(MailAsWebhook::new(receiver, clock.clone()))
            }
        }),
        None if config.is_development && is_embedded => {
            let kept = Arc::new(Mailbox::new(clock.clone()));
            mailbox = Some(Arc::clone(&kept));
            Some(kept)
        }
        None => None,
    };
    let public_url = OnceLock::new();
    if let Some(url) = &messages.public_url {
        let _ = public_url.set(url.clone());
    }
    Ok(Messaging {
        mail,
        webhook,
        letters: Arc::new(Letters::new(messages.templates.as_deref())?),
        mailbox,
        registration: config.registration,
        muted: messages.muted.clone(),
        service: messages.service.clone(),
        public_url: Arc::new(public_url),
    })
}
