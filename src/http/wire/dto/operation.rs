//! Health and keys.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PingAnswer {
    #[schema(example = "ok")]
    pub status: &'static str,
    #[schema(example = "pong")]
    pub message: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct HealthAnswer {
    /// `ok`, or what is wrong.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// RFC 7517 §5.
#[derive(Serialize, ToSchema)]
#[schema(as = JwkSet)]
pub struct JwkSetAnswer {
    #[schema(value_type = Vec<Object>)]
    pub keys: serde_json::Value,
}
