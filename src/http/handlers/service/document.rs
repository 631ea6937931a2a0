//! The OpenAPI document of the service API.

use actix_web::{HttpResponse, web};

use crate::http::handlers::documents::{Document, document_response};

/// The text of the document.
pub struct ServiceDocument(pub Document);

/// Get this OpenAPI document
///
/// Needs no key.
#[utoipa::path(
    get, path = "/service/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
)]
pub async fn service_openapi(document: web::Data<ServiceDocument>) -> HttpResponse {
    document_response(&document.0)
}
