//! The cookies that this server sets.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use cookie::{Cookie, CookieBuilder};

use crate::domain::policy::{CookiePolicy, SameSite};

/// Marks a response that sets a refresh cookie.
#[derive(Clone, Copy)]
pub struct SetsRefreshCookie;

/// The names of one cookie. Browsers guard those with a prefix.
struct Names {
    host: &'static str,
    secure: &'static str,
    insecure: &'static str,
}

const REFRESH: Names =
    Names { host: "__Host-heirloom_refresh", secure: "__Secure-heirloom_refresh", insecure: "heirloom_refresh" };

const ACCESS: Names =
    Names { host: "__Host-heirloom_access", secure: "__Secure-heirloom_access", insecure: "heirloom_access" };

const DEVICE: Names =
    Names { host: "__Host-heirloom_device", secure: "__Secure-heirloom_device", insecure: "heirloom_device" };

const CSRF: Names = Names { host: "__Host-heirloom_csrf", secure: "__Secure-heirloom_csrf", insecure: "heirloom_csrf" };

impl CookiePolicy {
    /// The refresh cookie's name.
    pub(crate) fn refresh_name(&self) -> &'static str {
        self.name(&REFRESH)
    }

    /// The device cookie's name.
    pub(crate) fn device_name(&self) -> &'static str {
        self.name(&DEVICE)
    }

    /// The access cookie's name. `None` if the server does not set one: then such a cookie is no credential.
    pub(crate) fn access_name(&self) -> Option<&'static str> {
        self.with_access_token.then(|| self.name(&ACCESS))
    }

    /// A `Set-Cookie` with the refresh token, for `max_age` seconds or until the browser is closed.
    pub(crate) fn set_refresh(&self, token: &str, max_age: Option<i64>) -> HeaderValue {
        self.header(self.hidden(&REFRESH, token), max_age)
    }

    /// A `Set-Cookie` with the access token, for `max_age` seconds or until the browser is closed.
    pub(crate) fn set_access(&self, token: &str, max_age: Option<i64>) -> HeaderValue {
        self.header(self.hidden(&ACCESS, token), max_age)
    }

    /// A `Set-Cookie` with the CSRF value that pages repeat, for `max_age` seconds or until the browser is closed.
    pub(crate) fn set_csrf(&self, value: &str, max_age: Option<i64>) -> HeaderValue {
        self.header(self.readable(value), max_age)
    }

    /// A `Set-Cookie` with the device's proof, for `max_age` seconds or until the browser is closed.
    pub(crate) fn set_device(&self, value: &str, max_age: Option<i64>) -> HeaderValue {
        self.header(self.hidden(&DEVICE, value), max_age)
    }

    /// Clears every cookie of a session.
    pub(crate) fn clear(&self, response: &mut HttpResponseBuilder) {
        response.append_header((SET_COOKIE, self.set_refresh("", Some(0))));
        if self.with_access_token {
            response.append_header((SET_COOKIE, self.set_access("", Some(0))));
            response.append_header((SET_COOKIE, self.set_csrf("", Some(0))));
        }
    }

    /// Browsers enforce what the prefix promises (draft-ietf-httpbis-rfc6265bis §4.1.3).
    fn name(&self, names: &Names) -> &'static str {
        if self.is_insecure {
            names.insecure
        } else if self.path == "/" && self.domain.is_none() {
            names.host
        } else {
            names.secure
        }
    }

    /// A cookie that scripts cannot read.
    fn hidden<'a>(&'a self, names: &Names, value: &'a str) -> CookieBuilder<'a> {
        Cookie::build((self.name(names), value)).http_only(true).path(self.path.as_str())
    }

    /// The CSRF cookie. A page reads only the cookies of its own path, and pages are rarely below the path of the other
    /// cookies.
    fn readable<'a>(&self, value: &'a str) -> CookieBuilder<'a> {
        Cookie::build((self.name(&CSRF), value)).path("/")
    }

    fn header(&self, cookie: CookieBuilder<'_>, max_age: Option<i64>) -> HeaderValue {
        let same_site = match self.same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        };
        let mut cookie = cookie.secure(!self.is_insecure).same_site(same_site);
        if let Some(max_age) = max_age {
            cookie = cookie.max_age(time::Duration::seconds(max_age));
        }
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain.clone());
        }
        let header = HeaderValue::from_str(&cookie.build().to_string());
        header.expect("a token is base64url with dots, and path and domain were checked at start")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::http::header::SET_COOKIE;

    use super::{CookiePolicy, SameSite};

    fn policy() -> CookiePolicy {
        CookiePolicy { with_access_token: true, ..CookiePolicy::default() }
    }

    fn cleared(policy: &CookiePolicy) -> Vec<String> {
        let mut response = HttpResponse::Ok();
        policy.clear(&mut response);
        let response = response.finish();
        response.headers().get_all(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn attributes_and_prefix_follow_the_policy() {
        let mut policy = policy();
        assert_eq!(
            policy.set_refresh("hl_x", Some(60)),
            "__Host-heirloom_refresh=hl_x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            policy.set_access("e.y.J", Some(60)),
            "__Host-heirloom_access=e.y.J; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            policy.set_csrf("x", Some(60)),
            "__Host-heirloom_csrf=x; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            policy.set_device("x", Some(60)),
            "__Host-heirloom_device=x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            policy.set_refresh("hl_x", None),
            "__Host-heirloom_refresh=hl_x; HttpOnly; SameSite=Strict; Secure; Path=/"
        );
        policy.path = "/auth".into();
        policy.same_site = SameSite::None;
        assert_eq!(
            policy.set_refresh("hl_x", Some(60)),
            "__Secure-heirloom_refresh=hl_x; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        assert_eq!(
            policy.set_access("e.y.J", Some(60)),
            "__Secure-heirloom_access=e.y.J; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        assert_eq!(
            policy.set_csrf("x", Some(60)),
            "__Secure-heirloom_csrf=x; SameSite=None; Secure; Path=/; Max-Age=60",
            "a page outside /auth must be able to read it"
        );
        assert_eq!(
            policy.set_device("x", Some(60)),
            "__Secure-heirloom_device=x; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        policy.domain = Some("example.com".into());
        assert!(cleared(&policy).iter().all(|cookie| cookie.contains("Domain=example.com")));
        policy.is_insecure = true;
        assert_eq!(policy.device_name(), "heirloom_device");
        assert_eq!((policy.refresh_name(), policy.access_name()), ("heirloom_refresh", Some("heirloom_access")));
        assert!(
            policy.set_csrf("x", Some(60)).to_str().unwrap().starts_with("heirloom_csrf=x; SameSite=None; Path=/;")
        );
    }

    #[test]
    fn what_is_set_is_cleared_with_the_same_attributes() {
        let mut policy = policy();
        let refresh = "__Host-heirloom_refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
        let access = "__Host-heirloom_access=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
        let csrf = "__Host-heirloom_csrf=; SameSite=Strict; Secure; Path=/; Max-Age=0";
        assert_eq!(cleared(&policy), [refresh, access, csrf]);
        policy.with_access_token = false;
        assert_eq!(cleared(&policy), [refresh]);
        assert_eq!(policy.access_name(), None);
    }
}
