//! Requests, plain and odd.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderValue, Request};

use super::Answer;

pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

/// A request under construction; what is not said is not sent.
pub struct Wire<'a> {
    agent: &'a Agent,
    method: &'a str,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl<'a> Wire<'a> {
    pub fn new(agent: &'a Agent, method: &'a str, url: String) -> Self {
        Self { agent, method, url, headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let mut wire = if content_type.is_empty() { self } else { self.header("content-type", content_type) };
        wire.body = Some(body.as_ref().to_vec());
        wire
    }

    pub fn send(self) -> Answer {
        Answer::read(self.try_send().unwrap())
    }

    pub fn try_send(self) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, HeaderValue::from_bytes(value).unwrap());
        }
        match self.body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None if self.method == "POST" => self.agent.run(request.body(Vec::new()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        }
    }
}

/// Bytes sent as they are, and everything that comes back until the server closes or `timeout` is over.
pub fn raw(url: &str, bytes: &[u8], timeout: Duration) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(timeout)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
