//! Mails over SMTP.

use std::io;
use std::iter::successors;
use std::time::Duration;

use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{SmtpTransport, Transport as _};

use super::{DeliveryError, Mail, MailTransport};

/// For each command of the conversation.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A mail server.
pub struct Smtp {
    transport: SmtpTransport,
    from: Mailbox,
}

/// Why an address or a URL cannot be used, for the operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SmtpSetupError(String);

impl Smtp {
    /// Reads `smtp://` and `smtps://` URLs. With `smtp://` the connection must become encrypted (STARTTLS), unless the URL says
    /// `?tls=opportunistic` or the server is this machine.
    ///
    /// # Errors
    /// [`SmtpSetupError`] for a URL that is none.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpSetupError> {
        let from = from.parse().map_err(|_| SmtpSetupError(format!("{from:?} is no address")))?;
        let builder =
            SmtpTransport::from_url(&with_encryption(url)).map_err(|error| SmtpSetupError(error.to_string()))?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from })
    }

    fn message(&self, mail: &Mail) -> Result<Message, DeliveryError> {
        let never = |error: String| DeliveryError::Never(error);
        let to: Mailbox = mail.to.parse().map_err(|_| never("the address cannot be written in a mail".to_owned()))?;
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject)
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            // RFC 3834: programs that reply to mails do not reply to this one.
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| never(error.to_string()))
    }
}

impl MailTransport for Smtp {
    fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let message = self.message(mail)?;
        self.transport.send(&message).map(|_| ()).map_err(|error| classified(&error))
    }
}

/// What a server responds to a login, not to a mail: 530, 534, 535 and 538 (RFC 4954). The operator can mend it.
const LOGIN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// A permanent refusal of one mail (5xx) is final. Every other error may pass: the server is away, or it postpones the mail.
fn classified(error: &SmtpError) -> DeliveryError {
    let causes = || successors(Some(error as &dyn std::error::Error), |error| error.source());
    let message = match error.status() {
        Some(code) => format!("the mail server responded with {code}"),
        None if causes().any(is_timeout) => "the mail server did not respond in time".to_owned(),
        None => {
            let causes: Vec<String> = causes().map(ToString::to_string).collect();
            format!("the mail server cannot be used: {}", causes.join(": "))
        }
    };
    let is_login = error.status().is_some_and(|code| LOGIN_REFUSED.contains(&code.into()));
    if error.is_permanent() && !is_login { DeliveryError::Never(message) } else { DeliveryError::Later(message) }
}

/// A socket's timeout is `WouldBlock` on Unix and `TimedOut` on Windows.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}

fn with_encryption(url: &str) -> String {
    let Ok(parsed) = url::Url::parse(url) else { return url.to_owned() };
    let is_here = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if parsed.scheme() != "smtp" || parsed.query().is_some() || is_here {
        return url.to_owned();
    }
    format!("{url}?tls=required")
}

#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::with_encryption;

    #[test]
    fn mails_are_not_sent_unencrypted_to_another_machine() {
        assert_eq!(with_encryption("smtp://u:p@mail.example:587"), "smtp://u:p@mail.example:587?tls=required");
        assert_eq!(with_encryption("smtp://127.0.0.1:2525"), "smtp://127.0.0.1:2525");
        assert_eq!(with_encryption("smtps://mail.example"), "smtps://mail.example");
        assert_eq!(with_encryption("smtp://m.example?tls=opportunistic"), "smtp://m.example?tls=opportunistic");
    }
}
