//! Why a request is refused, as Heirloom itself and its clients say it (RFC 9457, RFC 6750).

use crate::token::TokenError;

/// Why a request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request has no access token.
    #[error("the request has no access token")]
    Missing,
    /// It has two headers `Authorization`.
    #[error("the request has several Authorization headers")]
    Malformed,
    /// The access token is not valid.
    #[error("the access token is not valid")]
    Invalid,
    /// The access token has expired.
    #[error("the access token has expired")]
    Expired,
    /// The session of the access token has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The keys, or the sessions that have ended, are not known at the moment. Says nothing about the token.
    #[error("access tokens cannot be verified at the moment")]
    Unavailable,
}

impl Refusal {
    /// The status of the response.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unavailable => 503,
            _ => 401,
        }
    }

    /// For programs. `@heirloom/client` understands it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "access_token_missing",
            Self::Malformed => "malformed_request",
            Self::Invalid => "access_token_invalid",
            Self::Expired => "access_token_expired",
            Self::SessionEnded => "session_revoked",
            Self::Unavailable => "unavailable",
        }
    }

    /// A short name of the problem, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Missing => "Access token missing",
            Self::Malformed => "Malformed request",
            Self::Invalid => "Access token invalid",
            Self::Expired => "Access token expired",
            Self::SessionEnded => "Session revoked",
            Self::Unavailable => "Unavailable",
        }
    }

    /// A sentence for people.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Missing => "The request has no access token. Send it as `Authorization: Bearer`.",
            Self::Malformed => "The request has several Authorization headers.",
            Self::Invalid => "The access token is not valid. Refresh to get a new one.",
            Self::Expired => "The access token has expired. Refresh to get a new one.",
            Self::SessionEnded => "The session has been revoked. Log in again.",
            Self::Unavailable => {
                "Access tokens cannot be verified at the moment. Retry after the time in `Retry-After`."
            }
        }
    }

    /// The header `WWW-Authenticate`, with 401.
    pub fn challenge(self) -> Option<String> {
        match self {
            Self::Missing => Some("Bearer".to_owned()),
            _ if self.status() == 401 => {
                Some(format!("Bearer error=\"invalid_token\", error_description=\"{}\"", self.detail()))
            }
            _ => None,
        }
    }

    /// The header `Retry-After` in seconds, with 503.
    pub fn retry_after(self) -> Option<u32> {
        (self == Self::Unavailable).then_some(1)
    }

    /// The body, of type `application/problem+json`.
    pub fn body(self) -> String {
        let (code, status) = (self.code(), self.status());
        let problem = serde_json::json!({
            "type": format!("urn:heirloom:problem:{code}"),
            "title": self.title(),
            "status": status,
            "detail": self.detail(),
            "code": code,
        });
        problem.to_string()
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid | TokenError::UnknownKey => Self::Invalid,
            TokenError::Expired => Self::Expired,
        }
    }
}
