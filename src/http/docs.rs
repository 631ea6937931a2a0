//! The API's description, and Swagger UI to read and try it: served by this binary, from this host alone.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use super::openapi::openapi_json;
use super::problem::{NOT_FOUND, Problem};
use super::state::HttpState;

/// Scripts from here only; Swagger UI sets styles on elements and shows images from data URLs.
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FOR_AN_HOUR: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "public, max-age=3600");

/// This description
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(super) async fn openapi(request: HttpRequest) -> HttpResponse {
    let state = HttpState::of(&request);
    let document = state.openapi.get_or_init(|| openapi_json(&state.options.base_path).into());
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(document.clone())
}

/// This description, for people
#[utoipa::path(get, path = "/docs", tag = "operation", responses((status = 200, description = "Swagger UI", body = String, content_type = "text/html")))]
pub(super) async fn docs(request: HttpRequest) -> HttpResponse {
    let base = &HttpState::of(&request).options.base_path;
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heirloom API</title>
<link rel="stylesheet" href="{base}/docs/swagger-ui.css">
<link rel="icon" href="{base}/docs/favicon-32x32.png">
<div id="swagger-ui" data-openapi="{base}/openapi.json"></div>
<script src="{base}/docs/swagger-ui-bundle.js"></script>
<script src="{base}/docs/start.js"></script>
</html>
"#
    );
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, DOCS_CSP))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(page)
}

const START: &str = r##"
const root = document.getElementById("swagger-ui");
SwaggerUIBundle({ url: root.dataset.openapi, domNode: root, deepLinking: true, validatorUrl: null });
"##;

/// The files behind the page; no operation of the API.
pub(super) async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::from("openapi.json")));
    if name.as_str() == "start.js" {
        let script =
            HttpResponse::Ok().content_type("text/javascript; charset=utf-8").insert_header(FOR_AN_HOUR).body(START);
        return Ok(script);
    }
    match utoipa_swagger_ui::serve(&name, CONFIG.clone()) {
        Ok(Some(file)) => Ok(HttpResponse::Ok()
            .content_type(file.content_type)
            .insert_header(FOR_AN_HOUR)
            .body(file.bytes.into_owned())),
        _ => Err((&NOT_FOUND).into()),
    }
}
