//! The axum example.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::stub::Stub;
use super::vectors::token;

#[path = "../../examples/axum.rs"]
#[expect(dead_code, reason = "main is not called here")]
mod example;

#[tokio::test]
async fn the_layer_lets_valid_tokens_through_and_refuses_others_as_heirloom_does() {
    let stub = Stub::start();
    let app = example::app(stub.builder().0.start().unwrap());
    let get = async |path: &str, authorization: &[&str]| {
        let mut request = Request::get(path);
        for value in authorization {
            request = request.header("authorization", *value);
        }
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let bearer = |name: &str| format!("Bearer {}", token(name));
    let response = get("/orders", &[&bearer("a good token with ES256")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = to_bytes(response.into_body(), 1_000).await.unwrap();
    assert_eq!(body, "the orders of 01980000-0000-7000-8000-000000000001");
    assert_eq!(get("/health", &[]).await.status(), StatusCode::OK);
    let good = bearer("a good token with EdDSA");
    for (authorization, status, code, challenge) in [
        (vec![], 401, "access_token_missing", Some("Bearer")),
        (vec!["Basic YTpi"], 401, "access_token_missing", Some("Bearer")),
        (
            vec!["Bearer a.b.c"],
            401,
            "access_token_invalid",
            Some(
                "Bearer error=\"invalid_token\", error_description=\"The access token is not valid. Refresh to get a new one.\"",
            ),
        ),
        (vec![&good, &good], 400, "malformed_request", None),
    ] {
        let response = get("/orders", &authorization).await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(response.status(), status);
        assert_eq!(header("www-authenticate").as_deref(), challenge);
        assert_eq!(header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        let problem: Value = serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
        assert_eq!(problem["type"], format!("urn:heirloom:problem:{code}"));
    }
    stub.goes_down();
    let response = get("/orders", &[&bearer("an unknown kid")]).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (503, "1"));
}
