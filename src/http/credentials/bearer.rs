//! The header `Authorization: Bearer` (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::http::wire::problem::Problem;
use crate::http::wire::problems::MALFORMED_REQUEST;

/// The Bearer value. `None` without the header, with another scheme, or with an empty value.
///
/// # Errors
/// 400 for two such headers.
pub fn bearer_value(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    match headers.get_all(AUTHORIZATION).count() {
        0 | 1 => Ok(bearer_values(headers).next()),
        _ => Err((&MALFORMED_REQUEST).into()),
    }
}

/// Every Bearer value.
pub fn bearer_values(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(AUTHORIZATION).filter_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(7)?;
        let token = token.trim_ascii();
        (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    use super::bearer_value;

    #[test]
    fn the_scheme_is_known_in_any_case_and_others_are_not_ours() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            bearer_value(&headers).unwrap().map(<[u8]>::to_vec)
        };
        assert_eq!(read("Bearer abc").as_deref(), Some(&b"abc"[..]));
        assert_eq!(read("bEARER  abc ").as_deref(), Some(&b"abc"[..]));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("Bearer"), None);
        assert_eq!(read("Bearer "), None);
        assert_eq!(read("Bearerabc"), None);
    }
}
