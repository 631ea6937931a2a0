//! Variables that look like settings but are none. A misspelt name would leave a default in force unnoticed.

use clap::Command;

use super::aliases::former_variables;

const PREFIX: &str = "HEIRLOOM_";

/// The names of the variables that start with our prefix and belong to none of the settings, sorted.
pub(super) fn unknown_among(variables: impl Iterator<Item = (String, String)>, settings: &Command) -> Vec<String> {
    let is_known = |name: &String| {
        settings.get_arguments().any(|setting| {
            setting.get_env().is_some_and(|variable| variable == name.as_str())
                || former_variables(setting).contains(name)
        })
    };
    let is_unknown =
        |(name, value): &(String, String)| name.starts_with(PREFIX) && !is_known(name) && !is_service_link(name, value);
    let mut unknown: Vec<String> = variables.filter(is_unknown).map(|(name, _)| name).collect();
    unknown.sort();
    unknown
}

/// Whether Kubernetes, or Docker with `--link`, sets this variable for a service whose name starts with ours.
fn is_service_link(name: &str, value: &str) -> bool {
    const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
    let is_address = || PROTOCOLS.iter().any(|protocol| value.starts_with(&format!("{}://", protocol.to_lowercase())));
    let is_of_port = |rest: &str| {
        let (port, of_port) = rest.split_once('_').unwrap_or((rest, ""));
        let (protocol, part) = of_port.split_once('_').unwrap_or((of_port, ""));
        port.parse::<u16>().is_ok() && PROTOCOLS.contains(&protocol) && ["", "PROTO", "PORT", "ADDR"].contains(&part)
    };
    let name = name.strip_prefix("HEIRLOOM").unwrap_or_default();
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.ends_with("_PORT") && is_address()
        || name.match_indices("_PORT_").any(|(at, found)| is_of_port(&name[at + found.len()..]))
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::{is_service_link, unknown_among};

    #[test]
    fn names_with_our_prefix_that_are_neither_present_nor_former_names_are_reported() {
        let workers = Arg::new("workers").long("workers").alias("lanes").env("HEIRLOOM_WORKERS");
        let settings = Command::new("settings").arg(workers).arg(Arg::new("url").long("url").env("DATABASE_URL"));
        let names = [
            "PATH",
            "DATABASE_URL",
            "HEIRLOOM_WORKERS",
            "HEIRLOOM_LANES",
            "HEIRLOOM_SECRETS",
            "HEIRLOOM_ACCES_TOKEN_TTL",
            "MY_HEIRLOOM_X",
        ];
        let unknown = unknown_among(names.into_iter().map(|name| (name.to_owned(), "1".to_owned())), &settings);
        assert_eq!(unknown, ["HEIRLOOM_ACCES_TOKEN_TTL", "HEIRLOOM_SECRETS"]);
    }

    #[test]
    fn variables_of_kubernetes_about_services_are_no_misspelt_settings() {
        for (name, value, is_link) in [
            ("HEIRLOOM_SERVICE_HOST", "10.0.0.1", true),
            ("HEIRLOOM_SERVICE_PORT", "8080", true),
            ("HEIRLOOM_SERVICE_PORT_HTTP", "8080", true),
            ("HEIRLOOM_PORT", "tcp://10.0.0.1:8080", true),
            ("HEIRLOOM_APP_PORT", "udp://10.0.0.1:8080", true),
            ("HEIRLOOM_APP_PORT_8080_TCP", "tcp://10.0.0.1:8080", true),
            ("HEIRLOOM_PORT_8080_TCP_PROTO", "tcp", true),
            ("HEIRLOOM_PORT_9090_UDP_ADDR", "10.0.0.1", true),
            ("HEIRLOOM_PORT", "8080", false),
            ("HEIRLOOM_BIND_PORT", "8080", false),
            ("HEIRLOOM_SERVICE", "x", false),
            ("HEIRLOOM_PORT_HTTP_TCP", "x", false),
            ("HEIRLOOM_PORT_8080_TCP_NAME", "x", false),
        ] {
            assert_eq!(is_service_link(name, value), is_link, "{name}={value}");
        }
    }
}
