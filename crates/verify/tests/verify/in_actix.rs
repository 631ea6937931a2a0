//! The actix-web example.

use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde_json::Value;

use super::stub::Stub;
use super::vectors::token;

#[path = "../../examples/actix.rs"]
mod example;

#[actix_web::test]
async fn the_extractor_lets_valid_tokens_through_and_refuses_others_as_heirloom_does() {
    let stub = Stub::start();
    let verifier = stub.builder().0.start().unwrap();
    let app = init_service(App::new().configure(|config| example::routes(&verifier, config))).await;
    let get = async |path: &str, authorization: Option<String>| {
        let mut request = TestRequest::get().uri(path);
        if let Some(value) = authorization {
            request = request.insert_header((AUTHORIZATION, value));
        }
        call_service(&app, request.to_request()).await
    };
    let bearer = |name: &str| Some(format!("Bearer {}", token(name)));
    let response = get("/orders", bearer("a good token with EdDSA")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(read_body(response).await, "the orders of 01980000-0000-7000-8000-000000000001");
    assert_eq!(get("/reports", bearer("a good token with EdDSA")).await.status(), 404, "the guard");
    assert_eq!(get("/reports", bearer("a token with more claims")).await.status(), 200);
    assert_eq!(get("/reports", None).await.status(), 404);
    for (authorization, code, challenge) in [
        (None, "access_token_missing", "Bearer"),
        (Some("Bearer a.b.c".to_owned()), "access_token_invalid", "Bearer error=\"invalid_token\""),
        (bearer("in the last second before exp").map(|value| value + "A"), "access_token_invalid", "Bearer error="),
    ] {
        let response = get("/orders", authorization).await;
        assert_eq!(response.status(), 401);
        assert!(response.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap().starts_with(challenge));
        let problem: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        assert_eq!(problem["code"], code);
    }
}

#[actix_web::test]
async fn an_app_without_a_verifier_lets_no_request_through() {
    let app = init_service(App::new().route("/", web::get().to(async |_: heirloom_verify::Session| ""))).await;
    assert_eq!(call_service(&app, TestRequest::get().uri("/").to_request()).await.status(), 503);
}
