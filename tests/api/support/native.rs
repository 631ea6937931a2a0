//! A program without cookies.

use serde_json::json;
use ureq::Agent;

use super::browser::PASSWORD;
use super::wire::{Wire, agent};
use super::{Answer, App};

pub struct NativeApp {
    url: String,
    agent: Agent,
    pub refresh_token: Option<String>,
    pub device_token: Option<String>,
}

impl NativeApp {
    pub fn new(app: &App) -> Self {
        Self { url: app.url.clone(), agent: agent(), refresh_token: None, device_token: None }
    }

    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        Wire::new(&self.agent, method, format!("{}{path}", self.url))
    }

    pub fn logs_in(&mut self, email: &str) -> Answer {
        self.logs_in_with(email, PASSWORD)
    }

    pub fn logs_in_with(&mut self, email: &str, password: &str) -> Answer {
        let mut body = json!({ "email": email, "password": password, "token_delivery": "body" });
        if let Some(device_token) = &self.device_token {
            body["device_token"] = json!(device_token);
        }
        let answer = self.request("POST", "/login").json(&body).send();
        self.takes(&answer);
        answer
    }

    pub fn refreshes(&mut self) -> Answer {
        let answer = self.request("POST", "/refresh").json(&json!({ "refresh_token": self.token() })).send();
        self.takes(&answer);
        answer
    }

    pub fn refreshes_as_bearer(&mut self) -> Answer {
        let answer =
            self.request("POST", "/refresh").header("authorization", format!("Bearer {}", self.token())).send();
        self.takes(&answer);
        answer
    }

    pub fn logs_out(&self) -> Answer {
        self.request("POST", "/logout").json(&json!({ "refresh_token": self.token() })).send()
    }

    pub fn token(&self) -> String {
        self.refresh_token.clone().expect("a program that has logged in")
    }

    pub fn takes(&mut self, answer: &Answer) {
        assert_eq!(answer.header("set-cookie"), None, "a token in the body comes without a cookie");
        if let Some(token) = answer.json["refresh_token"].as_str() {
            self.refresh_token = Some(token.to_owned());
        }
        if let Some(token) = answer.json["device_token"].as_str() {
            self.device_token = Some(token.to_owned());
        }
    }
}
