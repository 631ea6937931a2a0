//! The feed of ended sessions.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::stream;

use super::events::LONGEST_WAIT;
use crate::domain::feed::EndedCursor;
use crate::domain::service_key::Scope;
use crate::http::credentials::service_key::{Authorized, EndedRead, still_permits};
use crate::http::extractors::connected::Connected;
use crate::http::extractors::query::Query;
use crate::http::state::State;
use crate::http::wire::dto::feed::{EndedAnswer, EndedFeedAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::VALIDATION_FAILED;
use crate::service::{Backend, EndedPage};

const EVENT_STREAM: &str = "text/event-stream";

/// How long a consumer waits at once. Then its key is looked at again.
const TURN: Duration = Duration::from_millis(500);

/// A stream without events has a comment after this many turns.
const TURNS_TO_COMMENT: u32 = 20;

problems! { EndedProblems: VALIDATION_FAILED }

/// Follow which sessions have ended
///
/// For services that verify access tokens: reject the access tokens of these sessions. An ended session may come twice, and
/// is never missed. Remember it for `keep_for` seconds; after that its access tokens have expired.
///
/// With `Accept: text/event-stream` the response is a stream of server-sent events: events `ended`, whose `data` is one
/// session as in `ended` and whose `id` is the cursor after it, and a comment every 10 seconds.
#[utoipa::path(
    get, path = "/service/ended", tag = "feeds", security(("service_key" = ["ended:read"])),
    params(
        ("after" = Option<String>, Query, description = "`cursor` of the response before. Without it, every session that has ended within `keep_for` comes"),
        ("wait" = Option<u32>, Query, maximum = 30, description = "How many seconds to wait for a session to end, 0 by default and at most 30"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same as `after`, for streams"),
    ),
    responses(
        (status = 200, description = "The sessions, perhaps none. Send `cursor` as `after` to read on", content(
            (EndedFeedAnswer = "application/json"), (String = "text/event-stream"),
        )),
        EndedProblems,
    ),
)]
pub async fn follow_ended(
    state: State,
    authorized: Authorized<EndedRead, EndedQuery>,
    // A consumer that has gone does not hold its place until its wait is over.
    _: Connected,
) -> Result<HttpResponse, Problem> {
    let (backend, EndedQuery { after, wait, is_stream }) = (authorized.backend, authorized.rest);
    let mut page = state.ended_log.read(after).await?;
    if is_stream {
        return Ok(streamed(state, backend, page));
    }
    let mut left = wait;
    while page.ended.is_empty() && !left.is_zero() {
        let turn = TURN.min(left);
        page = state.ended_log.wait(page.cursor, turn).await?;
        left -= turn;
        still_permits(&state, backend, Scope::EndedRead).await?;
    }
    let ended = page.ended.iter().map(EndedAnswer::from).collect();
    let keep_for = state.ended_log.keep_for().as_secs();
    Ok(HttpResponse::Ok().json(EndedFeedAnswer { ended, cursor: page.cursor.to_string(), keep_for }))
}

/// Ends when the key is revoked or the database is away: the consumer then connects again, and gets the response for that.
fn streamed(state: State, backend: Backend, first: EndedPage) -> HttpResponse {
    struct Follower {
        state: State,
        backend: Backend,
        cursor: EndedCursor,
        quiet: u32,
    }
    let opening = format!(": keep_for {}\n\n{}", state.ended_log.keep_for().as_secs(), events(&first));
    let follower = Follower { state, backend, cursor: first.cursor, quiet: 0 };
    let rest = stream::unfold(follower, async |mut follower| {
        loop {
            let page = follower.state.ended_log.wait(follower.cursor, TURN).await.ok()?;
            still_permits(&follower.state, follower.backend, Scope::EndedRead).await.ok()?;
            follower.cursor = page.cursor;
            follower.quiet = if page.ended.is_empty() { follower.quiet + 1 } else { 0 };
            if !page.ended.is_empty() {
                return Some((events(&page), follower));
            }
            if follower.quiet == TURNS_TO_COMMENT {
                follower.quiet = 0;
                return Some((": still here\n\n".to_owned(), follower));
            }
        }
    });
    let text = futures_util::StreamExt::chain(stream::iter([opening]), rest);
    let bytes = futures_util::StreamExt::map(text, |text| Ok::<_, Infallible>(Bytes::from(text)));
    HttpResponse::Ok()
        .content_type(EVENT_STREAM)
        // Nginx would hold the events back.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(bytes)
}

fn events(page: &EndedPage) -> String {
    let event = |(ended, cursor)| {
        let data = serde_json::to_string(&EndedAnswer::from(ended)).expect("ids and texts serialise");
        format!("id: {cursor}\nevent: ended\ndata: {data}\n\n")
    };
    page.ended.iter().zip(&page.cursors).map(event).collect()
}

/// Where a request reads on, and how.
pub struct EndedQuery {
    after: Option<EndedCursor>,
    wait: Duration,
    is_stream: bool,
}

impl FromRequest for EndedQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl EndedQuery {
    fn parse(request: &HttpRequest) -> Result<Self, Problem> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let accept = header(ACCEPT.as_str()).unwrap_or_default();
        let is_stream = accept.split([',', ';']).any(|range| range.trim().eq_ignore_ascii_case(EVENT_STREAM));
        let mut query = Query::of(request)?;
        let after = query.cursor("after")?;
        let wait = query.number("wait", 0..=LONGEST_WAIT, 0)?;
        query.end()?;
        // A browser-like client sends the newest cursor here when it connects again.
        let newest = header("last-event-id").filter(|_| is_stream).map(str::parse);
        let newest = newest
            .transpose()
            .map_err(|error: crate::domain::feed::CursorError| Problem::field("Last-Event-ID", error.to_string()))?;
        Ok(Self { after: newest.or(after), wait: Duration::from_secs(wait.into()), is_stream })
    }
}
