//! The clients' way to the servers: HTTP over the proxy, a connection for each request.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::kit::clients::{Fate, Server};
use crate::kit::record::{Access, Answer, Ask, Delivery, Grant, Network, Token};

/// As browsers have it: far longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(90);

const COOKIE: &str = "__Host-heirloom_refresh";

/// A way to the servers.
pub struct Wire {
    pub proxy: SocketAddr,
}

impl Server for Wire {
    fn answer<'a>(&'a self, from: Network, ask: &'a Ask, fate: Fate) -> BoxFuture<'a, Option<Answer>> {
        async move {
            let text = timeout(TIMEOUT, exchange(self.proxy, &request(from, ask, fate))).await.ok()?.ok()?;
            read(&text, ask)
        }
        .boxed()
    }
}

/// What comes back for a request, as far as it comes.
pub async fn exchange(to: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn request(from: Network, ask: &Ask, fate: Fate) -> String {
    let (line, body) = match ask {
        Ask::Register { email, password } => {
            ("POST /register", Some(json!({"email": &**email, "password": &**password})))
        }
        Ask::Login { email, password, delivery } => {
            let delivery = if *delivery == Delivery::Cookie { "cookie" } else { "body" };
            let body = json!({"email": &**email, "password": &**password, "token_delivery": delivery});
            ("POST /login", Some(body))
        }
        Ask::Refresh(token) => ("POST /refresh", in_body(token)),
        Ask::Logout(token) => ("POST /logout", in_body(token)),
        Ask::WhoAmI(_) => ("GET /users/me", None),
        Ask::LogoutAll(_) => ("POST /logout-all", None),
        Ask::EndSession { family, .. } => (&*format!("DELETE /sessions/{family}"), None),
        Ask::ChangePassword { current, new, .. } => {
            ("POST /users/me/password", Some(json!({"current_password": &**current, "new_password": &**new})))
        }
    };
    let mut head =
        format!("{line} HTTP/1.1\r\nhost: heirloom.test\r\nconnection: close\r\nx-fate: {}\r\n", fate.written());
    head += &format!("x-forwarded-for: {}\r\n", from.address());
    match ask {
        Ask::Refresh(token) | Ask::Logout(token) if token.delivery == Delivery::Cookie => {
            head += &format!("cookie: {COOKIE}={}\r\n", token.text);
        }
        Ask::WhoAmI(access) | Ask::LogoutAll(access) => head += &bearer(access),
        Ask::EndSession { access, .. } | Ask::ChangePassword { access, .. } => head += &bearer(access),
        _ => {}
    }
    match body.map(|body| body.to_string()) {
        Some(body) => format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
        None => format!("{head}content-length: 0\r\n\r\n"),
    }
}

fn in_body(token: &Token) -> Option<Value> {
    (token.delivery == Delivery::Body).then(|| json!({"refresh_token": &*token.text}))
}

fn bearer(access: &Access) -> String {
    format!("authorization: Bearer {}\r\n", access.text)
}

/// The answer, if it has arrived whole.
fn read(text: &str, ask: &Ask) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let headers = || head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let length = headers().find(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value);
    if length.map_or(0, |length| length.parse().unwrap_or(usize::MAX)) != body.len() {
        return None;
    }
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let cookie = headers()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .find_map(|(_, cookie)| cookie.strip_prefix(COOKIE)?.strip_prefix('='));
    let cookie_token = cookie.and_then(|cookie| cookie.split(';').next()).filter(|value| !value.is_empty());
    let refresh = match &text("refresh_token") {
        Some(token) => Token::read(token, Delivery::Body),
        None => cookie_token.and_then(|token| Token::read(token, Delivery::Cookie)),
    };
    let access = text("access_token").and_then(|token| Access::read(&token));
    let grant = refresh.zip(access).map(|(refresh, access)| Grant { refresh, access });
    if status == 200 && grant.is_none() && is_for_tokens(ask) {
        // No documented answer: it is judged as such.
        return Some(Answer { status: 299, code: None, reason: None, grant: None, clears_cookie: false });
    }
    let clears_cookie = cookie.is_some() && cookie_token.is_none();
    Some(Answer { status, code: text("code"), reason: text("reason"), grant, clears_cookie })
}

fn is_for_tokens(ask: &Ask) -> bool {
    matches!(ask, Ask::Login { .. } | Ask::Refresh(_) | Ask::ChangePassword { .. })
}

impl Fate {
    fn written(self) -> String {
        match self {
            Self::Pass => "pass".to_owned(),
            Self::Delay { request, answer } => format!("delay {} {}", request.as_micros(), answer.as_micros()),
            Self::LoseRequest => "lose-request".to_owned(),
            Self::LoseAnswer => "lose-answer".to_owned(),
            Self::CutAnswer => "cut-answer".to_owned(),
            Self::Double => "double".to_owned(),
        }
    }

    /// What the proxy is told in a request's head.
    pub fn read(head: &str) -> Self {
        let line = head.lines().find_map(|line| line.strip_prefix("x-fate: ")).unwrap_or_default();
        let mut words = line.split(' ');
        match words.next().unwrap_or_default() {
            "delay" => {
                let mut time = || Duration::from_micros(words.next().and_then(|word| word.parse().ok()).unwrap_or(0));
                Self::Delay { request: time(), answer: time() }
            }
            "lose-request" => Self::LoseRequest,
            "lose-answer" => Self::LoseAnswer,
            "cut-answer" => Self::CutAnswer,
            "double" => Self::Double,
            _ => Self::Pass,
        }
    }
}
