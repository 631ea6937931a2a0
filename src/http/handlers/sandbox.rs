//! The sandbox of a development server: token families to practise with, and a view into a family. It is not part of the
//! API or of its document. A production server does not have these paths.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::token_response::token_response;
use crate::domain::client::Client;
use crate::http::credentials::caller::Caller;
use crate::http::extractors::session_id::SessionId;
use crate::http::state::{HttpState, State};
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{SESSION_NOT_FOUND, SESSION_REVOKED};
use crate::metrics::Refresh;
use crate::service::{FamilyView, SandboxOutcome};

/// A header on responses to `/refresh`: what the rotation rule decided.
const DECISION: HeaderName = HeaderName::from_static("heirloom-decision");

#[derive(Serialize)]
struct FamilyAnswer {
    id: Uuid,
    delivery: &'static str,
    generation: u32,
    confirmed: u32,
    recovered: u32,
    /// The whole recovery credits that are left.
    credits: u32,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    rotated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    idle_expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    revoked_reason: Option<&'static str>,
    policy: PolicyAnswer,
    /// The server's time.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

#[derive(Serialize)]
struct PolicyAnswer {
    /// In seconds.
    overlap: f64,
    recovery_burst: u32,
    recovery_every: u32,
}

impl From<&FamilyView> for FamilyAnswer {
    fn from(view: &FamilyView) -> Self {
        let (family, state) = (&view.family, &view.family.state);
        Self {
            id: family.id.as_uuid(),
            delivery: family.delivery.as_str(),
            generation: state.generation.number(),
            confirmed: state.confirmed.number(),
            recovered: state.recovered.number(),
            credits: view.credits,
            created_at: family.created_at,
            rotated_at: state.rotated_at,
            idle_expires_at: state.idle_expires_at,
            expires_at: state.expires_at,
            revoked_at: state.revoked.map(|revocation| revocation.at),
            revoked_reason: state.revoked.map(|revocation| revocation.reason.as_str()),
            policy: PolicyAnswer {
                overlap: view.policy.overlap.as_secs_f64(),
                recovery_burst: view.policy.recovery_burst,
                recovery_every: view.policy.recovery_every,
            },
            at: view.at,
        }
    }
}

/// Starts a family whose tokens are in the response's body.
pub async fn begin_sandbox(state: State, client: Client, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    match state.service.begin_sandbox(&caller, client).await? {
        SandboxOutcome::Begun(grant) => Ok(token_response(&state, &grant)),
        SandboxOutcome::NoBrowser => Err((&SESSION_NOT_FOUND).into()),
        SandboxOutcome::SessionRevoked => Err((&SESSION_REVOKED).into()),
    }
}

/// One of the caller's families, as the rotation rule sees it.
pub async fn show_family(
    state: State,
    Caller(caller): Caller,
    SessionId(id): SessionId,
) -> Result<HttpResponse, Problem> {
    let view = state.service.view_family(&caller, id).await?.ok_or(&SESSION_NOT_FOUND)?;
    Ok(HttpResponse::Ok().json(FamilyAnswer::from(&view)))
}

/// Adds the decision of the rotation rule to a response, on a development server only.
pub fn add_decision(state: &HttpState, decision: Refresh, response: &mut HttpResponse) {
    if state.options.is_development {
        response.headers_mut().insert(DECISION, HeaderValue::from_static(decision.as_str()));
    }
}
