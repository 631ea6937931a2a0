//! The name that another service has for a user.

/// The longest subject, in bytes.
pub const SUBJECT_LIMIT: usize = 255;

/// Another service's name for a user, exactly as that service spells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subject(String);

/// The text cannot be a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must have 1 to {SUBJECT_LIMIT} bytes and no control characters")]
pub struct SubjectError;

impl Subject {
    /// Reads a subject. It is compared byte for byte, so nothing is trimmed or folded.
    ///
    /// # Errors
    /// [`SubjectError`] if it is empty, too long, or has a control character.
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        let is_subject = (1..=SUBJECT_LIMIT).contains(&text.len()) && !text.chars().any(char::is_control);
        if is_subject { Ok(Self(text.to_owned())) } else { Err(SubjectError) }
    }

    /// A subject that was read before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Subject, SubjectError};

    #[test]
    fn a_subject_is_kept_as_it_is_spelled() {
        for text in ["auth0|5f7c8ec7c33c6c004bbafe82", " 42 ", "ÄÖ", "a", &"s".repeat(255)] {
            assert_eq!(Subject::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a\0b", "a\nb", &"s".repeat(256), &"ä".repeat(128)] {
            assert_eq!(Subject::parse(text), Err(SubjectError), "{text:?}");
        }
    }
}
