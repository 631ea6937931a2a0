//! Connection strings: adding parameters, and whether libpq can read one. It reads the whole string before it connects, so
//! a connection to an address that cannot exist shows what libpq objects to. Diesel has no other way to its parser.

use std::ffi::OsString;
use std::fmt::Write as _;

use diesel::Connection as _;
use diesel::pg::PgConnection;
use secrecy::{ExposeSecret as _, SecretString};

/// No address, and no directory of a socket.
const NOWHERE: &str = "/dev/null/heirloom";

/// What libpq objects to in `url`, in its own words, which may quote any part of `url`. `None` if it can read it. Nothing is
/// connected to.
pub fn objection(url: &SecretString) -> Option<String> {
    let message = PgConnection::establish(&to_nowhere(url.expose_secret())).err()?.to_string();
    (!message.contains(NOWHERE)).then(|| message.trim_end().to_owned())
}

/// The same string with another address.
fn to_nowhere(url: &str) -> String {
    with_parameters(url, [("host", NOWHERE), ("hostaddr", NOWHERE), ("port", "5432")])
}

/// `url` with further parameters, which override earlier ones. Their values need no quoting.
pub(super) fn with_parameters<'a>(url: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let is_uri = is_uri(url);
    let mut out = url.to_owned();
    for (name, value) in parameters {
        out.push_str(match is_uri {
            // libpq reads a query that is empty or ends with a separator, but no empty parameter.
            true if out.ends_with(['?', '&']) => "",
            true if out.contains('?') => "&",
            true => "?",
            // A backslash at the end would escape the first space.
            false => "  ",
        });
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

/// `url` with a setting that a session has from its start, beside those that the operator passes in `options` or in
/// `PGOPTIONS`, which the parameter would hide. `None` if that cannot be written without reading what libpq reads: the
/// options of a service, or those of a string of keywords.
pub(super) fn with_setting(url: &str, name: &str, value: &str, pgoptions: Option<OsString>) -> Option<String> {
    let is_uri = is_uri(url);
    if url.contains("service=") || (!is_uri && url.contains("options")) {
        return None;
    }
    let in_url = url.split(['?', '&']).filter_map(|parameter| parameter.strip_prefix("options=")).next_back();
    let others = match in_url {
        Some(encoded) if is_uri => encoded.to_owned(),
        _ => written(&pgoptions.map_or(Some(String::new()), |text| text.into_string().ok())?, is_uri),
    };
    let ours = written(&format!(" -c {name}={value}"), is_uri);
    let options = if is_uri { format!("{others}{ours}") } else { format!("'{others}{ours}'") };
    Some(with_parameters(url, [("options", options.as_str())]))
}

/// A value as either form of a connection string has it, without the quotes around it.
fn written(value: &str, is_uri: bool) -> String {
    if !is_uri {
        return value.replace('\\', "\\\\").replace('\'', "\\'");
    }
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        // Writing to a text cannot fail.
        let _ = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => write!(out, "{}", char::from(byte)),
            _ => write!(out, "%{byte:02X}"),
        };
    }
    out
}

fn is_uri(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

#[cfg(test)]
mod tests {
    use super::{objection, with_setting};

    fn said_of(url: &str) -> Option<String> {
        objection(&url.into())
    }

    #[test]
    fn what_libpq_reads_has_no_objection_and_nothing_is_connected_to() {
        for right in [
            "postgres:///db",
            "postgres://",
            "postgresql://u@h/db",
            "postgres://u@h/db?",
            "postgres://u@h/db?sslmode=require&",
            "postgres://u:p%40s%2Fs@h:5432/db?sslmode=require&options=-c%20x&gssencmode=require",
            "postgres://u@[::1]:5432/db",
            "postgres://u@a:1,b:2/db?target_session_attrs=read-write&hostaddr=127.0.0.1,127.0.0.2",
            "host=/run/postgresql dbname=db password='a@b/c'",
            "host=h dbname=a\\",
        ] {
            assert_eq!(said_of(right), None, "{right}");
        }
    }

    #[test]
    fn what_libpq_cannot_read_is_told_in_its_own_words() {
        for (wrong, said) in [
            ("postgres://u@h/db?pgbouncer=true", "invalid URI query parameter: \"pgbouncer\""),
            ("postgres://u@h/db?&sslmode=require", "missing key/value separator \"=\" in URI query parameter: \"\""),
            ("postgres://u@h/db?sslmode=no-verify", "invalid sslmode value: \"no-verify\""),
            ("host=h bouncer=1", "invalid connection option \"bouncer\""),
            ("host=h password='a", "unterminated quoted string in connection info string"),
            ("service=heirloom_that_is_nowhere", "definition of service \"heirloom_that_is_nowhere\" not found"),
        ] {
            assert!(said_of(wrong).is_some_and(|told| told.contains(said)), "{wrong}: {:?}", said_of(wrong));
        }
    }

    #[test]
    fn a_setting_joins_the_options_that_are_there() {
        let with = |url: &str, pgoptions: &str| {
            with_setting(url, "a", "off", Some(pgoptions).filter(|text| !text.is_empty()).map(Into::into))
        };
        for (url, pgoptions, expected) in [
            ("postgres://h/db", "", Some("postgres://h/db?options=%20-c%20a%3Doff")),
            ("postgres://h/db?options=-cb%3D1&sslmode=prefer", "-c c=2", {
                Some("postgres://h/db?options=-cb%3D1&sslmode=prefer&options=-cb%3D1%20-c%20a%3Doff")
            }),
            ("postgres://h/db?sslmode=prefer", "-c c='é'", {
                Some("postgres://h/db?sslmode=prefer&options=-c%20c%3D%27%C3%A9%27%20-c%20a%3Doff")
            }),
            ("host=h", "", Some("host=h  options=' -c a=off'")),
            ("host=h", "-c c='\\'", Some("host=h  options='-c c=\\'\\\\\\' -c a=off'")),
            ("host=h options='-c b=1'", "", None),
            ("service=s", "", None),
            ("postgres:///?service=s", "", None),
        ] {
            assert_eq!(with(url, pgoptions).as_deref(), expected, "{url}");
            assert_eq!(expected.and_then(said_of), None, "{url}");
        }
    }
}
