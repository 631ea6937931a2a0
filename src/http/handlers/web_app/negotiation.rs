//! What a client accepts of a file: encodings, and whether it already has the file.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};

use super::files::{ENCODINGS, Encoding, File};

/// The headers of a request for a file.
pub struct Negotiation(HttpRequest);

impl FromRequest for Negotiation {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl Negotiation {
    /// The smallest form of `file` that the client accepts, unless that is the plain one.
    pub fn best_encoding(&self, file: &File) -> Option<(Encoding, &'static File)> {
        best_encoding(self.0.headers(), file)
    }

    /// Whether the client has the file with this tag.
    pub fn is_known(&self, tag: &str) -> bool {
        is_known(self.0.headers(), tag)
    }
}

/// A weight of zero refuses an encoding (RFC 9110 §12.5.3).
fn best_encoding(headers: &HeaderMap, file: &File) -> Option<(Encoding, &'static File)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts = |encoding: &Encoding| {
        accepted.split(',').any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(encoding.name) && weight.is_none_or(|weight| weight > 0.0)
        })
    };
    ENCODINGS.into_iter().filter(accepts).find_map(|encoding| Some((encoding, file.encoded(encoding)?)))
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    known.map(|known| known.trim().trim_start_matches("W/").trim_matches('"')).any(|known| known == tag)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, IF_NONE_MATCH};

    use super::super::files::File;
    use super::{best_encoding, is_known};

    fn with(name: actix_web::http::header::HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_tag_is_known_among_others_weak_or_strong() {
        for sent in ["\"abc\"", "W/\"abc\"", "\"x\", W/\"abc\" ,\"y\""] {
            assert!(is_known(&with(IF_NONE_MATCH, sent), "abc"), "{sent}");
        }
        for sent in ["\"abcd\"", "\"x\",\"y\"", ""] {
            assert!(!is_known(&with(IF_NONE_MATCH, sent), "abc"), "{sent}");
        }
    }

    #[test]
    fn a_file_that_is_kept_in_no_other_encoding_is_sent_plain() {
        let file = File { name: "only-plain.js", tag: "", bytes: b"" };
        assert!(best_encoding(&with(ACCEPT_ENCODING, "gzip, br"), &file).is_none());
    }
}
