//! The URL of the database, as far as it can be judged without libpq, which is its parser. Only connecting shows whether
//! a database is there.

use std::fmt::Write as _;

use secrecy::SecretString;

/// What it must be, after its name. An error never quotes the given text, because that may contain a password.
pub const DATABASE_URL_SHAPE: &str = "must look like postgres://user:password@host:5432/database; in the password write @ \
                                      as %40, : as %3A, / as %2F and % as %25";

/// What providers of databases add to a URL for other drivers, and what to do about it here. libpq would refuse it.
const FOR_OTHER_DRIVERS: &[(&str, &str)] = &[
    ("pgbouncer", "behind PgBouncer see HEIRLOOM_DATABASE_PREPARE and HEIRLOOM_DATABASE_LISTEN"),
    ("connection_limit", "HEIRLOOM_DATABASE_POOL sets the number of connections"),
    ("pool_timeout", ""),
    ("pool_size", "HEIRLOOM_DATABASE_POOL sets the number of connections"),
    ("schema", "for a schema other than public write options=-c%20search_path%3Dname"),
    ("socket_timeout", ""),
    ("sslaccept", "to check the server's certificate write sslmode=verify-full"),
    ("sslidentity", ""),
    ("statement_cache_size", ""),
    ("prepared_statement_cache_size", ""),
    ("supa", ""),
    ("uselibpqcompat", ""),
];

/// A URL that libpq reads as it is meant.
#[derive(Clone, Debug)]
pub(super) struct DatabaseUrl {
    /// Without the parameters for other drivers.
    pub url: SecretString,
    pub has_password: bool,
    /// A sentence for each parameter that was left out. It continues one that starts with the setting's name.
    pub ignored: Vec<String>,
}

/// A libpq URI, or the other form that libpq accepts, `name=value …`.
pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    let Some(parts) = Parts::of(text) else {
        if !text.contains('=') || text.contains("://") {
            return Err(DATABASE_URL_SHAPE.to_owned());
        }
        return Ok(DatabaseUrl { url: text.into(), has_password: text.contains("password"), ignored: Vec::new() });
    };
    if !parts.is_unambiguous() {
        return Err(DATABASE_URL_SHAPE.to_owned());
    }
    let advice = |name: &str| FOR_OTHER_DRIVERS.iter().find(|(known, _)| *known == name);
    let (ignored, kept): (Vec<_>, Vec<_>) = parts.parameters().partition(|(name, _)| advice(name).is_some());
    let ignored = ignored.iter().filter_map(|(name, _)| advice(name)).map(|(name, advice)| {
        let separator = if advice.is_empty() { "" } else { "; " };
        format!("has the parameter {name}, which is for other drivers and is ignored{separator}{advice}")
    });
    let ignored: Vec<String> = ignored.collect();
    let query = if ignored.is_empty() {
        parts.query.map(str::to_owned)
    } else {
        let kept: Vec<String> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(kept.join("&")).filter(|query| !query.is_empty())
    };
    Ok(DatabaseUrl { url: parts.with_query(query.as_deref()).into(), has_password: parts.has_password(), ignored })
}

/// A message of libpq about `url`, which it quotes, without anything that may be a part of a password.
pub fn without_values(message: &str, url: &str) -> String {
    let is_shown = |quoted: &str| match Parts::of(url) {
        Some(parts) => {
            let has_no_password = parts.query.is_some_and(|query| !query.contains('@'));
            let is_harmless = |(name, value): (&str, &str)| {
                name == quoted || value == quoted && !name.contains("password") && !value.is_empty()
            };
            has_no_password && (quoted.is_empty() || parts.parameters().any(is_harmless))
        }
        None => !url.contains("password"),
    };
    let mut shown = String::new();
    for (at, piece) in message.trim_end().split('"').enumerate() {
        let is_quoted = at % 2 == 1;
        match (is_quoted, is_shown(piece)) {
            (false, _) => shown.push_str(piece),
            // Writing to a text cannot fail.
            (true, true) => drop(write!(shown, "\"{piece}\"")),
            (true, false) => shown.push('…'),
        }
    }
    shown
}

/// A URI as libpq divides it: what comes before an `@` that comes before any `/` is the user, whatever it contains.
struct Parts<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    hosts: &'a str,
    database: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let scheme = ["postgres://", "postgresql://"].into_iter().find(|scheme| url.starts_with(scheme))?;
        let rest = &url[scheme.len()..];
        let (user, rest) = match rest.find(['@', '/']) {
            Some(at) if rest[at..].starts_with('@') => (Some(&rest[..at]), &rest[at + 1..]),
            _ => (None, rest),
        };
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
        Some(Self { scheme, user, hosts, database, query })
    }

    /// Whether nothing looks like the rest of a password. If an `@` or `/` of one is not percent-encoded, libpq takes
    /// what follows for a host, and its messages quote that.
    fn is_unambiguous(&self) -> bool {
        let before = [self.user.unwrap_or_default(), self.hosts, self.database];
        !self.hosts.contains('@')
            && !self.database.contains(['@', '/'])
            && before.into_iter().all(is_decodable)
            && self.hosts.split(',').all(is_host)
    }

    /// A parameter without `=` is libpq's to judge.
    fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let parameters = self.query.into_iter().flat_map(|query| query.split('&'));
        parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
    }

    fn has_password(&self) -> bool {
        let in_user = self.user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty());
        in_user || self.parameters().any(|(name, _)| name.contains("password"))
    }

    /// The only `?` is the one before the query.
    fn with_query(&self, query: Option<&str>) -> String {
        let mut url = self.scheme.to_owned();
        if let Some(user) = self.user {
            url.push_str(&user.replace('?', "%3F"));
            url.push('@');
        }
        url.push_str(self.hosts);
        if !self.database.is_empty() {
            url.push('/');
            url.push_str(self.database);
        }
        if let Some(query) = query {
            url.push('?');
            url.push_str(query);
        }
        url
    }
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
    use secrecy::ExposeSecret as _;

    use super::{database_url, without_values};

    #[test]
    fn both_forms_of_libpq_pass() {
        for right in [
            "postgres:///db",
            "postgres://",
            "postgresql://u@h/db",
            "postgres://u:p%40s%2Fs@h:5432/db?sslmode=require&options=-c%20x",
            "postgres://u:p:q@h/db",
            "postgres://u:p?q#&=@h/db",
            "postgres://u@[::1]:5432/db",
            "postgres://u@a:1,b:2/db?target_session_attrs=read-write",
            "postgresql://heirloom@/heirloom?host=%2Frun%2Fpostgresql",
            "host=/run/postgresql dbname=db password='a@b/c'",
            "service=heirloom",
        ] {
            assert!(database_url(right).is_ok(), "{right}");
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
            assert!(database_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parameters_for_other_drivers_are_left_out_and_named() {
        for (given, kept, ignored) in [
            ("postgres://u@h/db?pgbouncer=true", "postgres://u@h/db", &["pgbouncer"][..]),
            ("postgres://u@h?schema=a&sslmode=require&supa=b", "postgres://u@h?sslmode=require", &["schema", "supa"]),
            ("postgres://u:a?b@h/db?connection_limit=1", "postgres://u:a%3Fb@h/db", &["connection_limit"]),
            ("postgres://u@h/db?", "postgres://u@h/db?", &[]),
            ("postgres://u@h/db?pgbouncers=true", "postgres://u@h/db?pgbouncers=true", &[]),
        ] {
            let read = database_url(given).unwrap();
            assert_eq!(read.url.expose_secret(), kept);
            let named =
                |(sentence, name): (&String, &&str)| sentence.starts_with(&format!("has the parameter {name},"));
            assert!(read.ignored.len() == ignored.len() && read.ignored.iter().zip(ignored).all(named), "{read:?}");
        }
    }

    #[test]
    fn a_password_is_found_wherever_libpq_takes_it_from() {
        for (url, has_password) in [
            ("postgres://u@h/db", false),
            ("postgres://u:@h/db", false),
            ("postgres://u:p@h/db", true),
            ("postgres://h/db?password=p", true),
            ("host=h password=p", true),
            ("host=h passfile=/p", false),
        ] {
            assert_eq!(database_url(url).unwrap().has_password, has_password, "{url}");
        }
    }

    #[test]
    fn a_message_of_libpq_names_parameters_and_no_part_of_a_password() {
        let (unknown, query) = ("invalid URI query parameter: \"canary\"\n", "postgres://u:p@h/db?canary=1");
        assert_eq!(without_values(unknown, query), "invalid URI query parameter: \"canary\"");
        let mode = "invalid sslmode value: \"canary\"";
        assert_eq!(without_values(mode, "postgres://u:p@h/db?sslmode=canary"), mode);
        for (message, url) in [
            (unknown, "postgres://u:a?canary=1@h/db"),
            (unknown, "postgres://u:a/b?canary=1@h/db"),
            ("invalid percent-encoded token: \"canary\"", "postgres://u:p@h/db?password=canary"),
            ("missing \"=\" after \"canary\" in connection info string", "host=h password=the canary"),
            ("invalid port number: \"canary\"", "postgres://u:canary@h/db"),
        ] {
            assert!(!without_values(message, url).contains("canary"), "{url}");
        }
    }
}
