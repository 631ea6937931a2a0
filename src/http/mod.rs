//! The HTTP API: routes, credentials, limits, problems and the OpenAPI document. It calls the use cases of
//! [`crate::service`], reads values of [`crate::domain`] and counts in [`crate::metrics`].
//!
//! Imports go downward only, and no two files import each other. From the top:
//!
//! 1. `application` builds the two applications from `routes` and `service_routes`, the lists of what is served where, and
//!    `document`, the OpenAPI documents of these lists. `route_list` is the mechanism of such a list.
//! 2. `handlers`: a file for each resource. A handler names what it needs as parameters.
//! 3. `middleware`: what happens to every request and every response.
//! 4. `credentials`: the tokens and cookies of a request, and the cookies of a response.
//! 5. `extractors`: what else a handler takes from a request.
//! 6. `state`: what all requests share.
//! 7. `limits`, `notices`, `wire`: limits and addresses; what the log says of origins; bodies, problems and their
//!    description. They know nothing above them.
//!
//! Each import names the file that defines the item: the `mod.rs` of a folder only declares its files.

mod application;
mod credentials;
mod document;
mod extractors;
mod handlers;
mod limits;
mod middleware;
mod notices;
mod route_list;
mod routes;
mod service_routes;
mod state;
mod wire;

pub use application::{admin_app, app, mounted};
pub use credentials::app_caller::{Caller, CallerError};
pub use document::{openapi_json, service_openapi_json};
pub use handlers::metrics::scrape;
pub use handlers::web_app::files::is_built as is_app_built;
pub use limits::rate_limits::RateLimits;
pub use state::{HttpOptions, HttpState};
