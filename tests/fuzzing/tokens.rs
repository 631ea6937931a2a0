//! Every kind of token that is shown to the server: what was not made by it never verifies, and what was has one text only.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heirloom::crypto::access_token::{AccessGrant, AccessTokens};
use heirloom::crypto::csrf::CsrfTokens;
use heirloom::crypto::device_cookie::DeviceCookies;
use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::domain::Timestamp;
use heirloom::domain::ids::FamilyId;
use heirloom::domain::rotation::Generation;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use time::macros::datetime;
use uuid::Uuid;

use super::server::{access_token_policy, keyring};

const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);
const EMAIL: &str = "alice@example.com";

pub struct Tokens {
    refresh: RefreshTokens,
    access: AccessTokens,
    csrf: CsrfTokens,
    device: DeviceCookies,
    signing_key: Ed25519KeyPair,
    /// A genuine one of each kind, in the order of [`Tokens::verifies`].
    genuine: [String; 4],
}

impl Tokens {
    pub fn make() -> Self {
        let keyring = keyring();
        let (refresh, csrf) = (RefreshTokens::new(&keyring), CsrfTokens::new(&keyring));
        let (access, device) = (AccessTokens::new(&keyring, access_token_policy()), DeviceCookies::new(&keyring));
        let mut rng = StdRng::seed_from_u64(7);
        let genuine = [
            refresh.mint(family(), generation()),
            access.issue(&grant(), NOW, NOW + time::Duration::DAY, &mut rng).token,
            csrf.mint(family(), &mut rng),
            device.mint(EMAIL, NOW, &mut rng),
        ];
        let genuine = genuine.map(|token| token.expose_secret().to_owned());
        let signing_key = Ed25519KeyPair::from_seed_unchecked(keyring.newest().access_ed25519.expose()).unwrap();
        Self { refresh, access, csrf, device, signing_key, genuine }
    }

    /// The first byte tells what to make of the others: a token as it stands, changes to a genuine one, or a header and
    /// claims to be signed with the right key.
    pub fn are_shown(&self, input: &[u8]) {
        let Some((&how, rest)) = input.split_first() else { return };
        let kind = usize::from(how % 4);
        match how / 4 % 3 {
            0 => {
                let is_genuine = self.genuine.iter().any(|genuine| genuine.as_bytes() == rest);
                assert!(!self.verifies(kind, rest) || is_genuine, "nobody made this token");
            }
            1 => {
                let changed = changed(self.genuine[kind].as_bytes(), rest);
                let is_genuine = changed == self.genuine[kind].as_bytes();
                assert_eq!(self.verifies(kind, &changed), is_genuine, "a token has one text");
            }
            _ => self.signed_claims(rest),
        }
    }

    fn verifies(&self, kind: usize, text: &[u8]) -> bool {
        match kind {
            0 => self.refresh.verify(text).is_ok_and(|token| {
                let again = self.refresh.mint(token.family_id, token.generation);
                assert_eq!(again.expose_secret().as_bytes(), text, "a token has one text");
                true
            }),
            1 => std::str::from_utf8(text).is_ok_and(|text| self.access.verify(text, NOW).is_ok()),
            2 => self.csrf.verify(text, family()),
            _ => self.device.verify(text, EMAIL, NOW).is_some(),
        }
    }

    /// Whatever the right key signs is accepted only if it is of the right type, from us, for us, and in time.
    fn signed_claims(&self, input: &[u8]) {
        let mut parts = input.splitn(2, |&byte| byte == b'\n');
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.signing_key.sign(message.as_bytes()));
        if self.access.verify(&format!("{message}.{signature}"), NOW).is_ok() {
            let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
            let claims: Value = serde_json::from_slice(claims).expect("accepted claims are JSON");
            assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"EdDSA".into()));
            assert_eq!((&claims["iss"], &claims["aud"]), (&"heirloom".into(), &"heirloom".into()));
            assert!(claims["exp"].as_i64().unwrap() > NOW.unix_timestamp() - 30);
            assert!(claims["sub"].as_str().unwrap().parse::<Uuid>().is_ok(), "{claims}");
            assert!(claims["gen"].is_u64(), "{claims}");
        }
    }
}

/// Pairs of a place and a byte to put there; past the end the byte is added, and 0 takes the rest away.
pub fn changed(genuine: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut text = genuine.to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % (text.len() + 1);
        match change[2] {
            0 => text.truncate(at),
            byte if at == text.len() => text.push(byte),
            byte => text[at] = byte,
        }
    }
    text
}

fn family() -> FamilyId {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001).into()
}

fn generation() -> Generation {
    Generation::new(7).unwrap()
}

fn grant() -> AccessGrant {
    let user_id = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002).into();
    AccessGrant { user_id, family_id: family(), generation: generation(), authenticated_at: NOW }
}
