//! Logging out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For an operation that takes no fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

#[derive(Serialize, ToSchema)]
pub struct MessageAnswer {
    #[schema(example = "Successfully logged out")]
    pub message: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct LogoutAllAnswer {
    #[schema(example = "Successfully logged out from all devices")]
    pub message: &'static str,
    /// How many sessions were revoked.
    pub revoked: usize,
}
