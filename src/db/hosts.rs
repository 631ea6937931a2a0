//! The hosts of a connection string, so that they can be tried at the same time. libpq tries one after the other: one that does
//! not respond delays the next for the whole `connect_timeout`, at every connection.

use super::connection_string::{is_uri, with_parameters, written};

/// One connection string for each host, if `url` names several and requires the one that can be written to. Otherwise the
/// order is the operator's choice and libpq's matter, and the only one is `url`.
pub(super) fn each_host(url: &str) -> Vec<String> {
    let split = Hosts::of(url).filter(|hosts| hosts.hosts.len() > 1 && hosts.needs_writes);
    split.and_then(|hosts| hosts.each(url)).unwrap_or_else(|| vec![url.to_owned()])
}

/// Whether a session that is read-only is not what `url` requires.
pub(super) fn needs_writes(url: &str) -> bool {
    Hosts::of(url).is_some_and(|hosts| hosts.needs_writes)
}

/// What concerns the host, as it is written in the string.
#[derive(Default)]
struct Hosts {
    hosts: Vec<String>,
    addresses: Vec<String>,
    ports: Vec<String>,
    needs_writes: bool,
}

impl Hosts {
    /// `None` if the string is not understood here.
    fn of(url: &str) -> Option<Self> {
        let mut hosts = Self::default();
        if is_uri(url) {
            let (place, query) = url.split_once('?').unwrap_or((url, ""));
            let (_, place) = place.split_once("://")?;
            let authority = place.split('/').next()?;
            let authority = authority.split_once('@').map_or(authority, |(_, hosts)| hosts);
            for host in authority.split(',') {
                let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                    Some((host, port)) => (host, port.strip_prefix(':').unwrap_or_default()),
                    None => host.split_once(':').unwrap_or((host, "")),
                };
                hosts.hosts.push(host.to_owned());
                hosts.ports.push(port.to_owned());
            }
            for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
                // An encoded comma separates hosts too.
                if value.contains("%2C") || value.contains("%2c") {
                    return None;
                }
                hosts.set(name, value);
            }
        } else {
            for (name, value) in keywords(url)? {
                hosts.set(&name, &value);
            }
        }
        Some(hosts)
    }

    fn set(&mut self, name: &str, value: &str) {
        let list = || value.split(',').map(str::to_owned).collect();
        match name {
            "host" => self.hosts = list(),
            "hostaddr" => self.addresses = list(),
            "port" => self.ports = list(),
            "target_session_attrs" => self.needs_writes = matches!(value, "read-write" | "primary"),
            _ => {}
        }
    }

    /// `None` if the numbers of hosts, addresses and ports do not match, which libpq objects to.
    fn each(&self, url: &str) -> Option<Vec<String>> {
        let is_uri = is_uri(url);
        let quoted = |text: &str| if is_uri { text.to_owned() } else { format!("'{}'", written(text, false)) };
        let of_host = |list: &[String], at: usize| match list {
            [] => Some(String::new()),
            [one] => Some(one.clone()),
            _ if list.len() == self.hosts.len() => list.get(at).cloned(),
            _ => None,
        };
        let one_host = |(at, host): (usize, &String)| {
            let (address, port) = (of_host(&self.addresses, at)?, of_host(&self.ports, at)?);
            let parameters = [("host", quoted(host)), ("hostaddr", quoted(&address)), ("port", quoted(&port))];
            Some(with_parameters(url, parameters.iter().map(|(name, value)| (*name, value.as_str()))))
        };
        self.hosts.iter().enumerate().map(one_host).collect()
    }
}

/// The names and values of a string that is no URI. `None` if libpq would refuse it.
fn keywords(url: &str) -> Option<Vec<(String, String)>> {
    let mut rest = url.trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (is_quoted, text) = after.strip_prefix('\'').map_or((false, after), |text| (true, text));
        let (mut value, mut end) = (String::new(), None);
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                '\'' if is_quoted => end = Some(at + 1),
                _ if !is_quoted && character.is_ascii_whitespace() => end = Some(at),
                _ => value.push(character),
            }
            if end.is_some() {
                break;
            }
        }
        if is_quoted && end.is_none() {
            return None;
        }
        found.push((name.trim().to_owned(), value));
        rest = text.get(end.unwrap_or(text.len())..)?.trim_start();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::connection_string::objection;
    use super::{each_host, needs_writes};

    #[test]
    fn each_host_has_its_own_string_if_the_one_with_writes_is_wanted() {
        for (url, expected) in [
            (
                "postgres://u:p@a,b:2/db?target_session_attrs=read-write",
                vec!["host=a&hostaddr=&port=", "host=b&hostaddr=&port=2"],
            ),
            (
                "postgresql://[::1]:1,b/?target_session_attrs=primary",
                vec!["host=::1&hostaddr=&port=1", "host=b&hostaddr=&port="],
            ),
            (
                "postgres:///db?host=%2Frun,b&port=5433&target_session_attrs=read-write",
                vec!["host=%2Frun&hostaddr=&port=5433", "host=b&hostaddr=&port=5433"],
            ),
            (
                "host=a,b port = '1,2' hostaddr=10.0.0.1,10.0.0.2 password='x\\' y' target_session_attrs=read-write",
                vec!["host='a'  hostaddr='10.0.0.1'  port='1'", "host='b'  hostaddr='10.0.0.2'  port='2'"],
            ),
        ] {
            let strings = each_host(url);
            assert_eq!(strings.len(), 2, "{url}");
            for (string, expected) in strings.iter().zip(expected) {
                assert!(string.starts_with(url) && string.ends_with(expected), "{string}");
                assert_eq!(objection(&string.as_str().into()), None, "{string}");
            }
            assert!(needs_writes(url));
        }
    }

    #[test]
    fn other_strings_stay_whole() {
        for url in [
            "postgres://a,b/db",
            "postgres://a,b/db?target_session_attrs=any",
            "postgres://a/db?target_session_attrs=read-write",
            "postgres:///db",
            "postgres://a,b,c:1/db?port=1,2&target_session_attrs=read-write",
            "postgres://h/db?host=a%2Cb&target_session_attrs=read-write",
            "host=a,b",
            "host=a,b target_session_attrs=read-write password='x",
            "service=s",
            "",
        ] {
            assert_eq!(each_host(url), [url]);
        }
    }
}
