//! The settings of the cookies.

use std::net::SocketAddr;

use super::reader::Reader;
use super::settings::Settings;
use crate::domain::policy::{CookiePolicy, SameSite};

pub(super) fn resolve(read: &mut Reader, settings: &Settings, bind: SocketAddr) -> CookiePolicy {
    let modes = [("strict", SameSite::Strict), ("lax", SameSite::Lax), ("none", SameSite::None)];
    let path = read.text("HEIRLOOM_COOKIE_PATH", &settings.cookie_path, "/");
    if !path.starts_with('/') || !path.chars().all(|c| c.is_ascii_graphic() && c != ';' && c != ',') {
        read.refuse("HEIRLOOM_COOKIE_PATH", "has to be a path such as / or /auth");
    }
    let domain = Reader::given(&settings.cookie_domain).map(str::to_owned);
    if domain.as_ref().is_some_and(|domain| !domain.trim_start_matches('.').split('.').all(is_label)) {
        read.refuse("HEIRLOOM_COOKIE_DOMAIN", "has to be a host name such as example.com");
    }
    let cookie = CookiePolicy {
        same_site: read.one_of("HEIRLOOM_COOKIE_SAMESITE", &settings.cookie_samesite, &modes),
        path,
        domain,
        is_insecure: read.boolean("HEIRLOOM_COOKIE_INSECURE", &settings.cookie_insecure, false),
        with_access_token: read.boolean("HEIRLOOM_ACCESS_COOKIE", &settings.access_cookie, false),
    };
    if cookie.is_insecure && !bind.ip().is_loopback() {
        read.refuse(
            "HEIRLOOM_COOKIE_INSECURE",
            "would send sessions in the clear over a network; it is for a server bound to a loopback address only",
        );
    }
    if cookie.is_insecure && cookie.same_site == SameSite::None {
        read.refuse(
            "HEIRLOOM_COOKIE_SAMESITE",
            "is `none`, which browsers accept only with Secure; leave out HEIRLOOM_COOKIE_INSECURE",
        );
    }
    cookie
}

/// A part of a host's name (RFC 1123 §2.1).
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
