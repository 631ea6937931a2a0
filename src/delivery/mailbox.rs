//! The mailbox of a development server: mails stay in memory and are shown at `/dev/mail`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{DeliveryError, Mail, MailTransport};
use crate::domain::Timestamp;
use crate::domain::clock::Clock;

/// How many mails are kept.
const KEPT: usize = 200;

/// Mails that were not sent, newest first.
pub struct Mailbox {
    clock: Clock,
    mails: Mutex<VecDeque<(Timestamp, Mail)>>,
}

impl Mailbox {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self { clock, mails: Mutex::default() }
    }

    /// The mails with the time at which each arrived, newest first.
    pub fn mails(&self) -> Vec<(Timestamp, Mail)> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl MailTransport for Mailbox {
    fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if !mails.iter().any(|(_, kept)| kept.id == mail.id) {
            mails.push_front((self.clock.now(), mail.clone()));
            mails.truncate(KEPT);
        }
        Ok(())
    }
}
