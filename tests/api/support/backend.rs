//! A backend of the operator's: it has a service key, and knows where the service API is.

use heirloom::domain::ids::ServiceKeyId;
use heirloom::domain::service_key::{KeyName, Scope};
use secrecy::ExposeSecret as _;
use ureq::Agent;

use super::app::block_on;
use super::wire::{Wire, agent};
use super::{Answer, App};

pub struct Backend {
    pub url: String,
    agent: Agent,
    pub key_id: ServiceKeyId,
    pub key: String,
}

impl App {
    /// A backend with a key of its own, which talks to the admin address.
    pub fn backend(&self, scopes: &[Scope]) -> Backend {
        let name = KeyName::parse("backend").unwrap();
        let (key, text) = block_on(self.service_keys().create(name, scopes.iter().copied().collect())).unwrap();
        let url = self.admin_url.clone().unwrap_or_else(|| self.url.clone());
        Backend { url, agent: agent(), key_id: key.id, key: text.expose_secret().to_owned() }
    }

    /// A backend that may do everything.
    pub fn trusted_backend(&self) -> Backend {
        self.backend(&Scope::EVERY)
    }
}

impl Backend {
    /// The same backend, talking to another address.
    pub fn at_url(&self, url: String) -> Self {
        Self { url, agent: agent(), key: self.key.clone(), ..*self }
    }

    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        self.bare_request(method, path).header("authorization", format!("Bearer {}", self.key))
    }

    /// A request without the key.
    pub fn bare_request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        Wire::new(&self.agent, method, format!("{}{path}", self.url))
    }

    pub fn gets(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }
}
