//! Enums that are stored as text: one table of names for both directions.

/// A stored text that names no value of the type it was read for.
#[derive(Debug, thiserror::Error)]
#[error("the database holds the {kind} {text:?}, which this version does not know")]
pub struct UnknownValue {
    pub kind: &'static str,
    pub text: String,
}

macro_rules! stored_as_text {
    ($type:ident, $kind:literal, $($variant:ident = $text:literal),+ $(,)?) => {
        impl $type {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The texts of all values.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The text that is stored and that clients see.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::domain::stored_text::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Self::Err { kind: $kind, text: text.to_owned() }),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use stored_as_text;
