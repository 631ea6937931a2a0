//! Requests for tokens.

use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::password::not_empty;
use crate::domain::family::Delivery;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    #[schema(example = "alice@example.com")]
    pub email: String,
    #[schema(value_type = String, format = Password, min_length = 1, example = "correct horse battery")]
    #[serde(deserialize_with = "not_empty")]
    pub password: SecretString,
    /// How the refresh token is delivered for the whole life of the session.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
    /// `false`: the browser forgets the cookies when it is closed.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub remember: bool,
    /// The `device_token` of this client's last login to this account, with `token_delivery: "body"`. A login with it does
    /// not wait for the wrong passwords of others. A token that is not valid is ignored.
    #[schema(value_type = Option<String>)]
    pub device_token: Option<SecretString>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Default, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum TokenDelivery {
    #[default]
    Cookie,
    Body,
}

/// A derived `Deserialize` accepts `{"body": null}` as `"body"`, and reports values that are not strings as malformed JSON.
impl<'de> Deserialize<'de> for TokenDelivery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "cookie" => Ok(Self::Cookie),
            "body" => Ok(Self::Body),
            _ => Err(D::Error::unknown_variant("", &["cookie", "body"])),
        }
    }
}

impl From<TokenDelivery> for Delivery {
    fn from(delivery: TokenDelivery) -> Self {
        match delivery {
            TokenDelivery::Cookie => Self::Cookie,
            TokenDelivery::Body => Self::Body,
        }
    }
}

/// Only for sessions with `token_delivery: "body"`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshTokenRequest {
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<SecretString>,
}
