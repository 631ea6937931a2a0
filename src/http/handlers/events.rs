//! The security log of the caller's account.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use uuid::Uuid;

use crate::domain::ids::EventId;
use crate::http::credentials::caller::Caller;
use crate::http::state::State;
use crate::http::wire::dto::event::{EventAnswer, EventsAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{SESSION_REVOKED, UNAVAILABLE, VALIDATION_FAILED};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

problems! { ListEventsProblems: VALIDATION_FAILED, UNAVAILABLE }

/// List the security events of the account
#[utoipa::path(
    get, path = "/users/me/events", tag = "account", security(("access_token" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many events, 50 by default and at most 200"),
        ("before" = Option<Uuid>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "The events, newest first. `next` is present if there are more", body = EventsAnswer),
        ListEventsProblems,
    ),
)]
pub async fn list_events(state: State, Caller(caller): Caller, page: PageQuery) -> Result<HttpResponse, Problem> {
    let page = state.service.list_events(&caller, page.limit, page.before).await?.ok_or(&SESSION_REVOKED)?;
    let events = page.events.iter().map(EventAnswer::from).collect();
    Ok(HttpResponse::Ok().json(EventsAnswer { events, next: page.next.map(|id| id.as_uuid()) }))
}

/// The requested page.
pub struct PageQuery {
    limit: u32,
    before: Option<EventId>,
}

impl FromRequest for PageQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

impl PageQuery {
    fn parse(query: &str) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
        let mut page = Self { limit: DEFAULT_LIMIT, before: None };
        for (name, value) in pairs.map_err(|_| Problem::field("", "the query is malformed"))?.into_inner() {
            match name.as_str() {
                "limit" => {
                    let number = value.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
                    page.limit = number.ok_or_else(|| Problem::field("limit", "must be a number from 1 to 200"))?;
                }
                "before" => {
                    let id =
                        Uuid::try_parse(&value).map_err(|_| Problem::field("before", "must be the id of an event"))?;
                    page.before = Some(id.into());
                }
                _ => {}
            }
        }
        Ok(page)
    }
}
