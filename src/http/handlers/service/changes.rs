//! Creating, changing and deleting users.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use crate::http::credentials::service_key::{Authorized, UsersWrite};
use crate::http::extractors::creation::Creation;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::query::Query;
use crate::http::extractors::user_id::UserInPath;
use crate::http::state::State;
use crate::http::wire::dto::service_user::{ChangeUserRequest, CreateUserRequest, ServiceUserAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{EMAIL_TAKEN, OVERLOADED};
use crate::http::wire::service_problems::{IDEMPOTENCY_KEY_REUSED, SUBJECT_TAKEN, USER_NOT_FOUND};
use crate::service::{OperatorOutcome, UserOutcome};

problems! { CreateUserProblems: EMAIL_TAKEN, SUBJECT_TAKEN, IDEMPOTENCY_KEY_REUSED, USER_NOT_FOUND, OVERLOADED }

/// Create a user
///
/// Every field is optional. A user without a password logs in through your service. Heirloom sends no mail to the user.
///
/// With 503 it is unknown whether the user was created. Send the request again with the same `Idempotency-Key`, and it takes
/// effect once.
#[utoipa::path(
    post, path = "/service/users", tag = "users", security(("service_key" = ["users:write"])),
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Your name for this request, remembered for a day. 404 if the user that it created was deleted since")),
    request_body = CreateUserRequest,
    responses((status = 201, description = "The user", body = ServiceUserAnswer), CreateUserProblems),
)]
pub async fn create_user(
    state: State,
    authorized: Authorized<UsersWrite, Creation<CreateUserRequest>>,
) -> Result<HttpResponse, Problem> {
    let (backend, creation) = (authorized.backend, authorized.rest);
    let (body, request) = creation.by(backend, &state);
    match state.operator.run_for(backend).create_described(body.into(), request).await? {
        UserOutcome::Done(user) => {
            backend.log("Created an account", user.id.as_uuid());
            Ok(HttpResponse::Created().json(ServiceUserAnswer::from(&user)))
        }
        refused => Err(refusal(refused)),
    }
}

problems! { ChangeUserProblems: EMAIL_TAKEN, SUBJECT_TAKEN, USER_NOT_FOUND }

/// Change a user
///
/// New claims reach each session of the user with its next refresh. With `now=true`, Heirloom rejects the access tokens with the
/// old claims from now on, with 401 `access_token_expired`: clients refresh, and the sessions go on. Services that verify access
/// tokens themselves accept them until they expire.
#[utoipa::path(
    patch, path = "/service/users/{id}", tag = "users", security(("service_key" = ["users:write"])),
    params(
        ("id" = Uuid, Path, description = "The user's `id`"),
        ("now" = Option<bool>, Query, description = "Reject the access tokens with the old claims at once. `false` by default"),
    ),
    request_body = ChangeUserRequest,
    responses((status = 200, description = "The user after the change", body = ServiceUserAnswer), ChangeUserProblems),
)]
pub async fn change_user(
    state: State,
    authorized: Authorized<UsersWrite, (UserInPath, NowInQuery, JsonBody<ChangeUserRequest>)>,
) -> Result<HttpResponse, Problem> {
    let (backend, (UserInPath(id), NowInQuery(now), JsonBody(body))) = (authorized.backend, authorized.rest);
    match state.operator.run_for(backend).change_described(id, body.into(), now).await? {
        UserOutcome::Done(user) => {
            backend.log("Changed an account", id.as_uuid());
            Ok(HttpResponse::Ok().json(ServiceUserAnswer::from(&user)))
        }
        refused => Err(refusal(refused)),
    }
}

problems! { DeleteUserProblems: USER_NOT_FOUND }

/// Delete a user
///
/// With sessions and events. A record remains that a user with this id was deleted.
#[utoipa::path(
    delete, path = "/service/users/{id}", tag = "users", security(("service_key" = ["users:write"])),
    params(("id" = Uuid, Path, description = "The user's `id`")),
    responses((status = 204, description = "The user is gone, and the sessions have ended"), DeleteUserProblems),
)]
pub async fn delete_user(
    state: State,
    authorized: Authorized<UsersWrite, UserInPath>,
) -> Result<HttpResponse, Problem> {
    let (backend, UserInPath(id)) = (authorized.backend, authorized.rest);
    match state.operator.run_for(backend).delete_user(id).await? {
        OperatorOutcome::Done(_) => {
            backend.log("Deleted an account", id.as_uuid());
            Ok(HttpResponse::NoContent().finish())
        }
        OperatorOutcome::NoSuchUser | OperatorOutcome::Invalid(_) => Err((&USER_NOT_FOUND).into()),
    }
}

fn refusal(outcome: UserOutcome) -> Problem {
    match outcome {
        UserOutcome::EmailTaken => (&EMAIL_TAKEN).into(),
        UserOutcome::SubjectTaken => (&SUBJECT_TAKEN).into(),
        UserOutcome::KeyReused => (&IDEMPOTENCY_KEY_REUSED).into(),
        UserOutcome::Invalid(errors) => Problem::validation(errors.into_iter().map(Into::into).collect()),
        UserOutcome::NoSuchUser | UserOutcome::Done(_) => (&USER_NOT_FOUND).into(),
    }
}

/// `?now=`, the only parameter.
pub struct NowInQuery(bool);

impl FromRequest for NowInQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl NowInQuery {
    fn parse(request: &HttpRequest) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let now = match query.text("now").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Problem::field("now", "must be `true` or `false`")),
        };
        query.end()?;
        Ok(Self(now))
    }
}
