//! Refuses requests to the admin address that name an unknown host. A page of another site can make its own name resolve to
//! this address (DNS rebinding), and a browser would then let it read the metrics. Such requests have that name in `Host`.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::middleware::Next;

use crate::http::state::HttpState;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_kind::{Challenge, Kind};

/// Not among the problems of the public API, which its document lists.
static MISDIRECTED_REQUEST: Kind = Kind {
    status: StatusCode::MISDIRECTED_REQUEST,
    code: "misdirected_request",
    title: "Misdirected request",
    detail: "The Host header names an unknown host. Use an address, or name the host in HEIRLOOM_ADMIN_HOSTS.",
    challenge: Challenge::None,
    retry_after: None,
};

/// The middleware.
pub async fn refuse(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let hosts = &HttpState::of(request.request()).options.admin_hosts;
    if is_known(request.headers(), hosts) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    tracing::warn!("Refused a request to the admin address for a host that is not in HEIRLOOM_ADMIN_HOSTS");
    let response = Problem::from(&MISDIRECTED_REQUEST).response().finish();
    Ok(request.into_response(response))
}

/// Whether the host is one of `hosts`, this machine, or an address, which no other site has as its name. A request without
/// a host is not a browser's.
fn is_known(headers: &HeaderMap, hosts: &[String]) -> bool {
    let mut values = headers.get_all(HOST).map(|value| value.to_str().unwrap_or_default());
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(host), None) => is_known_host(host, hosts),
        (Some(_), Some(_)) => false,
    }
}

fn is_known_host(host: &str, hosts: &[String]) -> bool {
    if let Some((address, after)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok()
            && (after.is_empty() || after.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_here = name == "localhost" || name.ends_with(".localhost") || name.parse::<Ipv4Addr>().is_ok();
    is_port(port) && (is_here || hosts.contains(&name))
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_known_host;

    #[test]
    fn addresses_this_machine_and_listed_hosts_are_known() {
        let hosts = ["heirloom".to_owned(), "heirloom.monitoring.svc".to_owned()];
        for known in [
            "127.0.0.1",
            "127.0.0.1:9090",
            "10.1.2.3:9090",
            "[::1]:9090",
            "[fd00::1]",
            "localhost:9090",
            "LOCALHOST",
            "a.localhost",
            "heirloom:9090",
            "Heirloom.monitoring.svc.:9090",
        ] {
            assert!(is_known_host(known, &hosts), "{known}");
        }
        for unknown in [
            "",
            ":9090",
            "evil.example",
            "evil.example:9090",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "heirloom.evil.example",
            "127.0.0.1:evil.example",
            "[evil.example]",
            "[::1]evil.example",
            "heirloom@evil.example",
        ] {
            assert!(!is_known_host(unknown, &hosts), "{unknown}");
        }
    }
}
