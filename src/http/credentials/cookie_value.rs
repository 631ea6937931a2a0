//! Reads cookies from the bytes of the header. Parsers that percent-decode or trim names accept `%5F%5FHost-…` as
//! `__Host-…`, and so a cookie that a sibling domain has planted.

use actix_web::http::header::{COOKIE, HeaderMap};

/// What the cookies of one name hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CookieValue<'a> {
    Missing,
    One(&'a [u8]),
    /// One of them is planted, and it is unknown which.
    Several,
}

/// The values of all cookies `name`, over all `Cookie` headers.
pub fn find_all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|&byte| byte == b';'));
    pairs.filter_map(move |pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (trim(&pair[..at]), trim(&pair[at + 1..]));
        (key == name.as_bytes() && !value.is_empty()).then_some(value)
    })
}

/// The value of the cookie `name`.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> CookieValue<'a> {
    let mut values = find_all(headers, name);
    match (values.next(), values.next()) {
        (None, _) => CookieValue::Missing,
        (Some(value), None) => CookieValue::One(value),
        (Some(_), Some(_)) => CookieValue::Several,
    }
}

/// Trims only what RFC 6265bis calls white space.
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
    use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};

    use super::{CookieValue, find};

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
        assert_eq!(find(&headers, NAME), CookieValue::One(b"good"));
        let headers = sent(&[b"a=1", b"\t__Host-heirloom_refresh = good "]);
        assert_eq!(find(&headers, NAME), CookieValue::One(b"good"));
        assert_eq!(find(&sent(&[]), NAME), CookieValue::Missing);
        assert_eq!(find(&sent(&[b"__Host-heirloom_refresh=; x"]), NAME), CookieValue::Missing);
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
            assert_eq!(find(&sent(&[look_alike]), NAME), CookieValue::Missing, "{look_alike:?}");
            let genuine = b"__Host-heirloom_refresh=good";
            assert_eq!(find(&sent(&[look_alike, genuine]), NAME), CookieValue::One(b"good"));
            assert_eq!(find(&sent(&[&[&genuine[..], b"; ", look_alike].concat()]), NAME), CookieValue::One(b"good"));
        }
    }

    #[test]
    fn two_of_one_name_are_not_chosen_between() {
        let doubled = b"__Host-heirloom_refresh=good; __Host-heirloom_refresh=good";
        assert_eq!(find(&sent(&[doubled]), NAME), CookieValue::Several);
        assert_eq!(
            find(&sent(&[b"__Host-heirloom_refresh=a", b"__Host-heirloom_refresh=b"]), NAME),
            CookieValue::Several
        );
    }
}
