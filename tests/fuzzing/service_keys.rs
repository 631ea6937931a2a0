//! The texts of service keys: what was not made by the server never verifies, and what was has one text only.

use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::crypto::service_key::ServiceKeyTexts;
use heirloom::domain::rotation::Generation;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::server::keyring;
use super::tokens::changed;

pub struct ServiceKeys {
    texts: ServiceKeyTexts,
    genuine: String,
    refresh_token: String,
}

impl ServiceKeys {
    pub fn make() -> Self {
        let (keyring, id) = (keyring(), Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0003));
        let texts = ServiceKeyTexts::new(&keyring);
        let genuine = texts.mint(id.into()).expose_secret().to_owned();
        let refresh = RefreshTokens::new(&keyring).mint(id.into(), Generation::new(1).unwrap());
        Self { texts, genuine, refresh_token: refresh.expose_secret().to_owned() }
    }

    /// The first byte tells what to make of the others: a text as it stands, or changes to a genuine key or to a refresh
    /// token.
    pub fn are_shown(&self, input: &[u8]) {
        let Some((&how, rest)) = input.split_first() else { return };
        let text = match how % 3 {
            0 => rest.to_vec(),
            1 => changed(self.genuine.as_bytes(), rest),
            _ => changed(self.refresh_token.as_bytes(), rest),
        };
        match self.texts.verify(&text) {
            Ok(id) => {
                assert_eq!(text, self.genuine.as_bytes(), "nobody made this key");
                assert_eq!(self.texts.mint(id).expose_secret().as_bytes(), text, "a key has one text");
            }
            Err(_) => assert_ne!(text, self.genuine.as_bytes(), "the genuine key was refused"),
        }
    }
}
