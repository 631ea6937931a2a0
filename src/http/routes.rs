//! The one list of routes. The OpenAPI document is made of the operations it names, and the server of that document, so
//! that neither can have what the other lacks.

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpResponse, Route, guard, web};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use super::problem::{METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use super::state::HttpState;
use super::{auth, docs, health, sandbox, sessions, users, web_app};

macro_rules! routes {
    ($($module:ident::$handler:ident),+ $(,)?) => {
        /// The operations as their handlers describe them.
        pub(super) fn operations() -> OpenApi {
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($module::$handler),+))]
            struct Operations;
            Operations::openapi()
        }

        fn handler(operation_id: &str) -> Option<Route> {
            match operation_id {
                $(stringify!($handler) => Some(web::route().to($module::$handler)),)+
                _ => None,
            }
        }
    };
}

routes! {
    auth::register,
    auth::login,
    auth::refresh,
    auth::logout,
    sessions::logout_all,
    sessions::list_sessions,
    sessions::end_session,
    users::show_me,
    users::delete_me,
    users::change_password,
    users::list_events,
    health::ping,
    health::live,
    health::ready,
    health::jwks,
    docs::openapi,
    docs::docs,
}

/// Puts every operation where the document says, below the base path.
pub(super) fn configure(app: &mut web::ServiceConfig, state: &HttpState) {
    let mut scope = web::scope(&state.options.base_path);
    for (path, item) in &operations().paths.paths {
        let operations = operations_of(item);
        let mut allowed: Vec<&str> = operations.iter().map(|(method, _)| method.as_str()).collect();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        let allow = HeaderValue::from_str(&allowed.join(", ")).expect("methods are plain words");
        let mut resource = web::resource(path.as_str());
        for (method, operation) in operations {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            let route = handler(id).expect("every operation of the document has its handler");
            // RFC 9110 §9.1: whatever answers GET answers HEAD.
            resource = resource.route(match method {
                Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
                method => route.method(method),
            });
        }
        scope = scope.service(resource.default_service(web::to(move || not_allowed(allow.clone()))));
    }
    scope = scope.service(
        web::resource("/docs/{file}")
            .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(docs::asset)),
    );
    if state.options.has_app {
        scope = web_app::configure(scope);
    }
    if state.options.is_development {
        scope = sandbox::configure(scope);
    }
    app.service(scope);
}

/// The method and path of each operation whose path has no parameter, without the base path.
pub(super) fn fixed() -> Vec<(Method, String)> {
    let paths = operations().paths.paths;
    let fixed = paths.iter().filter(|(path, _)| !path.contains('{'));
    let of_path = |(path, item)| operations_of(item).into_iter().map(move |(method, _)| (method, String::clone(path)));
    fixed.flat_map(of_path).collect()
}

fn operations_of(item: &PathItem) -> Vec<(Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

pub(super) async fn not_allowed(allow: HeaderValue) -> HttpResponse {
    Problem::from(&METHOD_NOT_ALLOWED).response().insert_header((ALLOW, allow)).finish()
}

/// For every path that is no route.
pub(super) async fn not_found() -> Result<HttpResponse, Problem> {
    Err((&NOT_FOUND).into())
}
