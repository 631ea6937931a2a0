//! Tickets: AES-256-GCM under a key of the secret, with a random nonce. Only this server can make or read one: the claims of a
//! session are not for the pages that carry its ticket.
//!
//! ```text
//! hlt_ base64url( version (1) | key id (1) | nonce (12) | sealed JSON of `Ticket` | tag (16) )
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use super::keys::{KeyId, Keyring};
use crate::domain::Timestamp;
use crate::domain::ticket::Ticket;

/// What a ticket begins with. Scanners for leaked secrets know it, so it never changes.
pub const TICKET_PREFIX: &str = "hlt_";

const VERSION: u8 = 1;
const NONCE: usize = 12;
const HEAD: usize = 2 + NONCE;
/// 1 KiB of claims and the longest texts fit in by far, also with every character escaped.
const LONGEST: usize = 16 * 1024;

/// Makes and opens tickets.
pub struct Tickets {
    /// Newest first.
    keys: Vec<(KeyId, RandomizedNonceKey)>,
}

impl Tickets {
    /// Uses the ticket keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |bytes: &[u8; 32]| RandomizedNonceKey::new(&AES_256_GCM, bytes).expect("32 bytes are an AES-256 key");
        Self { keys: keyring.iter().map(|keys| (keys.id, key(keys.ticket.expose()))).collect() }
    }

    /// The text of a ticket.
    pub fn seal(&self, ticket: &Ticket) -> SecretString {
        let (id, key) = &self.keys[0];
        let mut sealed = serde_json::to_vec(ticket).expect("a ticket is plain JSON");
        let nonce = key
            .seal_in_place_append_tag(Aad::from([VERSION, id.0]), &mut sealed)
            .expect("a ticket is far below the limit of AES-GCM");
        let bytes = [&[VERSION, id.0][..], nonce.as_ref(), &sealed].concat();
        format!("{TICKET_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// What a presented ticket permits. `None` for a text that [`seal`](Self::seal) did not make with one of the configured
    /// secrets, and for a ticket that is late.
    pub fn open(&self, presented: &str, now: Timestamp) -> Option<Ticket> {
        self.unseal(presented).filter(|ticket| now.unix_timestamp() < ticket.expires_at)
    }

    fn unseal(&self, presented: &str) -> Option<Ticket> {
        let text = presented.strip_prefix(TICKET_PREFIX).filter(|text| text.len() <= LONGEST)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() > HEAD)?;
        let (head, sealed) = bytes.split_at_mut(HEAD);
        let (_, key) = self.keys.iter().find(|(id, _)| [VERSION, id.0] == head[..2])?;
        let nonce = Nonce::try_assume_unique_for_key(&head[2..]).ok()?;
        let opened = key.open_in_place(nonce, Aad::from([head[0], head[1]]), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret as _;
    use serde_json::json;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::super::keys::Keyring;
    use super::{TICKET_PREFIX, Tickets};
    use crate::domain::Timestamp;
    use crate::domain::secret::Secret;
    use crate::domain::ticket::Ticket;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";
    const NOW: Timestamp = datetime!(2026-01-02 03:04:05 UTC);

    fn tickets(secrets: &[&str]) -> Tickets {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        Tickets::new(&Keyring::derive(&secrets).unwrap())
    }

    fn ticket() -> Ticket {
        Ticket {
            session: Uuid::from_u128(1),
            user: Uuid::from_u128(2),
            service_key: Uuid::from_u128(3),
            expires_at: NOW.unix_timestamp() + 60,
            authenticated_at: NOW.unix_timestamp(),
            amr: vec!["hwk".to_owned()],
            acr: None,
            actor: None,
            claims: json!({ "plan": "pro" }).as_object().unwrap().clone(),
            idle_ttl: Some(60),
            absolute_ttl: None,
            remember: false,
        }
    }

    #[test]
    fn a_ticket_is_read_back_with_any_configured_secret_until_it_expires() {
        let text = tickets(&[OLD]).seal(&ticket());
        let text = text.expose_secret();
        assert_eq!(tickets(&[NEW, OLD]).open(text, NOW), Some(ticket()));
        assert_eq!(tickets(&[NEW]).open(text, NOW), None);
        assert!(tickets(&[OLD]).open(text, NOW + Duration::from_secs(59)).is_some());
        assert_eq!(tickets(&[OLD]).open(text, NOW + Duration::from_secs(60)), None);
    }

    #[test]
    fn every_change_every_cut_and_every_addition_is_refused() {
        let tickets = tickets(&[OLD]);
        let text = tickets.seal(&ticket()).expose_secret().to_owned();
        for at in TICKET_PREFIX.len()..text.len() {
            let mut changed: Vec<u8> = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(tickets.open(std::str::from_utf8(&changed).unwrap(), NOW), None, "{at}");
            assert_eq!(tickets.open(&text[..at], NOW), None, "{at}");
        }
        for wrong in ["", "hlt_", "hll_abc", &format!("{text}A"), &text[4..], &format!("hlt_{}", "A".repeat(100_000))] {
            assert_eq!(tickets.open(wrong, NOW), None);
        }
    }
}
