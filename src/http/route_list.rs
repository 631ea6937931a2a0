//! A list of operations. Both the routes of a server and its OpenAPI document are made from one list, so neither has an
//! operation that the other lacks. Each document has a list of its own.

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{Resource, Route, guard, web};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use super::handlers::fallback::not_allowed;

/// Defines lists: for each a name, and the handlers as `file::function`.
macro_rules! routes {
    ($($(#[$doc:meta])* $list:ident { $($file:ident::$handler:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        pub static $list: ::std::sync::LazyLock<$crate::http::route_list::RouteList> = {
            #[derive(::utoipa::OpenApi)]
            #[openapi(paths($($file::$handler),+))]
            struct Operations;

            fn route(operation_id: &str) -> Option<::actix_web::Route> {
                match operation_id {
                    $(stringify!($handler) => Some(::actix_web::web::route().to($file::$handler)),)+
                    _ => None,
                }
            }

            ::std::sync::LazyLock::new(|| $crate::http::route_list::RouteList {
                operations: <Operations as ::utoipa::OpenApi>::openapi(),
                route,
            })
        };
    )+};
}
pub(super) use routes;

/// The operations of one document, and how they are served.
pub struct RouteList {
    /// The operations as their handlers describe them.
    pub operations: OpenApi,
    /// The handler of the operation with this id.
    pub route: fn(&str) -> Option<Route>,
}

impl RouteList {
    /// A resource for each path of the document that `is_served`.
    pub fn resources(&self, is_served: impl Fn(&str) -> bool) -> impl Iterator<Item = Resource> {
        self.resources_below("", is_served)
    }

    /// The same for a scope with this prefix, which every path has.
    pub fn resources_below(&self, prefix: &str, is_served: impl Fn(&str) -> bool) -> impl Iterator<Item = Resource> {
        let served = self.operations.paths.paths.iter().filter(move |(path, _)| is_served(path));
        served.map(move |(path, item)| {
            let route = |operation: &Operation| {
                let id = operation.operation_id.as_deref().unwrap_or_default();
                (self.route)(id).expect("every operation of the document has its handler")
            };
            resource(
                path.strip_prefix(prefix).unwrap_or(path),
                operations_of(item).map(|(method, operation)| (method, route(operation))),
            )
        })
    }

    /// Method and path of each operation whose path has no parameter.
    pub fn fixed_paths(&self) -> impl Iterator<Item = (Method, &str)> {
        let fixed = self.operations.paths.paths.iter().filter(|(path, _)| !path.contains('{'));
        fixed.flat_map(|(path, item)| operations_of(item).map(move |(method, _)| (method, path.as_str())))
    }
}

/// A path that these methods are routed from. Other methods get 405 with `Allow`.
pub fn resource(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = Vec::new();
    for (method, route) in routes {
        allowed.push(method.to_string());
        // RFC 9110 §9.1: a path that supports GET supports HEAD.
        resource = resource.route(match method {
            Method::GET => {
                allowed.push(Method::HEAD.to_string());
                route.guard(guard::Any(guard::Get()).or(guard::Head()))
            }
            method => route.method(method),
        });
    }
    let allow = HeaderValue::from_str(&allowed.join(", ")).expect("methods are plain words");
    resource.default_service(web::to(move || not_allowed(allow.clone())))
}

fn operations_of(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}
