//! The whole application within this process, without a network and without a database. Whoever is let through to the
//! database gets 503, so that its answers tell the genuine from the rest.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body;
use actix_web::dev::Service as _;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::rt::{System, SystemRunner};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use heirloom::crypto::keys::Keyring;
use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::db::{Database, DatabaseOptions};
use heirloom::domain::clock::Clock;
use heirloom::domain::outbox::Outgoing;
use heirloom::domain::password::PasswordPolicy;
use heirloom::domain::policy::{
    AccessTokenAlgorithm, AccessTokenPolicy, CookiePolicy, HashCost, Lifetimes, RotationPolicy, ServiceApi,
};
use heirloom::domain::rotation::Generation;
use heirloom::domain::secret::Secret;
use heirloom::domain::throttle::Rate;
use heirloom::http::{HttpOptions, HttpState, RateLimits, app};
use heirloom::service::{Components, Policy};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use time::macros::datetime;
use uuid::Uuid;

/// The one that is believed.
pub const PROXY: [u8; 4] = [192, 0, 2, 1];
/// Somebody else.
pub const STRANGER: [u8; 4] = [198, 51, 100, 9];

const SECRET: &str = "a secret for odd inputs, of more than thirty-two bytes";

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// All of the body.
    pub text: String,
    pub json: Value,
}

impl Answer {
    pub fn verdict(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }

    fn of(headers: HeaderMap, status: u16, bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("every answer is UTF-8");
        Self { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
}

type Serve = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

pub struct Server {
    runtime: SystemRunner,
    serve: Serve,
    clock: Clock,
}

impl Server {
    /// A server that believes [`PROXY`], sets the access cookie too, and lets each address log in once a second.
    pub fn start() -> Self {
        let runtime = System::new();
        let clock = Clock::manual(datetime!(2026-03-01 12:00:00 UTC));
        let state = Data::new(state(&clock));
        let app = Rc::new(runtime.block_on(init_service(app(state))));
        let serve: Serve = Box::new(move |request| {
            let app = Rc::clone(&app);
            let answer = async move {
                match app.call(request.to_request()).await {
                    Ok(answer) => read(answer.into_parts().1.map_into_boxed_body()).await,
                    Err(error) => read(Error::error_response(&error)).await,
                }
            };
            answer.boxed_local()
        });
        Self { runtime, serve, clock }
    }

    /// The answer to a request from `peer`.
    pub fn answers(
        &self,
        method: &Method,
        path: &str,
        peer: [u8; 4],
        headers: &[(&str, &[u8])],
        body: &[u8],
    ) -> Answer {
        let uri = Uri::try_from(path).expect("a path of ours");
        let mut request = TestRequest::default().method(method.clone()).uri(&uri.to_string());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name of ours");
            request = request.append_header((name, HeaderValue::from_bytes(value).expect("checked by the caller")));
        }
        let request = request.peer_addr(SocketAddr::from((peer, 4711))).set_payload(body.to_vec());
        let answer = self.runtime.block_on((self.serve)(request));
        assert!(answer.status != 500, "{}", answer.text);
        if answer.status >= 400 && !answer.text.is_empty() {
            assert_eq!(answer.headers.get("content-type").unwrap(), "application/problem+json");
            assert_eq!(answer.json["status"], answer.status);
        }
        answer
    }

    /// Lets time pass until every address has its full limit again.
    pub fn forgets(&self) {
        self.clock.advance(Duration::from_secs(2));
    }
}

/// A header's value as the server's own reader would let it through.
pub fn is_header_value(bytes: &[u8]) -> bool {
    HeaderValue::from_bytes(bytes).is_ok()
}

/// The refresh token of a session that is on nobody's record, genuine all the same.
pub fn genuine_token(session: u128) -> String {
    let token = RefreshTokens::new(&keyring()).mint(Uuid::from_u128(session).into(), Generation::new(1).unwrap());
    token.expose_secret().to_owned()
}

pub fn keyring() -> Keyring {
    Keyring::derive(&[Secret::new(SECRET).unwrap()]).unwrap()
}

pub fn access_token_policy() -> AccessTokenPolicy {
    AccessTokenPolicy {
        algorithm: AccessTokenAlgorithm::EdDsa,
        ttl: Duration::from_secs(900),
        issuer: "heirloom".to_owned(),
        audience: "heirloom".to_owned(),
    }
}

async fn read(answer: HttpResponse) -> Answer {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = body::to_bytes(answer.into_body()).await.unwrap_or_default();
    Answer::of(headers, status, &bytes)
}

fn state(clock: &Clock) -> HttpState {
    let database = Database::new(&DatabaseOptions {
        url: "postgres://nobody@127.0.0.1:1/nothing".into(),
        connections: 1,
        prepare: false,
        timeout: Duration::from_millis(1),
        outgoing: Outgoing::default(),
    });
    let policy = Policy {
        rotation: RotationPolicy::default(),
        rotation_workers: NonZeroUsize::MIN,
        lifetimes: Lifetimes::default(),
        password: PasswordPolicy { min_length: 8 },
        access_token: access_token_policy(),
        hash_cost: HashCost { memory: 8, passes: 1, parallelism: 1 },
        sessions_per_user: NonZeroU32::MIN,
        event_retention: Duration::from_secs(3600),
        hashes_at_once: NonZeroUsize::MIN,
        password_hook: None,
        messaging: heirloom::service::Messaging::none(),
    };
    let components = Components::new(database, clock.clone(), &keyring(), policy).unwrap();
    let cookies = CookiePolicy { with_access_token: true, ..CookiePolicy::default() };
    let options = HttpOptions {
        base_path: String::new(),
        service_api: ServiceApi::Off,
        cookies,
        allowed_origins: Vec::new(),
        trusted_proxies: vec![ipnet::IpNet::from(std::net::IpAddr::from(PROXY))],
        body_timeout: Duration::from_secs(1),
        has_docs: true,
        admin_hosts: Vec::new(),
        has_app: false,
        is_development: false,
    };
    let rate = Rate { count: NonZeroU32::MIN, period: Duration::from_secs(1) };
    HttpState::new(&components, options, Arc::default(), RateLimits::new(Some(rate), None, clock), clock)
}
