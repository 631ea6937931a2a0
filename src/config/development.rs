//! Whether this is a server for development: one that only this machine reaches, and no proxy passes others on to.

use std::net::SocketAddr;

use super::reader::Reader;
use super::{DatabasePlace, Settings, ThrottleConfig};

pub(super) fn resolve(
    read: &mut Reader,
    settings: &Settings,
    bind: SocketAddr,
    place: &DatabasePlace,
    throttle: &ThrottleConfig,
) -> bool {
    const NAME: &str = "HEIRLOOM_DEV";
    let is_private = bind.ip().is_loopback() && throttle.trusted_proxies.is_empty();
    let is_usual = is_private && matches!(place, DatabasePlace::Embedded(_));
    let is_wanted = read.boolean(NAME, &settings.dev, is_usual);
    if is_wanted && !is_private {
        read.refuse(
            NAME,
            "lets whoever has an access token begin a session without a password; it is for a server bound to a loopback \
             address without HEIRLOOM_TRUSTED_PROXIES only",
        );
    }
    is_wanted && is_private
}
