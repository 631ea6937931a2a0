//! Fetches the published keys: once at the start, and again for an unknown `kid`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::client::Client;
use crate::keys::parse_key_set;
use crate::verifier::Inner;

/// Unknown keys cause at most one request in this time, in seconds. Anybody can make up a `kid`.
const BETWEEN_FETCHES: i64 = 30;

const TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// Passes requests to the thread that fetches.
#[derive(Default)]
pub(crate) struct KeyFetcher {
    state: Mutex<State>,
    /// The latest attempt succeeded.
    is_up_to_date: AtomicBool,
}

#[derive(Default)]
struct State {
    thread: Option<Sender<()>>,
    /// An attempt is under way, and these wait for it.
    waiting: Option<Vec<oneshot::Sender<()>>>,
    /// The time of the latest attempt for an unknown key.
    fetched_at: Option<i64>,
}

impl KeyFetcher {
    pub fn is_up_to_date(&self) -> bool {
        self.is_up_to_date.load(Ordering::Acquire)
    }

    /// Fetches the keys if that is allowed, or waits for an attempt that is under way. Whether they are up to date.
    pub async fn fetch(&self, now: i64) -> bool {
        let attempt = self.request(now);
        if let Some(attempt) = attempt {
            // An error means that the thread has ended with the verifier.
            let _ = attempt.await;
        }
        self.is_up_to_date()
    }

    fn request(&self, now: i64) -> Option<oneshot::Receiver<()>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, receiver) = oneshot::channel();
        if let Some(waiting) = &mut state.waiting {
            waiting.push(sender);
            return Some(receiver);
        }
        if !self.is_up_to_date() || state.fetched_at.is_some_and(|at| (0..BETWEEN_FETCHES).contains(&(now - at))) {
            // After a failure the thread retries by itself.
            return None;
        }
        state.fetched_at = Some(now);
        state.waiting = Some(vec![sender]);
        state.thread.as_ref()?.send(()).ok()?;
        Some(receiver)
    }

    /// Fetches the keys for the first time, in a thread.
    pub fn start(&self, inner: &Arc<Inner>, url: String) -> std::io::Result<()> {
        let (sender, receiver) = channel();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.thread = Some(sender);
        state.waiting = Some(Vec::new());
        drop(state);
        let weak = Arc::downgrade(inner);
        thread::Builder::new().name("heirloom-keys".to_owned()).spawn(move || fetches(&weak, &receiver, &url))?;
        Ok(())
    }

    fn done(&self, succeeded: bool) {
        self.is_up_to_date.store(succeeded, Ordering::Release);
        let waiting = self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting.take();
        for waiter in waiting.into_iter().flatten() {
            let _ = waiter.send(());
        }
    }
}

/// Fetches on request, and after a failure until an attempt succeeds. Ends with the verifier.
fn fetches(inner: &Weak<Inner>, requests: &Receiver<()>, url: &str) {
    let client = Client::new();
    let url = format!("{url}/.well-known/jwks.json");
    let mut retry_after = FIRST_RETRY;
    loop {
        let fetched = client
            .get(&url, None, TIMEOUT)
            .map_err(|error| error.to_string())
            .and_then(|body| parse_key_set(&body).map_err(|error| error.to_string()));
        let Some(inner) = inner.upgrade() else { return };
        let succeeded = fetched.is_ok();
        match fetched {
            Ok(keys) => {
                inner.tokens.replace_keys(keys);
                retry_after = FIRST_RETRY;
            }
            Err(error) => {
                tracing::warn!(event = "keys_unavailable", %url, %error, "Could not fetch the keys of access tokens");
            }
        }
        inner.keys().done(succeeded);
        drop(inner);
        if succeeded {
            if requests.recv().is_err() {
                return;
            }
        } else {
            if requests.recv_timeout(retry_after) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            retry_after = (retry_after * 2).min(LAST_RETRY);
        }
    }
}
