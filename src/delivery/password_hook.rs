//! A service that knows the passwords of users whose hashes nobody could export. It is asked as Ory Kratos asks: with
//! `{"identifier", "password"}`, for `{"status": "password_match"}`.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use ureq::Agent;

use super::agent::agent;

/// How long the service may take to respond.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest response that is read.
const LONGEST: u64 = 64 * 1024;

/// The service at one URL.
pub struct PasswordHook {
    url: SecretString,
    agent: Agent,
}

/// Why it is not known whether a password is right. It contains neither the password nor the URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the password hook {0}")]
pub struct HookError(String);

#[derive(Deserialize)]
struct Response {
    status: String,
}

impl fmt::Debug for PasswordHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHook").finish_non_exhaustive()
    }
}

impl PasswordHook {
    /// The service at `url`, which may have a name and a password.
    pub fn new(url: SecretString, timeout: Duration) -> Self {
        // Plain HTTP goes to this machine only, and a proxy is elsewhere.
        let is_direct = url.expose_secret().starts_with("http://");
        Self { url, agent: agent(timeout, is_direct) }
    }

    /// Whether the service says that `password` is the user's. Blocks.
    pub fn matches(&self, identifier: &str, password: &SecretString) -> Result<bool, HookError> {
        let body =
            SecretString::from(json!({ "identifier": identifier, "password": password.expose_secret() }).to_string());
        let request = self.agent.post(self.url.expose_secret()).header("content-type", "application/json");
        // ureq's own words may repeat the URL.
        let mut response = request.send(body.expose_secret()).map_err(|error| HookError(words(&error)))?;
        match response.status().as_u16() {
            200 => {
                let read = response.body_mut().with_config().limit(LONGEST).read_to_vec();
                let read = read.map_err(|error| HookError(words(&error)))?;
                let response: Response = serde_json::from_slice(&read)
                    .map_err(|_| HookError("responded with 200 and no JSON object with a `status`".to_owned()))?;
                Ok(response.status == "password_match")
            }
            // Kratos knows the second only. A service without it in mind says the first.
            401 | 403 => Ok(false),
            status => Err(HookError(format!("responded with {status}"))),
        }
    }
}

fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "did not respond in time".to_owned(),
        ureq::Error::Io(error) => format!("cannot be reached: {}", error.kind()),
        ureq::Error::HostNotFound => "cannot be reached: its host is unknown".to_owned(),
        ureq::Error::ConnectionFailed => "cannot be reached".to_owned(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "cannot be reached over TLS".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => "responded with too much text".to_owned(),
        _ => "did not respond as HTTP demands".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::{HookError, PasswordHook};

    /// A service that gives one response, and what it was sent: the head and the body.
    fn responding(response: &'static str) -> (PasswordHook, thread::JoinHandle<(String, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://name:canary@{}/hook", listener.local_addr().unwrap());
        let service = thread::spawn(move || {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                stream.read_line(&mut head).unwrap();
            }
            for line in head.to_lowercase().lines() {
                length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            if response.is_empty() {
                // Until the client hangs up.
                let _ = stream.read(&mut [0]);
            }
            // The client may have heard enough.
            let _ = stream.get_mut().write_all(response.as_bytes());
            (head, String::from_utf8(body).unwrap())
        });
        (PasswordHook::new(url.into(), Duration::from_millis(300)), service)
    }

    fn asked(response: &'static str) -> (Result<bool, HookError>, String, String) {
        let (hook, service) = responding(response);
        let matches = hook.matches("alice@example.com", &"three \"lamps\"".to_owned().into());
        let (head, body) = service.join().unwrap();
        (matches, head, body)
    }

    #[test]
    fn the_service_is_asked_as_kratos_asks() {
        let (matches, head, body) =
            asked("HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"status\":\"password_match\"}");
        assert_eq!(matches, Ok(true));
        assert_eq!(body, r#"{"identifier":"alice@example.com","password":"three \"lamps\""}"#);
        let head = head.to_lowercase();
        assert!(head.starts_with("post /hook http/1.1\r\n") && head.contains("\r\ncontent-type: application/json\r\n"));
        assert!(head.contains("\r\nauthorization: basic bmftztpjyw5hcnk=\r\n"), "{head}");
    }

    #[test]
    fn only_a_clear_word_is_a_wrong_password() {
        for response in [
            "HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{\"status\":\"password_no_match\",\"\":0}",
            "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"status\":\"\"}",
            "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        ] {
            let length = response.split_once("\r\n\r\n").unwrap().1.len();
            let response = response.replace("content-length: 31", &format!("content-length: {length}"));
            assert_eq!(asked(response.leak()).0, Ok(false));
        }
        let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", "a".repeat(100_000)).leak();
        for (response, words) in [
            ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "responded with 500"),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "responded with 404"),
            ("HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "responded with 307"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue",
                "responded with 200 and no JSON object with a `status`",
            ),
            (&*long, "responded with too much text"),
            ("", "did not respond in time"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "did not respond as HTTP demands"),
        ] {
            let error = asked(response).0.unwrap_err().to_string();
            assert_eq!(error, format!("the password hook {words}"));
        }
        let hook = PasswordHook::new("http://127.0.0.1:1/canary".to_owned().into(), Duration::from_secs(2));
        let error = hook.matches("alice@example.com", &"canary".to_owned().into()).unwrap_err().to_string();
        assert!(error.starts_with("the password hook cannot be reached") && !error.contains("canary"), "{error}");
        assert!(!format!("{hook:?}").contains("canary"));
    }
}
