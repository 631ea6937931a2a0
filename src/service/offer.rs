//! What this server offers to pages.

use std::time::Duration;

use super::use_cases::Service;
use crate::delivery::mailbox::Mailbox;
use crate::domain::password::PASSWORD_MAX_LENGTH;
use crate::domain::registration::Registration;

/// What pages may want to know before anybody logs in.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    pub registration: Registration,
    /// Whether a forgotten password can be reset by mail.
    pub recovery: bool,
    /// In characters.
    pub password_min_length: usize,
    pub password_max_length: usize,
    pub access_token_algorithm: &'static str,
    pub access_token_ttl: Duration,
}

impl Service {
    /// What this server offers.
    pub fn offer(&self) -> Offer {
        let policy = self.access_tokens.policy();
        Offer {
            registration: self.messaging.registration,
            recovery: self.sends_mails(),
            password_min_length: self.passwords.min_length(),
            password_max_length: PASSWORD_MAX_LENGTH,
            access_token_algorithm: policy.algorithm.name(),
            access_token_ttl: policy.ttl,
        }
    }

    /// The mailbox of a development server.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.messaging.mailbox.as_deref()
    }

    /// The page that links in mails open, if the operator gave one.
    pub fn public_url(&self) -> Option<&str> {
        self.messaging.public_url.get().map(String::as_str)
    }
}
