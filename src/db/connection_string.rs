//! Connection strings: adding parameters, and whether libpq can read one. It reads the whole string before it connects, so
//! a connection to an address that cannot exist shows what libpq objects to. Diesel has no other way to its parser.

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
    let is_uri = url.starts_with("postgres://") || url.starts_with("postgresql://");
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

#[cfg(test)]
mod tests {
    use super::objection;

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
}
