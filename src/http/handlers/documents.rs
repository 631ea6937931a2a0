//! The OpenAPI document, and Swagger UI to read and try it. The binary contains both, so no other host is needed.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::Config;

use crate::http::wire::problem::Problem;
use crate::http::wire::problems::NOT_FOUND;

/// Scripts of this host only. Swagger UI sets styles on elements and shows images from data URLs.
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FOR_AN_HOUR: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "public, max-age=3600");

/// The text of an OpenAPI document. It is built for the first request.
pub struct Document(LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>);

impl Document {
    pub fn new(build: impl FnOnce() -> String + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(|| build().into())))
    }
}

/// Get this OpenAPI document
#[utoipa::path(
    get, path = "/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
)]
pub async fn openapi(document: web::Data<Document>) -> HttpResponse {
    document_response(&document)
}

/// A response with the document.
pub fn document_response(document: &Document) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(Bytes::clone(&document.0))
}

/// Read this OpenAPI document in a browser
#[utoipa::path(
    get, path = "/docs", tag = "operation",
    responses((status = 200, description = "Swagger UI", body = String, content_type = "text/html")),
)]
pub async fn docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, DOCS_CSP))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(PAGE)
}

/// Its paths are relative, because a proxy may have removed a prefix.
const PAGE: &str = include_str!("docs_page/index.html");

const START: &str = include_str!("docs_page/start.js");
const STYLE: &str = include_str!("docs_page/style.css");

/// The files of the page. They are not part of the API.
pub async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::from("openapi.json")));
    let own = match name.as_str() {
        "start.js" => Some(("text/javascript; charset=utf-8", START)),
        "style.css" => Some(("text/css; charset=utf-8", STYLE)),
        _ => None,
    };
    if let Some((content_type, text)) = own {
        return Ok(HttpResponse::Ok().content_type(content_type).insert_header(FOR_AN_HOUR).body(text));
    }
    match utoipa_swagger_ui::serve(&name, CONFIG.clone()) {
        Ok(Some(file)) => Ok(HttpResponse::Ok()
            .content_type(file.content_type)
            .insert_header(FOR_AN_HOUR)
            .body(file.bytes.into_owned())),
        _ => Err((&NOT_FOUND).into()),
    }
}
