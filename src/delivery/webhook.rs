//! Webhooks, signed as Standard Webhooks says (<https://www.standardwebhooks.com>).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use ureq::Agent;

use super::agent::agent;
use super::{DeliveryError, Mail, MailTransport};
use crate::domain::Timestamp;
use crate::domain::clock::Clock;
use crate::domain::ids::MessageId;

/// How long a receiver may take to respond.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What a secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";

/// A receiver of webhooks.
pub struct Webhook {
    url: String,
    /// Newest first. Each signs, so a receiver may know any of them.
    keys: Vec<hmac::Key>,
    agent: Agent,
}

impl Webhook {
    /// A receiver at `url`, with the bytes of its secrets.
    pub fn new(url: String, secrets: &[SecretSlice<u8>]) -> Self {
        let keys = secrets.iter().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret())).collect();
        Self { url, keys, agent: agent(TIMEOUT, false) }
    }

    /// Sends a message. `body` is JSON.
    pub fn send(&self, id: MessageId, now: Timestamp, body: &str) -> Result<(), DeliveryError> {
        let (id, timestamp) = (id.to_string(), now.unix_timestamp().to_string());
        let sent = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", &self.signature(&id, &timestamp, body))
            .send(body);
        match sent.map(|response| response.status().as_u16()) {
            Ok(200..=299) => Ok(()),
            Ok(410) => {
                Err(DeliveryError::Never("the receiver responded with 410: it wants no more of these".to_owned()))
            }
            Ok(status) => Err(DeliveryError::Later(format!("the receiver responded with {status}"))),
            Err(error) => Err(DeliveryError::Later(format!("the receiver cannot be reached: {error}"))),
        }
    }

    fn signature(&self, id: &str, timestamp: &str, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let of = |key: &hmac::Key| format!("v1,{}", STANDARD.encode(hmac::sign(key, signed.as_bytes())));
        self.keys.iter().map(of).collect::<Vec<String>>().join(" ")
    }
}

/// Mails that are sent as webhooks: the receiver gets what they say and the link, and writes the mail.
pub struct MailAsWebhook {
    webhook: Arc<Webhook>,
    clock: Clock,
}

impl MailAsWebhook {
    /// Sends mails to the receiver of `webhook`.
    pub fn new(webhook: Arc<Webhook>, clock: Clock) -> Self {
        Self { webhook, clock }
    }
}

impl MailTransport for MailAsWebhook {
    fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let now = self.clock.now();
        let body = json!({
            "type": format!("mail.{}", mail.letter),
            "timestamp": now.format(&Rfc3339).unwrap_or_default(),
            "data": {
                "to": mail.to,
                "user_id": mail.user_id.map(|id| id.as_uuid()),
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "link": mail.link,
            },
        });
        self.webhook.send(mail.id, now, &body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::Webhook;

    /// The example of the specification's own libraries.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let webhook = Webhook::new("http://127.0.0.1:1/".to_owned(), &[secret.into(), vec![1; 32].into()]);
        let signature = webhook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        let (first, second) = signature.split_once(' ').unwrap();
        assert_eq!(first, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(second.starts_with("v1,") && second != first);
    }
}
