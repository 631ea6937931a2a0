//! A person in a browser: a cookie jar, and an access token in the page's memory.

use serde_json::json;
use ureq::Agent;

use super::wire::{Wire, agent};
use super::{Answer, App};

pub const PASSWORD: &str = "three lamps on the stairs";
pub const COOKIE: &str = "__Host-heirloom_refresh";

#[derive(Clone)]
pub struct Browser {
    url: String,
    agent: Agent,
    /// The refresh cookie's value.
    pub cookie: Option<String>,
    pub access_token: Option<String>,
}

impl Browser {
    pub fn new(app: &App) -> Self {
        Self { url: app.url.clone(), agent: agent(), cookie: None, access_token: None }
    }

    /// Another tab: the same cookies, as they are now, and connections of its own.
    pub fn tab(&self) -> Self {
        Self { agent: agent(), ..self.clone() }
    }

    /// The same browser, talking to another process.
    pub fn at(&self, app: &App) -> Self {
        Self { url: app.url.clone(), agent: agent(), ..self.clone() }
    }

    /// A request with this browser's cookie.
    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        let wire = self.bare_request(method, path);
        match &self.cookie {
            Some(value) => wire.header("cookie", format!("{COOKIE}={value}")),
            None => wire,
        }
    }

    /// A request without anything that this browser knows.
    pub fn bare_request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        Wire::new(&self.agent, method, format!("{}{path}", self.url))
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

    pub fn logs_out(&mut self) -> Answer {
        let answer = self.request("POST", "/logout").send();
        self.takes(&answer);
        answer
    }

    pub fn cookie(&self) -> String {
        self.cookie.clone().expect("a browser that has logged in")
    }

    /// What a browser does with an answer.
    fn takes(&mut self, answer: &Answer) {
        if let Some(header) = answer.refresh_cookie() {
            let (name, rest) = header.split_once('=').unwrap();
            assert_eq!(name, COOKIE);
            let (value, attributes) = rest.split_once("; ").unwrap();
            for wanted in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age="] {
                assert!(attributes.contains(wanted), "{header}");
            }
            assert!(!attributes.contains("Domain") && !attributes.contains("Partitioned"), "{header}");
            assert!(header.len() < 4096);
            self.cookie = (!attributes.contains("Max-Age=0")).then(|| value.to_owned());
            if let Some(token) = &self.cookie {
                assert!(!answer.text.contains(token.as_str()), "the cookie's token stands in the body");
            }
        }
        if let Some(token) = answer.json["access_token"].as_str() {
            self.access_token = Some(token.to_owned());
        }
    }
}
