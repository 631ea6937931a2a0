//! What happens to every request and every response, whatever handles it.

pub mod admin_host;
pub mod cookie_hint;
pub mod cors;
pub mod cross_site;
pub mod request_log;
pub mod response_defaults;
pub mod traffic;
