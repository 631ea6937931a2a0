//! An answer as a client sees it, and what all answers have to keep to.

use serde_json::Value;
use ureq::http::{HeaderMap, Response};

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// Reads an answer, and checks what holds for every one of them.
    pub fn read(mut response: Response<ureq::Body>) -> Self {
        let bytes = response.body_mut().with_config().limit(1 << 24).read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let answer = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        };
        answer.keeps_the_contract();
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("no code")
    }

    /// Status and code at once, for comparing.
    pub fn verdict(&self) -> (u16, &str) {
        (self.status, if self.status < 400 { "" } else { self.code() })
    }

    /// Of an answer that says that there were too many attempts: when to come back, in seconds.
    pub fn retry_after(&self) -> u64 {
        assert_eq!(self.verdict(), (429, "too_many_attempts"), "{self:?}");
        self.header("retry-after").unwrap().parse().unwrap()
    }

    pub fn access_token(&self) -> &str {
        self.json["access_token"].as_str().expect("a token answer")
    }

    /// The whole `Set-Cookie` of the refresh cookie, whatever the prefix of its name.
    pub fn refresh_cookie(&self) -> Option<String> {
        self.cookie_ending_in("heirloom_refresh")
    }

    /// The whole `Set-Cookie` of the cookie by which a browser is known that has logged in before.
    pub fn device_cookie(&self) -> Option<String> {
        self.cookie_ending_in("heirloom_device")
    }

    fn cookie_ending_in(&self, name: &str) -> Option<String> {
        self.set_cookies()
            .find(|cookie| cookie.split('=').next().is_some_and(|set| set.ends_with(name)))
            .map(str::to_owned)
    }

    /// The whole `Set-Cookie` of the cookie `name`.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        self.set_cookies().find(|cookie| cookie.split_once('=').is_some_and(|(set, _)| set == name)).map(str::to_owned)
    }

    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap())
    }

    pub fn clears_the_cookie(&self) -> bool {
        self.refresh_cookie().is_some_and(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0"))
    }

    fn keeps_the_contract(&self) {
        assert!(self.headers.contains_key("x-request-id"), "{self:?}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        assert!(self.headers.contains_key("content-security-policy"), "{self:?}");
        assert!(!self.headers.contains_key("server"), "{self:?}");
        if self.headers.contains_key("set-cookie") || self.json["access_token"].is_string() {
            assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        }
        let mut names: Vec<&str> = self.set_cookies().filter_map(|cookie| Some(cookie.split_once('=')?.0)).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|one, next| one < next), "two Set-Cookie of one name: {self:?}");
        if self.status == 401 {
            let challenge = self.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{self:?}");
            let is_missing =
                if self.text.is_empty() { challenge == "Bearer" } else { self.code().ends_with("_missing") };
            assert_eq!(challenge == "Bearer", is_missing, "{self:?}");
        }
        if [429, 503].contains(&self.status) {
            assert!(self.headers.contains_key("retry-after"), "{self:?}");
            assert_eq!(self.set_cookies().count(), 0, "a cookie is touched: {self:?}");
        }
        if self.status >= 400 && self.header("content-type") != Some("application/json") && !self.text.is_empty() {
            self.is_a_problem();
        }
    }

    fn is_a_problem(&self) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let text = |name: &str| self.json[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert_eq!(self.json["status"], self.status, "{self:?}");
        assert_eq!(text("type"), format!("urn:heirloom:problem:{}", text("code")));
        assert_eq!(Some(text("instance")), self.header("x-request-id"));
        assert!(!text("title").is_empty() && text("detail").ends_with(['.', '`']), "{self:?}");
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}\n{}", self.status, self.headers, self.text)
    }
}
