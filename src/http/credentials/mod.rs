//! The tokens and cookies of a request, and the cookies of a response.

pub mod app_caller;
pub mod bearer;
pub mod caller;
pub mod cookie_value;
pub mod cookies;
pub mod device_cookie;
pub mod earlier_login;
pub mod forwarded_caller;
pub mod refresh_credential;
pub mod service_key;
