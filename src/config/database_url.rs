//! Whether a text can be the URL of a database. Only connecting shows whether a database is there.

/// What it must be, after its name. An error never quotes the given text, because that may contain a password.
pub const DATABASE_URL_SHAPE: &str = "must look like postgres://user:password@host:5432/database; in the password write @ \
                                      as %40, : as %3A, / as %2F and % as %25";

/// An unambiguous libpq URI, or the other form that libpq accepts, `name=value …`. If an `@` or `/` of a password is not
/// percent-encoded, libpq takes what follows for a host, and its error messages quote that.
pub(super) fn is_plausible(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return url.contains('=') && !url.contains("://");
    };
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let hosts = match authority.split_once('@') {
        Some((_, hosts)) => hosts,
        None => authority,
    };
    !hosts.contains('@') && !database.contains(['@', '/']) && is_decodable(rest) && hosts.split(',').all(is_host)
}

fn is_decodable(text: &str) -> bool {
    text.split('%').skip(1).all(|after| after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit()))
}

/// With or without a port. An IPv6 address is in brackets.
fn is_host(host: &str) -> bool {
    let port = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(_, after)| after),
        None => Some(host.find(':').map_or("", |at| &host[at..])),
    };
    port.is_some_and(|port| port.is_empty() || port == ":" || port[1..].parse::<u16>().is_ok() && port.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::is_plausible;

    #[test]
    fn both_forms_of_libpq_pass() {
        for right in [
            "postgres:///db",
            "postgres://",
            "postgresql://u@h/db",
            "postgres://u:p%40s%2Fs@h:5432/db?sslmode=require&options=-c%20x",
            "postgres://u:p:q@h/db",
            "postgres://u@[::1]:5432/db",
            "postgres://u@a:1,b:2/db?target_session_attrs=read-write",
            "postgresql://heirloom@/heirloom?host=%2Frun%2Fpostgresql",
            "host=/run/postgresql dbname=db password='a@b/c'",
            "service=heirloom",
        ] {
            assert!(is_plausible(right), "{right}");
        }
    }

    #[test]
    fn text_that_libpq_rejects_or_misreads_does_not_pass() {
        for wrong in [
            "nonsense",
            "//db",
            "postgres:/db",
            "mysql://u:p@h/db?a=b",
            "postgres://u:p@h:port/db",
            "postgres://u:p@h:65536/db",
            "postgres://u:p%im@h/db",
            "postgres://u:p%4",
            "postgres://u:p@ss@h/db",
            "postgres://u:a@SECRET/b@h:5432/db",
            "postgres://u:a/b@h/db",
            "postgres://u@[::1/db",
        ] {
            assert!(!is_plausible(wrong), "{wrong}");
        }
    }
}
