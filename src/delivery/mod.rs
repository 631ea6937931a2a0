//! How messages leave this server: mails over SMTP, webhooks over HTTP, and what a mail says. Also the service that is asked for
//! passwords. Everything here blocks, and is called on a thread that may.

mod agent;
pub mod letters;
pub mod mailbox;
pub mod password_hook;
pub mod smtp;
pub mod webhook;

use crate::domain::ids::{MessageId, UserId};

/// A mail that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Becomes the `Message-ID`: the same in every attempt.
    pub id: MessageId,
    /// The name of the letter.
    pub letter: &'static str,
    /// The account that it is about, if there is one.
    pub user_id: Option<UserId>,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The link that the mail is about.
    pub link: Option<String>,
}

/// Why a message was not delivered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Another attempt may succeed.
    #[error("{0}")]
    Later(String),
    /// No further attempt can succeed.
    #[error("{0}")]
    Never(String),
}

/// Something that delivers mails.
pub trait MailTransport: Send + Sync {
    /// Delivers a mail, or hands it to a server that will.
    fn send(&self, mail: &Mail) -> Result<(), DeliveryError>;
}
