//! Our cookies. They are read from the bytes of the header: readers that percent-decode or trim names let
//! `%5F%5FHost-…` pass for `__Host-…`, and with it a cookie that a sibling domain has planted.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use cookie::{Cookie, CookieBuilder};

use crate::domain::policy::{CookiePolicy, SameSite};

/// What a request's cookies hold under one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Presented<'a> {
    Nothing,
    One(&'a [u8]),
    /// Two cookies of one name: one of them is planted, and nothing tells which.
    Several,
}

/// One cookie's names, by how well browsers guard them.
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
    pub(super) fn refresh_name(&self) -> &'static str {
        self.name(&REFRESH)
    }

    /// The name of the cookie by which a browser is known that has logged in before.
    pub(super) fn device_name(&self) -> &'static str {
        self.name(&DEVICE)
    }

    /// The access cookie's name, where there is one: without the setting such a cookie is nobody's credential.
    pub(super) fn access_name(&self) -> Option<&'static str> {
        self.with_access_token.then(|| self.name(&ACCESS))
    }

    /// A `Set-Cookie` that gives a browser its refresh token for `max_age` seconds.
    pub(super) fn set_refresh(&self, token: &str, max_age: i64) -> HeaderValue {
        self.header(self.hidden(&REFRESH, token), max_age)
    }

    /// A `Set-Cookie` that gives a browser its access token for `max_age` seconds.
    pub(super) fn set_access(&self, token: &str, max_age: i64) -> HeaderValue {
        self.header(self.hidden(&ACCESS, token), max_age)
    }

    /// A `Set-Cookie` that gives a page the value to repeat, for `max_age` seconds.
    pub(super) fn set_csrf(&self, value: &str, max_age: i64) -> HeaderValue {
        self.header(self.readable(value), max_age)
    }

    /// A `Set-Cookie` by which a browser is known again for `max_age` seconds.
    pub(super) fn set_device(&self, value: &str, max_age: i64) -> HeaderValue {
        self.header(self.hidden(&DEVICE, value), max_age)
    }

    /// Takes every cookie of a session away again.
    pub(super) fn clear(&self, response: &mut HttpResponseBuilder) {
        response.append_header((SET_COOKIE, self.set_refresh("", 0)));
        if self.with_access_token {
            response.append_header((SET_COOKIE, self.set_access("", 0)));
            response.append_header((SET_COOKIE, self.set_csrf("", 0)));
        }
    }

    /// Browsers hold what the prefix promises (draft-ietf-httpbis-rfc6265bis §4.1.3).
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

    /// The CSRF cookie. A page reads only cookies of its own path, and pages rarely live below the one that the
    /// credentials are confined to.
    fn readable<'a>(&self, value: &'a str) -> CookieBuilder<'a> {
        Cookie::build((self.name(&CSRF), value)).path("/")
    }

    fn header(&self, cookie: CookieBuilder<'_>, max_age: i64) -> HeaderValue {
        let same_site = match self.same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        };
        let mut cookie =
            cookie.secure(!self.is_insecure).same_site(same_site).max_age(time::Duration::seconds(max_age));
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain.clone());
        }
        let header = HeaderValue::from_str(&cookie.build().to_string());
        header.expect("a token is base64url with dots, and path and domain were checked at start")
    }
}

/// The values of the cookies `name`, byte by byte, over all `Cookie` headers.
pub(super) fn find_all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|&byte| byte == b';'));
    pairs.filter_map(move |pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (trim(&pair[..at]), trim(&pair[at + 1..]));
        (key == name.as_bytes() && !value.is_empty()).then_some(value)
    })
}

/// The value of the cookie `name`.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Presented<'a> {
    let mut values = find_all(headers, name);
    match (values.next(), values.next()) {
        (None, _) => Presented::Nothing,
        (Some(value), None) => Presented::One(value),
        (Some(_), Some(_)) => Presented::Several,
    }
}

/// Only what the cookie specification calls white space.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

    use super::{CookiePolicy, Presented, SameSite, find};

    const NAME: &str = "__Host-heirloom_refresh";

    fn sent(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_genuine_cookie_is_found_among_others_and_over_several_headers() {
        let headers = sent(&[b"a=1; __Host-heirloom_refresh=good;b=2"]);
        assert_eq!(find(&headers, NAME), Presented::One(b"good"));
        let headers = sent(&[b"a=1", b"\t__Host-heirloom_refresh = good "]);
        assert_eq!(find(&headers, NAME), Presented::One(b"good"));
        assert_eq!(find(&sent(&[]), NAME), Presented::Nothing);
        assert_eq!(find(&sent(&[b"__Host-heirloom_refresh=; x"]), NAME), Presented::Nothing);
    }

    #[test]
    fn look_alikes_are_other_cookies_before_and_behind_the_genuine_one() {
        for look_alike in [
            &b"%5F%5FHost-heirloom_refresh=evil"[..],
            b"__host-heirloom_refresh=evil",
            "\u{2000}__Host-heirloom_refresh=evil".as_bytes(),
            "__Host-heirloom_refresh\u{a0}=evil".as_bytes(),
            b"\x85__Host-heirloom_refresh=evil",
            b"__Host-heirloom_refresh2=evil",
            b"\xff\xfe=evil",
        ] {
            assert_eq!(find(&sent(&[look_alike]), NAME), Presented::Nothing, "{look_alike:?}");
            let genuine = b"__Host-heirloom_refresh=good";
            assert_eq!(find(&sent(&[look_alike, genuine]), NAME), Presented::One(b"good"));
            assert_eq!(find(&sent(&[&[&genuine[..], b"; ", look_alike].concat()]), NAME), Presented::One(b"good"));
        }
    }

    #[test]
    fn two_of_one_name_are_not_chosen_between() {
        let doubled = b"__Host-heirloom_refresh=good; __Host-heirloom_refresh=good";
        assert_eq!(find(&sent(&[doubled]), NAME), Presented::Several);
        assert_eq!(
            find(&sent(&[b"__Host-heirloom_refresh=a", b"__Host-heirloom_refresh=b"]), NAME),
            Presented::Several
        );
    }

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
            policy.set_refresh("hl_x", 60),
            "__Host-heirloom_refresh=hl_x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            policy.set_access("e.y.J", 60),
            "__Host-heirloom_access=e.y.J; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(policy.set_csrf("x", 60), "__Host-heirloom_csrf=x; SameSite=Strict; Secure; Path=/; Max-Age=60");
        assert_eq!(
            policy.set_device("x", 60),
            "__Host-heirloom_device=x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        policy.path = "/auth".into();
        policy.same_site = SameSite::None;
        assert_eq!(
            policy.set_refresh("hl_x", 60),
            "__Secure-heirloom_refresh=hl_x; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        assert_eq!(
            policy.set_access("e.y.J", 60),
            "__Secure-heirloom_access=e.y.J; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        assert_eq!(
            policy.set_csrf("x", 60),
            "__Secure-heirloom_csrf=x; SameSite=None; Secure; Path=/; Max-Age=60",
            "a page outside /auth has to read it"
        );
        assert_eq!(
            policy.set_device("x", 60),
            "__Secure-heirloom_device=x; HttpOnly; SameSite=None; Secure; Path=/auth; Max-Age=60"
        );
        policy.domain = Some("example.com".into());
        assert!(cleared(&policy).iter().all(|cookie| cookie.contains("Domain=example.com")));
        policy.is_insecure = true;
        assert_eq!(policy.device_name(), "heirloom_device");
        assert_eq!((policy.refresh_name(), policy.access_name()), ("heirloom_refresh", Some("heirloom_access")));
        assert!(policy.set_csrf("x", 60).to_str().unwrap().starts_with("heirloom_csrf=x; SameSite=None; Path=/;"));
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
