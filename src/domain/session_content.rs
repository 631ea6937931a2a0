//! What the access tokens of a session say beside who its user is.

use std::sync::Arc;

use super::claims::Claims;

/// The most methods that a session names.
const METHODS_LIMIT: usize = 8;

/// The longest method, in bytes. The registered ones are shorter than 10 (RFC 8176).
const METHOD_LIMIT: usize = 64;

/// The longest `acr` and actor, in bytes.
const TEXT_LIMIT: usize = 255;

/// How the user has proved who they are, and who acts for them. Empty where that is not known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Proof {
    /// The methods (RFC 8176).
    pub amr: Vec<String>,
    /// How strong they are together, in the words of the service that has checked them.
    pub acr: Option<String>,
}

/// The text cannot be a method, an `acr` or an actor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    #[error("must have at most {METHODS_LIMIT} values, each of 1 to {METHOD_LIMIT} bytes without white space")]
    Methods,
    #[error("must have 1 to {TEXT_LIMIT} bytes and no control characters")]
    Text,
}

/// What a session puts into its access tokens.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SessionContent {
    /// Those of the user, with those of the session over them.
    pub claims: Claims,
    pub proof: Proof,
    /// Who acts for the user, in the name that another service has for them (RFC 8693 §4.1).
    pub actor: Option<String>,
}

impl SessionContent {
    /// The content, to be passed on; `None` if it is empty, which costs nothing.
    pub fn shared(self) -> Option<Arc<Self>> {
        (self != Self::default()).then(|| Arc::new(self))
    }
}

/// Reads methods.
///
/// # Errors
/// [`ProofError::Methods`] if they are too many or too long, or one has a space.
pub fn methods(texts: Vec<String>) -> Result<Vec<String>, ProofError> {
    let is_method = |text: &String| {
        (1..=METHOD_LIMIT).contains(&length_in_json(text)) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if texts.len() <= METHODS_LIMIT && texts.iter().all(is_method) { Ok(texts) } else { Err(ProofError::Methods) }
}

/// Reads an `acr` or an actor.
///
/// # Errors
/// [`ProofError::Text`] if it is empty, too long, or has a control character.
pub fn short_text(text: String) -> Result<String, ProofError> {
    let is_text = (1..=TEXT_LIMIT).contains(&length_in_json(&text)) && !text.chars().any(char::is_control);
    if is_text { Ok(text) } else { Err(ProofError::Text) }
}

/// As access tokens have it: verifiers refuse one of more than 4 KiB.
fn length_in_json(text: &str) -> usize {
    text.len() + text.matches(['"', '\\']).count()
}

#[cfg(test)]
mod tests {
    use super::{SessionContent, methods, short_text};

    #[test]
    fn methods_are_few_short_and_have_no_spaces() {
        let of = |texts: &[&str]| methods(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(of(&["hwk", "user"]).unwrap(), ["hwk", "user"]);
        assert!(of(&[]).unwrap().is_empty());
        for bad in [&["a b"][..], &[""], &["a"; 9], &[&"a".repeat(65)], &["a\u{a0}b"], &["a\0"], &[&"\"".repeat(33)]] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
        assert!(short_text("urn:mace:incommon:iap:silver".to_owned()).is_ok());
        for bad in [String::new(), "a\n".to_owned(), "a".repeat(256), "\\".repeat(128)] {
            assert!(short_text(bad).is_err());
        }
    }

    #[test]
    fn an_empty_content_is_nothing() {
        assert!(SessionContent::default().shared().is_none());
        assert!(SessionContent { actor: Some("bob".to_owned()), ..SessionContent::default() }.shared().is_some());
    }
}
