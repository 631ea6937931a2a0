//! Links of mails: AES-256-GCM under a key of the secret, with a random nonce. Only this server can make or read one.
//!
//! ```text
//! hll_ base64url( version (1) | key id (1) | nonce (12) | sealed JSON of `Link` | tag (16) )
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{KeyId, Keyring};
use crate::domain::Timestamp;
use crate::domain::account::User;
use crate::domain::link::{Link, LinkPurpose};
use crate::domain::password::PasswordHash;

/// What a link begins with. Scanners for leaked secrets know it, so it never changes.
pub const LINK_PREFIX: &str = "hll_";

const VERSION: u8 = 1;
const NONCE: usize = 12;
const HEAD: usize = 2 + NONCE;
/// An address of 254 bytes and a password hash fit in by far.
const LONGEST: usize = 2048;

/// Why a presented link is not used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// Not made by this server for this purpose, or used already.
    Invalid,
    Expired,
}

/// Makes and opens links.
pub struct Links {
    /// Newest first.
    keys: Vec<(KeyId, RandomizedNonceKey, hmac::Key)>,
}

impl Links {
    /// Uses the link keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |bytes: &[u8; 32]| RandomizedNonceKey::new(&AES_256_GCM, bytes).expect("32 bytes are an AES-256 key");
        let of = |keys: &super::keys::DerivedKeys| {
            let state = hmac::Key::new(hmac::HMAC_SHA256, keys.link.expose());
            (keys.id, key(keys.link.expose()), state)
        };
        Self { keys: keyring.iter().map(of).collect() }
    }

    /// The text of a link.
    pub fn seal(&self, link: &Link) -> String {
        let (id, key, _) = &self.keys[0];
        let mut sealed = serde_json::to_vec(link).expect("a link is plain JSON");
        let nonce = key
            .seal_in_place_append_tag(Aad::from([VERSION, id.0]), &mut sealed)
            .expect("a link is far below the limit of AES-GCM");
        let bytes = [&[VERSION, id.0][..], nonce.as_ref(), &sealed].concat();
        format!("{LINK_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a presented link permits.
    ///
    /// # Errors
    /// [`LinkError::Invalid`] for a text that [`seal`](Self::seal) did not make with one of the configured secrets, or for
    /// another purpose; [`LinkError::Expired`] for a genuine one that has expired.
    pub fn open(&self, presented: &str, purpose: LinkPurpose, now: Timestamp) -> Result<Link, LinkError> {
        let link = self.unseal(presented).filter(|link| link.purpose == purpose).ok_or(LinkError::Invalid)?;
        if now.unix_timestamp() >= link.expires_at { Err(LinkError::Expired) } else { Ok(link) }
    }

    fn unseal(&self, presented: &str) -> Option<Link> {
        let text = presented.strip_prefix(LINK_PREFIX).filter(|text| text.len() <= LONGEST)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() > HEAD)?;
        let (head, sealed) = bytes.split_at_mut(HEAD);
        let (_, key, _) = self.keys.iter().find(|(id, ..)| [VERSION, id.0] == head[..2])?;
        let nonce = Nonce::try_assume_unique_for_key(&head[2..]).ok()?;
        let opened = key.open_in_place(nonce, Aad::from([head[0], head[1]]), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }

    /// A keyed hash of what using a link changes, for `state` of a [`Link`].
    pub fn state_of(&self, user: &User, hash: Option<&PasswordHash>) -> String {
        state(&self.keys[0].2, user, hash)
    }

    /// Whether the account is as it was when the link was made.
    pub fn is_current(&self, link: &Link, user: &User, hash: Option<&PasswordHash>) -> bool {
        self.keys.iter().any(|(_, _, key)| link.state.as_deref() == Some(state(key, user, hash).as_str()))
    }
}

fn state(key: &hmac::Key, user: &User, hash: Option<&PasswordHash>) -> String {
    let mut context = hmac::Context::with_key(key);
    let (email, hash) = (user.login_name(), hash.map_or("", PasswordHash::expose));
    for part in ["heirloom/link-state/v1", &email, hash] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.update(&[u8::from(user.email_verified)]);
    URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::keys::Keyring;
    use super::{LINK_PREFIX, LinkError, Links};
    use crate::domain::Timestamp;
    use crate::domain::account::{Email, User};
    use crate::domain::link::{Link, LinkPurpose};
    use crate::domain::password::PasswordHash;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";
    const NOW: Timestamp = datetime!(2026-01-02 03:04:05 UTC);
    const PURPOSE: LinkPurpose = LinkPurpose::ResetPassword;

    fn links(secrets: &[&str]) -> Links {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        Links::new(&Keyring::derive(&secrets).unwrap())
    }

    fn link() -> Link {
        Link {
            purpose: LinkPurpose::ResetPassword,
            expires_at: NOW.unix_timestamp() + 3600,
            user: Some(uuid::Uuid::from_u128(7)),
            email: None,
            password_hash: None,
            state: Some("state".to_owned()),
        }
    }

    #[test]
    fn a_link_is_read_back_with_any_configured_secret_until_it_expires() {
        let text = links(&[OLD]).seal(&link());
        assert!(links(&[NEW, OLD]).open(&text, PURPOSE, NOW).unwrap() == link());
        assert_eq!(links(&[NEW]).open(&text, PURPOSE, NOW).err(), Some(LinkError::Invalid));
        let late = NOW + std::time::Duration::from_secs(3600);
        assert_eq!(links(&[OLD]).open(&text, PURPOSE, late).err(), Some(LinkError::Expired));
        assert_eq!(links(&[OLD]).open(&text, LinkPurpose::UndoEmail, late).err(), Some(LinkError::Invalid));
        assert_ne!(text, links(&[OLD]).seal(&link()), "each has a nonce of its own");
    }

    #[test]
    fn every_change_every_cut_and_every_addition_is_refused() {
        let links = links(&[OLD]);
        let text = links.seal(&link());
        let is_invalid = |text: &str| links.open(text, PURPOSE, NOW).err() == Some(LinkError::Invalid);
        for at in LINK_PREFIX.len()..text.len() {
            let mut changed: Vec<u8> = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(is_invalid(std::str::from_utf8(&changed).unwrap()), "{at}");
            assert!(is_invalid(&text[..at]), "{at}");
        }
        for wrong in ["", "hll_", "hl_abc", &format!("{text}A"), &text[4..], &format!("hll_{}", "A".repeat(100_000))] {
            assert!(is_invalid(wrong));
        }
    }

    #[test]
    fn a_link_is_spent_by_each_change_of_what_it_names() {
        let links = links(&[OLD]);
        let email = |text: &str| Email::from_stored(text.to_owned());
        let user = User::registered(uuid::Uuid::from_u128(7).into(), email("a@example.com"), NOW);
        let hash = PasswordHash::from_stored("one".to_owned());
        let link = Link { state: Some(links.state_of(&user, Some(&hash))), ..link() };
        assert!(links.is_current(&link, &user, Some(&hash)));
        assert!(!links.is_current(&link, &user, Some(&PasswordHash::from_stored("two".to_owned()))));
        assert!(!links.is_current(&link, &User { email_verified: true, ..user.clone() }, Some(&hash)));
        let moved = User { email: Some(email("b@example.com")), ..user.clone() };
        assert!(!links.is_current(&link, &moved, Some(&hash)));
        assert!(!links.is_current(&Link { state: None, ..link }, &user, Some(&hash)));
    }
}
