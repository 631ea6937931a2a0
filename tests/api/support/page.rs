//! A page that keeps no access token: the browser's jar holds it, and beside it what the page has to repeat.

use super::browser::Browser;
use super::wire::Wire;
use super::{Answer, App};

pub const ACCESS: &str = "__Host-heirloom_access";
pub const CSRF: &str = "__Host-heirloom_csrf";

#[derive(Clone)]
pub struct Page {
    pub browser: Browser,
    pub access: Option<String>,
    pub csrf: Option<String>,
}

impl Page {
    /// A page whose user has an account and a session.
    pub fn logged_in(app: &App, email: &str) -> Self {
        let mut page = Self { browser: app.browser(), access: None, csrf: None };
        assert_eq!(page.browser.registers(email).status, 201);
        assert_eq!(page.logs_in(email).status, 200);
        page
    }

    /// The same page, talking to another process.
    pub fn at(&self, app: &App) -> Self {
        Self { browser: self.browser.at(app), ..self.clone() }
    }

    pub fn logs_in(&mut self, email: &str) -> Answer {
        let answer = self.browser.logs_in(email);
        self.takes(&answer);
        answer
    }

    pub fn refreshes(&mut self) -> Answer {
        let answer = self.browser.refreshes();
        self.takes(&answer);
        answer
    }

    pub fn logs_out(&mut self) -> Answer {
        let answer = self.request("POST", "/logout").send();
        self.takes(&answer);
        answer
    }

    pub fn asks_who_am_i(&self) -> Answer {
        self.request("GET", "/users/me").send()
    }

    /// A request with all cookies and nothing else.
    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        let jar = [(ACCESS, &self.access), (CSRF, &self.csrf)];
        jar.into_iter().fold(self.browser.request(method, path), |wire, (name, value)| match value {
            Some(value) => wire.header("cookie", format!("{name}={value}")),
            None => wire,
        })
    }

    /// What a browser does with an answer.
    pub fn takes(&mut self, answer: &Answer) {
        for (name, slot) in [(ACCESS, &mut self.access), (CSRF, &mut self.csrf)] {
            if let Some(header) = answer.set_cookie(name) {
                let (value, attributes) = header[name.len() + 1..].split_once("; ").unwrap();
                *slot = (!attributes.ends_with("Max-Age=0")).then(|| value.to_owned());
            }
        }
    }
}
