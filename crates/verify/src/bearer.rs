//! The header `Authorization: Bearer` (RFC 6750 §2.1).

use crate::refusal::Refusal;

/// The access token in the values of the headers `Authorization` of a request.
///
/// # Errors
/// [`Refusal::Missing`] without a Bearer value, [`Refusal::Malformed`] with two headers, [`Refusal::Invalid`] for bytes that
/// no token has.
pub fn token_of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a str, Refusal> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Refusal::Malformed);
    }
    let (scheme, token) = value.split_at_checked(7).ok_or(Refusal::Missing)?;
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(b"bearer ") || token.is_empty() {
        return Err(Refusal::Missing);
    }
    std::str::from_utf8(token).map_err(|_| Refusal::Invalid)
}

#[cfg(test)]
mod tests {
    use super::{Refusal, token_of};

    #[test]
    fn the_scheme_is_known_in_any_case_and_others_are_not_ours() {
        let of = |value: &'static [u8]| token_of([value]);
        assert_eq!(of(b"Bearer abc"), Ok("abc"));
        assert_eq!(of(b"bEARER  abc "), Ok("abc"));
        for other in [&b""[..], b"Bearer", b"Bearer ", b"Bearerabc", b"Basic abc"] {
            assert_eq!(of(other), Err(Refusal::Missing));
        }
        assert_eq!(token_of([]), Err(Refusal::Missing));
        assert_eq!(token_of([&b"Bearer a"[..], b"Bearer b"]), Err(Refusal::Malformed));
        assert_eq!(of(b"Bearer \xff"), Err(Refusal::Invalid));
    }
}
