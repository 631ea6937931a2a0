//! A native app of one user, over HTTP.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::program::eventually;

pub const PASSWORD: &str = "three lamps on the stairs";

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {self:?}")).to_owned()
    }
}

/// Speaks HTTP to one server.
pub struct Client {
    agent: Agent,
    url: String,
    refusals: Mutex<String>,
}

impl Client {
    pub fn of(url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(Duration::from_secs(20))).build().into();
        Self { agent, url: url.to_owned(), refusals: Mutex::default() }
    }

    /// Every refusal that this client has got, with its headers.
    pub fn refusals(&self) -> String {
        self.refusals.lock().unwrap().clone()
    }

    fn read(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
        let answer = read(answer)?;
        if answer.status >= 400 {
            self.refusals.lock().unwrap().push_str(&format!("{answer:?}\n"));
        }
        Ok(answer)
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        served(|| {
            let mut request = self.agent.get(format!("{}{path}", self.url));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            self.read(request.call())
        })
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        served(|| self.try_post(path, headers, body))
    }

    /// One request as it is, with one answer to it.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        self.read(answer).unwrap()
    }

    /// An error is a connection that was refused or broke off.
    pub fn try_post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.read(request.send(body))
    }
}

/// Waits out a database that is away: each pooled connection that broke with it costs a request.
fn served(mut ask: impl FnMut() -> Result<Answer, ureq::Error>) -> Answer {
    let mut answer = None;
    eventually("the database serves", || {
        answer = Some(ask().unwrap()).filter(|answer| answer.status != 503);
        answer.is_some()
    });
    answer.unwrap()
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
    let mut answer = answer?;
    let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = answer.body_mut().read_to_string()?;
    let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    Ok(Answer { status: answer.status().as_u16(), headers, body })
}

/// A user's session, with the tokens that the app holds. It survives the server that it was begun at.
pub struct Session {
    pub refresh_token: String,
    pub access_token: String,
}

impl Session {
    pub fn registered(url: &str, email: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD}).to_string();
        let answer = Client::of(url).post("/register", &[], &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::logged_in(url, email)
    }

    pub fn logged_in(url: &str, email: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD, "token_delivery": "body"}).to_string();
        let answer = Client::of(url).post("/login", &[], &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { refresh_token: answer.text("refresh_token"), access_token: answer.text("access_token") }
    }

    /// Shows the token that is held, and keeps what comes for it.
    pub fn try_refresh(&mut self, client: &Client) -> Result<Answer, ureq::Error> {
        let body = json!({"refresh_token": self.refresh_token}).to_string();
        let answer = client.try_post("/refresh", &[], &body)?;
        if answer.status == 200 {
            self.refresh_token = answer.text("refresh_token");
            self.access_token = answer.text("access_token");
        }
        Ok(answer)
    }

    /// Refreshes once and asks who it is, at a server that runs.
    pub fn is_alive_at(&mut self, url: &str) {
        let client = Client::of(url);
        let answer = served(|| self.try_refresh(&client));
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = client.get("/users/me", &[("authorization", &format!("Bearer {}", self.access_token))]);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
