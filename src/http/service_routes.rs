//! The service API: its operations, and where they are served.

use actix_web::{Scope, web};

use super::handlers::service::{changes, document, ended, events, logins, sessions, users};
use super::route_list::routes;
use super::state::HttpOptions;

const PREFIX: &str = "/service";

routes! {
    /// The service API, described by `/service/openapi.json`.
    SERVICE {
        users::list_users,
        users::get_user,
        changes::create_user,
        changes::change_user,
        changes::delete_user,
        sessions::list_user_sessions,
        sessions::revoke_user_sessions,
        sessions::revoke_session,
        logins::create_ticket,
        logins::create_session,
        sessions::note_reauthentication,
        events::follow_events,
        ended::follow_ended,
        document::service_openapi,
    }
}

/// Every path of the service API.
pub fn service(options: &HttpOptions) -> Scope {
    let mut scope = web::scope(PREFIX);
    for resource in SERVICE.resources_below(PREFIX, |path| is_served(path, options)) {
        scope = scope.service(resource);
    }
    scope
}

/// Whether a path of the service API is served, where the API is.
pub fn is_served(path: &str, options: &HttpOptions) -> bool {
    options.has_docs || path != "/service/openapi.json"
}
