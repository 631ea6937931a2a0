//! Writing a mail when it is sent: to whom, with which link, and in which words.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use time::macros::format_description;

use crate::crypto::links::Links;
use crate::db::{Database, users};
use crate::delivery::Mail;
use crate::domain::account::{Email, EmailLookup, User};
use crate::domain::clock::Clock;
use crate::domain::device::device_name;
use crate::domain::letter::{Letter, PlaceOf};
use crate::domain::link::{Link, LinkPurpose};
use crate::domain::outbox::Message;
use crate::domain::password::PasswordHash;
use crate::service::error::ServiceError;
use crate::service::messaging::Messaging;

/// What became of a letter.
pub(super) enum Written {
    Mail(Mail),
    /// There is nobody to write to: no such account, or none any more.
    Nothing,
    /// Another version wrote it.
    Unreadable(String),
}

pub(super) struct LetterWriter {
    pub db: Database,
    pub clock: Clock,
    pub links: Arc<Links>,
    pub messaging: Messaging,
}

type Values = BTreeMap<&'static str, String>;

impl LetterWriter {
    /// Writes the mail of a message, for its account as it is now.
    pub async fn write(&self, message: &Message) -> Result<Written, ServiceError> {
        let letter: Letter = match serde_json::from_value(message.payload.clone()) {
            Ok(letter) => letter,
            Err(error) => return Ok(Written::Unreadable(format!("the letter cannot be read: {error}"))),
        };
        let account = self.account_of(message, &letter).await?;
        let Some((name, to, link, mut values)) = self.compose(&letter, account.as_ref()) else {
            return Ok(Written::Nothing);
        };
        values.insert("service", self.messaging.service.clone());
        if let Some(link) = &link {
            values.insert("link", link.clone());
        }
        let rendered = match self.messaging.letters.render(name, &values) {
            Ok(rendered) => rendered,
            Err(error) => return Ok(Written::Unreadable(error.to_string())),
        };
        Ok(Written::Mail(Mail {
            id: message.id,
            letter: name,
            user_id: account.map(|(user, _)| user.id),
            to,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            link,
        }))
    }

    async fn account_of(
        &self,
        message: &Message,
        letter: &Letter,
    ) -> Result<Option<(User, Option<PasswordHash>)>, ServiceError> {
        let named = match letter {
            Letter::ResetPassword { email } | Letter::FinishRegistration { email, .. } => Some(EmailLookup::new(email)),
            _ => None,
        };
        let id = message.user_id;
        let found = self.db.run(move |connection| match (named, id) {
            (Some(lookup), _) => users::find_by_email(connection, &lookup),
            (None, Some(id)) => users::find(connection, id),
            (None, None) => Ok(None),
        });
        Ok(found.await?)
    }

    /// The template, the address, the link and the values of a letter; `None` if it is not sent.
    fn compose(
        &self,
        letter: &Letter,
        account: Option<&(User, Option<PasswordHash>)>,
    ) -> Option<(&'static str, String, Option<String>, Values)> {
        if let Letter::FinishRegistration { email, password_hash } = letter {
            let page = self.messaging.page("forgot-password");
            return Some(match account {
                Some((user, _)) => ("already_registered", address(user.email.as_ref()?), Some(page), Values::new()),
                None => {
                    let link = Link {
                        email: Some(email.clone()),
                        password_hash: Some(password_hash.clone()),
                        ..self.link(LinkPurpose::Register)
                    };
                    let to = address(&Email::from_stored(email.clone()));
                    (letter.name(), to, Some(self.url(&link)), Values::new())
                }
            });
        }
        let (user, hash) = account?;
        let own = address(user.email.as_ref()?);
        let of_account = |purpose, email: Option<&String>| {
            let state = Some(self.links.state_of(user, hash.as_ref()));
            let link = Link { user: Some(user.id.as_uuid()), email: email.cloned(), state, ..self.link(purpose) };
            Some(self.url(&link))
        };
        let forgot = Some(self.messaging.page("forgot-password"));
        let account_page = Some(self.messaging.page(""));
        let (to, link, values) = match letter {
            Letter::FinishRegistration { .. } => return None,
            // How users without a password log in is another service's decision.
            Letter::ResetPassword { .. } if !user.is_active || !user.has_password => return None,
            Letter::ResetPassword { .. } => (own, of_account(LinkPurpose::ResetPassword, None), Values::new()),
            Letter::VerifyEmail if user.email_verified => return None,
            Letter::VerifyEmail => (own, of_account(LinkPurpose::VerifyEmail, None), Values::new()),
            Letter::ConfirmEmail { email } => {
                let to = address(&Email::from_stored(email.clone()));
                (to, of_account(LinkPurpose::ConfirmEmail, Some(email)), Values::new())
            }
            Letter::EmailChangeRequested { email, place } => {
                let shown = address(&Email::from_stored(email.clone()));
                (own, account_page, with("email", shown, of_place(place)))
            }
            Letter::EmailChanged { former, place } => {
                let to = address(&Email::from_stored(former.clone()));
                (to, of_account(LinkPurpose::UndoEmail, Some(former)), with("email", own, of_place(place)))
            }
            Letter::ReuseDetected { place, last_ip } => {
                (own, account_page, with("last_ip", shown_address(*last_ip), of_place(place)))
            }
            Letter::NewDevice { place } => (own, account_page, of_place(place)),
            Letter::PasswordChanged { place } => (own, forgot, of_place(place)),
            Letter::AccountDisabled => (own, None, Values::new()),
        };
        Some((letter.name(), to, link, values))
    }

    fn link(&self, purpose: LinkPurpose) -> Link {
        let expires_at = (self.clock.now() + purpose.lifetime()).unix_timestamp();
        Link { purpose, expires_at, user: None, email: None, password_hash: None, state: None }
    }

    fn url(&self, link: &Link) -> String {
        self.messaging.page(&format!("{}?token={}", link.purpose.path(), self.links.seal(link)))
    }
}

/// With the domain in ASCII, which every mail server takes.
fn address(email: &Email) -> String {
    email.as_str().to_owned()
}

fn with(name: &'static str, value: String, mut values: Values) -> Values {
    values.insert(name, value);
    values
}

fn of_place(place: &PlaceOf) -> Values {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let at = place.at.format(&format).unwrap_or_default();
    let from = format!("{}, {}", device_name(place.user_agent.as_deref()), shown_address(place.ip));
    Values::from([("at", at), ("place", from)])
}

fn shown_address(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}
