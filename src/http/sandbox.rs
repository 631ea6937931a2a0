//! What a server for development offers besides: looking into a family, and one to practise on. No part of the API, so
//! none of its document; a server for production has no such paths.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Scope, web};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::auth::token_answer;
use super::caller::Caller;
use super::problem::{Problem, SESSION_NOT_FOUND};
use super::routes::not_allowed;
use super::state::{HttpState, client};
use crate::metrics::Refresh;
use crate::service::FamilyView;

/// On answers to `/refresh`: what the rule has decided.
const DECISION: HeaderName = HeaderName::from_static("heirloom-decision");

#[derive(Serialize)]
struct FamilyAnswer {
    id: Uuid,
    delivery: &'static str,
    generation: u32,
    confirmed: u32,
    recovered: u32,
    /// The whole credits for late answers that are left.
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

pub(super) fn configure(scope: Scope) -> Scope {
    let only = |method: &'static str| web::to(move || not_allowed(HeaderValue::from_static(method)));
    let families = web::resource("/dev/families").route(web::post().to(begin_sandbox));
    let family = web::resource("/dev/families/{id}").route(web::get().to(show_family));
    scope.service(families.default_service(only("POST"))).service(family.default_service(only("GET")))
}

/// Begins a family whose tokens are in the answer.
async fn begin_sandbox(request: HttpRequest, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    let grant = state.service.begin_sandbox(&caller, client(&request)).await?.ok_or(&SESSION_NOT_FOUND)?;
    Ok(token_answer(state, &grant))
}

/// One of the caller's families, as the rule sees it.
async fn show_family(
    request: HttpRequest,
    Caller(caller): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| &SESSION_NOT_FOUND)?.into();
    let view = HttpState::of(&request).service.view_family(&caller, id).await?.ok_or(&SESSION_NOT_FOUND)?;
    Ok(HttpResponse::Ok().json(FamilyAnswer::from(&view)))
}

/// Tells on an answer what the rule has decided, where that may be told.
pub(super) fn tell_decision(state: &HttpState, decision: Refresh, response: &mut HttpResponse) {
    if state.options.is_development {
        response.headers_mut().insert(DECISION, HeaderValue::from_static(decision.as_str()));
    }
}
