//! Writing a mail when it is sent: to whom, with which link, and in which words.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use time::macros::format_description;

use crate::crypto::links::Links;
use crate::db::{Database, families, users};
use crate::delivery::Mail;
use crate::domain::account::{EmailLookup, User};
use crate::domain::clock::Clock;
use crate::domain::device::device_name;
use crate::domain::ids::FamilyId;
use crate::domain::letter::{Letter, Occurrence};
use crate::domain::link::{Link, LinkPurpose};
use crate::domain::outbox::Message;
use crate::domain::password::PasswordHash;
use crate::service::error::ServiceError;
use crate::service::messaging::Messaging;

/// What became of a letter.
pub(super) enum Written {
    Mail(Mail),
    /// There is no account to write to, or the operator has turned this notice off.
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
    /// Writes the mail of a message, for the present state of its account.
    pub async fn write(&self, message: &Message) -> Result<Written, ServiceError> {
        let letter: Letter = match serde_json::from_value(message.payload.clone()) {
            Ok(letter) => letter,
            Err(error) => return Ok(Written::Unreadable(format!("the letter cannot be read: {error}"))),
        };
        if letter.notice().is_some_and(|notice| self.messaging.muted.contains(&notice)) {
            return Ok(Written::Nothing);
        }
        let account = self.account_of(message, &letter).await?;
        let Some((name, to, link, mut values)) = self.compose(&letter, account.as_ref()) else {
            return Ok(Written::Nothing);
        };
        values.insert("service", self.messaging.service.clone());
        if let Letter::ReuseDetected { session: Some(id), .. } = letter {
            values.insert("device", self.device_of(id.into()).await?);
        }
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

    /// The device that a session was begun on, if it is not pruned yet.
    async fn device_of(&self, id: FamilyId) -> Result<String, ServiceError> {
        let user_agent = self.db.run(move |connection| families::user_agent(connection, id)).await?;
        Ok(device_name(user_agent.as_deref()))
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
                Some((user, _)) => {
                    ("already_registered", user.email.as_ref()?.as_str().to_owned(), Some(page), Values::new())
                }
                None => {
                    let link = Link {
                        email: Some(email.clone()),
                        password_hash: Some(password_hash.clone()),
                        ..self.link(LinkPurpose::Register)
                    };
                    (letter.name(), email.clone(), Some(self.url(&link)), Values::new())
                }
            });
        }
        let (user, hash) = account?;
        let own = user.email.as_ref()?.as_str().to_owned();
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
                let to = email.clone();
                (to, of_account(LinkPurpose::ConfirmEmail, Some(email)), Values::new())
            }
            Letter::EmailChangeRequested { email, place } => {
                let shown = email.clone();
                (own, account_page, with("email", shown, of_place(place)))
            }
            Letter::EmailChanged { former, place } => {
                let to = former.clone();
                (to, of_account(LinkPurpose::UndoEmail, Some(former)), with("email", own, of_place(place)))
            }
            Letter::ReuseDetected { place, last_ip, .. } => {
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

fn with(name: &'static str, value: String, mut values: Values) -> Values {
    values.insert(name, value);
    values
}

fn of_place(place: &Occurrence) -> Values {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let at = place.at.format(&format).unwrap_or_default();
    let from = format!("{}, {}", device_name(place.user_agent.as_deref()), shown_address(place.ip));
    Values::from([("at", at), ("place", from)])
}

fn shown_address(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}
