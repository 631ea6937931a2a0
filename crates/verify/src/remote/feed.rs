//! Follows the feed of ended sessions by long polling.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::client::{Client, ClientError};
use crate::builder::Feed;
use crate::verifier::Inner;

/// The longest that a request waits for sessions to end.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How much longer a response may take.
const GRACE: Duration = Duration::from_secs(5);

const FIRST_RETRY: Duration = Duration::from_millis(250);
/// After an outage, ended sessions are known again within this time.
const LAST_RETRY: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Page {
    ended: Vec<Ended>,
    cursor: Value,
    /// Seconds.
    keep_for: i64,
}

#[derive(Deserialize)]
struct Ended {
    session_id: Uuid,
}

/// Follows `feed` in a thread, until the verifier is dropped.
pub(crate) fn follow(inner: &Arc<Inner>, feed: Feed, known_for: Duration) -> std::io::Result<()> {
    let weak = Arc::downgrade(inner);
    let wait = (known_for / 2).min(LONGEST_WAIT);
    thread::Builder::new().name("heirloom-ended".to_owned()).spawn(move || follows(&weak, &feed, wait))?;
    Ok(())
}

fn follows(inner: &Weak<Inner>, feed: &Feed, wait: Duration) {
    let client = Client::new();
    let (mut cursor, mut retry_after) = (None, FIRST_RETRY);
    loop {
        let page = poll(&client, feed, cursor.as_deref(), wait);
        let Some(inner) = inner.upgrade() else { return };
        match page {
            Ok(page) => {
                inner.ended.add(page.ended.iter().map(|ended| ended.session_id), page.keep_for, inner.clock.now());
                cursor = Some(text(&page.cursor));
                retry_after = FIRST_RETRY;
                continue;
            }
            Err(PollError::Client(ClientError::Status(400 | 404 | 410 | 422))) if cursor.is_some() => {
                // The cursor is of another database. Everything that matters comes again.
                cursor = None;
            }
            Err(error) => {
                tracing::warn!(event = "ended_sessions_unavailable", url = %feed.url, %error, "Could not read which sessions have ended");
            }
        }
        drop(inner);
        pause(retry_after);
        retry_after = (retry_after * 2).min(LAST_RETRY);
    }
}

#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the response is not that of /service/ended: {0}")]
    Page(#[from] serde_json::Error),
}

/// Without a cursor, all that matters arrives at once.
fn poll(client: &Client, feed: &Feed, cursor: Option<&str>, wait: Duration) -> Result<Page, PollError> {
    let query = match cursor {
        Some(cursor) => format!("?after={}&wait={}", encoded(cursor), wait.as_secs()),
        None => String::new(),
    };
    let url = format!("{}/service/ended{query}", feed.url);
    let body = client.get(&url, Some(&feed.key), wait + GRACE)?;
    Ok(serde_json::from_str(&body)?)
}

fn text(cursor: &Value) -> String {
    cursor.as_str().map_or_else(|| cursor.to_string(), str::to_owned)
}

/// RFC 3986 §2.1.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[expect(clippy::disallowed_methods, reason = "the thread has nothing to wait for")]
fn pause(time: Duration) {
    thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_cursor_is_encoded() {
        assert_eq!(encoded("a-B_9.~"), "a-B_9.~");
        assert_eq!(encoded("2026-03-01T12:00:00+00/é"), "2026-03-01T12%3A00%3A00%2B00%2F%C3%A9");
    }
}
