//! Users.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use crate::domain::ids::UserId;
use crate::http::credentials::service_key::{Authorized, UsersRead};
use crate::http::extractors::query::Query;
use crate::http::extractors::user_id::UserInPath;
use crate::http::state::State;
use crate::http::wire::dto::service_user::{ServiceUserAnswer, UsersAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::VALIDATION_FAILED;
use crate::http::wire::service_problems::USER_NOT_FOUND;
use crate::service::UserSearch;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

problems! { ListUsersProblems: VALIDATION_FAILED }

/// List users, or find one by email address or subject
#[utoipa::path(
    get, path = "/service/users", tag = "users", security(("service_key" = ["users:read"])),
    params(
        ("email" = Option<String>, Query, description = "Only the user with this address, in any spelling of it"),
        ("subject" = Option<String>, Query, description = "Only the user with this subject"),
        ("after" = Option<Uuid>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many users, 100 by default and at most 1000"),
    ),
    responses(
        (status = 200, description = "The users, the oldest first. `next` is present if there are more", body = UsersAnswer),
        ListUsersProblems,
    ),
)]
pub async fn list_users(state: State, authorized: Authorized<UsersRead, UsersQuery>) -> Result<HttpResponse, Problem> {
    let UsersQuery { search, after, limit } = authorized.rest;
    // The extra user shows whether there is another page.
    let mut users = state.operator.search_users(search, after, limit + 1).await?;
    let has_more = users.len() > limit as usize;
    users.truncate(limit as usize);
    let next = users.last().filter(|_| has_more).map(|user| user.id.as_uuid());
    let users = users.iter().map(ServiceUserAnswer::from).collect();
    Ok(HttpResponse::Ok().json(UsersAnswer { users, next }))
}

problems! { OfAUserProblems: USER_NOT_FOUND }

/// Get a user
#[utoipa::path(
    get, path = "/service/users/{id}", tag = "users", security(("service_key" = ["users:read"])),
    params(("id" = Uuid, Path, description = "The user's `id`, the `sub` of access tokens")),
    responses((status = 200, description = "The user", body = ServiceUserAnswer), OfAUserProblems),
)]
pub async fn get_user(state: State, authorized: Authorized<UsersRead, UserInPath>) -> Result<HttpResponse, Problem> {
    let UserInPath(id) = authorized.rest;
    let user = state.operator.get_user(id).await?.ok_or(&USER_NOT_FOUND)?;
    Ok(HttpResponse::Ok().json(ServiceUserAnswer::from(&user)))
}

/// Which users a request wants.
pub struct UsersQuery {
    search: UserSearch,
    after: Option<UserId>,
    limit: u32,
}

impl FromRequest for UsersQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl UsersQuery {
    fn parse(request: &HttpRequest) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let search = UserSearch { email: query.text("email"), subject: query.text("subject") };
        let after = query.id("after")?.map(UserId::from);
        let limit = query.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)?;
        query.end()?;
        Ok(Self { search, after, limit })
    }
}
