//! The security events of all users.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use crate::domain::feed::EventCursor;
use crate::domain::service_key::Scope;
use crate::http::credentials::service_key::{Authorized, EventsRead, still_permits};
use crate::http::extractors::connected::Connected;
use crate::http::extractors::query::Query;
use crate::http::state::State;
use crate::http::wire::dto::feed::{FeedEventAnswer, FeedEventsAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::VALIDATION_FAILED;
use crate::service::EVENTS_EVERY;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// The longest that a request waits, in seconds.
pub const LONGEST_WAIT: u32 = 30;

problems! { FeedProblems: VALIDATION_FAILED }

/// Follow the security events of all users
///
/// Every event comes, oldest first, also one whose transaction commits late. One comes twice only after the database server
/// has started again: compare their ids. The events of a user who is deleted are deleted too.
#[utoipa::path(
    get, path = "/service/events", tag = "feeds", security(("service_key" = ["events:read"])),
    params(
        ("after" = Option<String>, Query, description = "`cursor` of the response before. Without it, the oldest event on record comes first"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many events, 100 by default and at most 1000"),
        ("wait" = Option<u32>, Query, maximum = 30, description = "How many seconds to wait for an event if there is none, 0 by default and at most 30"),
    ),
    responses(
        (status = 200, description = "The events, perhaps none. Send `cursor` as `after` to read on", body = FeedEventsAnswer),
        FeedProblems,
    ),
)]
pub async fn follow_events(
    state: State,
    authorized: Authorized<EventsRead, EventsQuery>,
    _: Connected,
) -> Result<HttpResponse, Problem> {
    let (backend, EventsQuery { mut after, limit, wait }) = (authorized.backend, authorized.rest);
    let mut left = wait;
    loop {
        let (events, cursor) = state.operator.read_events(after, limit).await?;
        if !events.is_empty() || left.is_zero() {
            let events = events.iter().map(FeedEventAnswer::from).collect();
            return Ok(HttpResponse::Ok().json(FeedEventsAnswer { events, cursor: cursor.to_string() }));
        }
        after = Some(cursor);
        let pause = EVENTS_EVERY.min(left);
        tokio::time::sleep(pause).await;
        left -= pause;
        still_permits(&state, backend, Scope::EventsRead).await?;
    }
}

/// Where a request reads on.
pub struct EventsQuery {
    after: Option<EventCursor>,
    limit: u32,
    wait: Duration,
}

impl FromRequest for EventsQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl EventsQuery {
    fn parse(request: &HttpRequest) -> Result<Self, Problem> {
        let mut query = Query::of(request)?;
        let after = query.cursor("after")?;
        let limit = query.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)?;
        let wait = query.number("wait", 0..=LONGEST_WAIT, 0)?;
        query.end()?;
        Ok(Self { after, limit, wait: Duration::from_secs(wait.into()) })
    }
}
