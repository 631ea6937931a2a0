//! What an event causes to be sent: a webhook to the operator's backend, and a mail to the owner of the account.

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::event::{Event, EventKind};
use super::ids::{EventId, MessageId};
use super::letter::{Letter, Occurrence};
use super::outbox::{Channel, Message, Outgoing};

/// The messages of an event. Their ids follow from its id.
pub fn of_event(event: &Event, outgoing: Outgoing) -> Vec<Message> {
    let webhook = outgoing.webhooks.then(|| webhook(event));
    let mail = letter(event).filter(|_| outgoing.mails).map(|letter| mail(event, &letter));
    webhook.into_iter().chain(mail).collect()
}

/// A mail to the owner of the account that an event is about.
pub fn mail(event: &Event, letter: &Letter) -> Message {
    letter.message(message_id(event.id, Channel::Mail), Some(event.user_id), event.at)
}

/// When and where an event happened.
pub fn place(event: &Event) -> Occurrence {
    Occurrence { at: event.at, ip: event.client.ip, user_agent: event.client.user_agent.clone() }
}

fn webhook(event: &Event) -> Message {
    let payload = json!({
        "type": webhook_type(event.kind),
        "timestamp": event.at.format(&Rfc3339).unwrap_or_default(),
        "data": {
            "event_id": event.id.as_uuid(),
            "kind": event.kind.name(),
            "user_id": event.user_id.as_uuid(),
            "session_id": event.family_id.map(|id| id.as_uuid()),
            "ip": event.client.ip,
            "user_agent": event.client.user_agent,
            "detail": event.detail(),
        },
    });
    let id = message_id(event.id, Channel::Webhook);
    Message::new(id, Channel::Webhook, Some(event.user_id), event.at, payload)
}

fn letter(event: &Event) -> Option<Letter> {
    match event.kind {
        EventKind::ReuseDetected { last_ip, .. } => Some(Letter::ReuseDetected {
            place: place(event),
            last_ip,
            session: event.family_id.map(|id| id.as_uuid()),
        }),
        EventKind::PasswordChanged | EventKind::PasswordReset => Some(Letter::PasswordChanged { place: place(event) }),
        EventKind::AccountDisabled => Some(Letter::AccountDisabled),
        _ => None,
    }
}

/// The event's id, with one bit for the channel.
fn message_id(event: EventId, channel: Channel) -> MessageId {
    let bits = event.as_uuid().as_u128() & !1;
    Uuid::from_u128(bits | u128::from(channel == Channel::Mail)).into()
}

/// The type of a webhook: what it is about, and the name of the event without a repetition of that. It never changes.
fn webhook_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Registered => "user.registered",
        EventKind::LoginSucceeded => "session.login_succeeded",
        EventKind::LoginFailed => "user.login_failed",
        EventKind::Logout => "session.logout",
        EventKind::SessionRevoked { .. } => "session.revoked",
        EventKind::PasswordChanged => "user.password_changed",
        EventKind::PasswordReset => "user.password_reset",
        EventKind::PasswordChangeFailed => "user.password_change_failed",
        EventKind::GuessingSlowed { .. } => "user.guessing_slowed",
        EventKind::AccountDisabled => "user.disabled",
        EventKind::AccountEnabled => "user.enabled",
        EventKind::EmailVerified => "user.email_verified",
        EventKind::EmailChangeRequested => "user.email_change_requested",
        EventKind::EmailChanged => "user.email_changed",
        EventKind::EmailChangeUndone => "user.email_change_undone",
        EventKind::ReuseDetected { .. } => "session.reuse_detected",
        EventKind::ReplayedElsewhere { .. } => "session.replayed_elsewhere",
        EventKind::ResponseRecovered { .. } => "session.answer_recovered",
        EventKind::RowCaughtUp { .. } => "session.row_caught_up",
        EventKind::SandboxBegan => "session.practice_began",
    }
}
