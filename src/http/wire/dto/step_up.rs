//! Proving again who a user is.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::password::not_empty;
use crate::service::FreshAccess;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReauthenticateRequest {
    #[schema(value_type = String, format = Password, min_length = 1)]
    #[serde(deserialize_with = "not_empty")]
    pub password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub struct AccessTokenAnswer {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 870)]
    pub expires_in: i64,
}

/// How the user has proved again who they are. Without any field the session keeps what it has.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReauthenticatedRequest {
    /// The methods (RFC 8176), for the claim `amr`.
    pub amr: Option<Vec<String>>,
    /// For the claim `acr`.
    pub acr: Option<String>,
}

impl From<&FreshAccess> for AccessTokenAnswer {
    fn from(access: &FreshAccess) -> Self {
        Self {
            access_token: access.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: access.expires_in,
        }
    }
}
