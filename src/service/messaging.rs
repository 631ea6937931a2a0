//! How a server sends mails and webhooks, and who may register.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::delivery::MailTransport;
use crate::delivery::letters::Letters;
use crate::delivery::mailbox::Mailbox;
use crate::delivery::webhook::Webhook;
use crate::domain::notice::Notice;
use crate::domain::outbox::Outgoing;
use crate::domain::registration::Registration;

/// How this server sends messages. Cheap to clone.
#[derive(Clone)]
pub struct Messaging {
    /// `None` if mail is not set up.
    pub mail: Option<Arc<dyn MailTransport>>,
    pub webhook: Option<Arc<Webhook>>,
    pub letters: Arc<Letters>,
    /// The mailbox of a development server, if its mails go there.
    pub mailbox: Option<Arc<Mailbox>>,
    pub registration: Registration,
    /// The notices that are not sent.
    pub muted: Vec<Notice>,
    /// What mails call this service.
    pub service: String,
    /// The page that links open, without its fragment. A development server learns its own address only when it is bound.
    pub public_url: Arc<OnceLock<String>>,
}

impl fmt::Debug for Messaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messaging").field("outgoing", &self.outgoing()).finish_non_exhaustive()
    }
}

impl Messaging {
    /// A server that sends nothing.
    ///
    /// # Panics
    /// If a template of this program is broken, which its tests rule out.
    pub fn none() -> Self {
        Self {
            mail: None,
            webhook: None,
            letters: Arc::new(Letters::new(None).expect("the templates of this program are tested")),
            mailbox: None,
            registration: Registration::Open,
            muted: Vec::new(),
            service: "heirloom".to_owned(),
            public_url: Arc::default(),
        }
    }

    /// Which messages the outbox takes.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing { mails: self.mail.is_some(), webhooks: self.webhook.is_some() }
    }

    /// The address of a page of the app.
    pub fn page(&self, path: &str) -> String {
        format!("{}#/{path}", self.public_url.get().map_or("/app/", String::as_str))
    }
}
