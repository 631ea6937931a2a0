//! Links in mails.

use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::password::not_empty;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    #[schema(example = "alice@example.com", max_length = 254)]
    pub email: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// The `token` of the link.
    #[schema(example = "hll_AQ…")]
    pub token: String,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub new_password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The `token` of the link.
    #[schema(example = "hll_AQ…")]
    pub token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmailRequest {
    #[schema(example = "alice@example.org", max_length = 254)]
    pub email: String,
    #[schema(value_type = String, format = Password, min_length = 1)]
    #[serde(deserialize_with = "not_empty")]
    pub password: SecretString,
}
