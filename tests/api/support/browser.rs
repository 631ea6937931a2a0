//! A person in a browser: a cookie jar, and an access token in the page's memory.

use serde_json::json;
use ureq::Agent;

use super::wire::{Wire, agent};
use super::{Answer, App};

pub const PASSWORD: &str = "three lamps on the stairs";
/// Nobody's.
pub const WRONG: &str = "four lamps on the stairs";
pub const COOKIE: &str = "__Host-heirloom_refresh";
pub const DEVICE_COOKIE: &str = "__Host-heirloom_device";

#[derive(Clone)]
pub struct Browser {
    url: String,
    agent: Agent,
    /// The refresh cookie's value.
    pub cookie: Option<String>,
    /// The device cookie's value.
    pub device: Option<String>,
    pub access_token: Option<String>,
    /// Its address, as a proxy names it, and its user agent.
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Browser {
    pub fn new(app: &App) -> Self {
        Self {
            url: app.url.clone(),
            agent: agent(),
            cookie: None,
            device: None,
            access_token: None,
            address: None,
            user_agent: None,
        }
    }

    /// Another tab: the same cookies, as they are now, and connections of its own.
    pub fn tab(&self) -> Self {
        Self { agent: agent(), ..self.clone() }
    }

    /// The same cookies and page at another address: a browser that has changed its network, or a thief with a copy.
    pub fn copied_to(&self, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..self.tab() }
    }

    /// The same browser, talking to another process.
    pub fn at(&self, app: &App) -> Self {
        Self { url: app.url.clone(), agent: agent(), ..self.clone() }
    }

    /// A request with this browser's cookies.
    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        let wire = self.bare_request(method, path);
        let jar = [(COOKIE, &self.cookie), (DEVICE_COOKIE, &self.device)];
        let pairs = jar.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        match pairs.collect::<Vec<_>>().join("; ") {
            none if none.is_empty() => wire,
            cookies => wire.header("cookie", cookies),
        }
    }

    /// A request without anything that this browser knows.
    pub fn bare_request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        let wire = Wire::new(&self.agent, method, format!("{}{path}", self.url));
        let place = [("x-forwarded-for", &self.address), ("user-agent", &self.user_agent)];
        let known = place.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        known.fold(wire, |wire, (name, value)| wire.header(name, value))
    }

    /// A request with this browser's access token.
    pub fn with_access<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        let token = self.access_token.as_deref().expect("a browser that has logged in");
        self.bare_request(method, path).header("authorization", format!("Bearer {token}"))
    }

    pub fn registers(&mut self, email: &str) -> Answer {
        self.bare_request("POST", "/register").json(&json!({ "email": email, "password": PASSWORD })).send()
    }

    pub fn logs_in(&mut self, email: &str) -> Answer {
        self.logs_in_with(email, PASSWORD)
    }

    pub fn logs_in_with(&mut self, email: &str, password: &str) -> Answer {
        let answer = self.request("POST", "/login").json(&json!({ "email": email, "password": password })).send();
        self.takes(&answer);
        answer
    }

    /// A login that reaches a proxy from `address`; the browser forgets the answer.
    pub fn logs_in_from(&self, address: &str, email: &str, password: &str) -> Answer {
        let login = json!({ "email": email, "password": password });
        self.request("POST", "/login").header("x-forwarded-for", address).json(&login).send()
    }

    /// Wrong passwords, each of which is looked at.
    pub fn guesses(&mut self, email: &str, times: u32) {
        for _ in 0..times {
            assert_eq!(self.logs_in_with(email, WRONG).verdict(), (401, "invalid_credentials"));
        }
    }

    pub fn refreshes(&mut self) -> Answer {
        let answer = self.request("POST", "/refresh").send();
        self.takes(&answer);
        answer
    }

    /// The request arrives, the answer does not.
    pub fn refreshes_and_loses_the_answer(&mut self) {
        assert_eq!(self.request("POST", "/refresh").send().status, 200);
    }

    pub fn replays(&self, old_cookie: &str) -> Answer {
        self.bare_request("POST", "/refresh").header("cookie", format!("{COOKIE}={old_cookie}")).send()
    }

    pub fn asks_who_am_i(&self) -> Answer {
        self.asks_who_am_i_with(self.access_token.as_deref().expect("a browser that has logged in"))
    }

    pub fn asks_who_am_i_with(&self, access_token: &str) -> Answer {
        self.bare_request("GET", "/users/me").header("authorization", format!("Bearer {access_token}")).send()
    }

    pub fn lists_her_sessions(&self) -> Answer {
        self.with_access("GET", "/sessions").send()
    }

    pub fn logs_out(&mut self) -> Answer {
        let answer = self.request("POST", "/logout").send();
        self.takes(&answer);
        answer
    }

    pub fn changes_password(&mut self, current: &str, new: &str) -> Answer {
        let body = json!({ "current_password": current, "new_password": new });
        let answer = self.with_access("POST", "/users/me/password").json(&body).send();
        self.takes(&answer);
        answer
    }

    pub fn cookie(&self) -> String {
        self.cookie.clone().expect("a browser that has logged in")
    }

    /// What a browser does with an answer.
    pub fn takes(&mut self, answer: &Answer) {
        if let Some(header) = answer.refresh_cookie() {
            self.cookie = kept(&header, COOKIE);
        }
        if let Some(header) = answer.device_cookie() {
            self.device = kept(&header, DEVICE_COOKIE);
        }
        for cookie in [&self.cookie, &self.device].into_iter().flatten() {
            assert!(!answer.text.contains(cookie.as_str()), "a cookie's value stands in the body");
        }
        if let Some(token) = answer.json["access_token"].as_str() {
            self.access_token = Some(token.to_owned());
        }
    }
}

/// The value that a browser keeps, if any.
fn kept(header: &str, name: &str) -> Option<String> {
    let (found, rest) = header.split_once('=').unwrap();
    assert_eq!(found, name);
    let (value, attributes) = rest.split_once("; ").unwrap();
    for wanted in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age="] {
        assert!(attributes.contains(wanted), "{header}");
    }
    assert!(!attributes.contains("Domain") && !attributes.contains("Partitioned"), "{header}");
    assert!(header.len() < 4096);
    (!attributes.ends_with("Max-Age=0")).then(|| value.to_owned())
}
