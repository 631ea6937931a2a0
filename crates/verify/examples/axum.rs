//! An axum app behind Heirloom. `cargo run --example axum --features tower`
#![expect(clippy::disallowed_methods, reason = "an example reads its own settings")]

use axum::routing::get;
use axum::{Extension, Router};
use heirloom_verify::tower::VerifyLayer;
use heirloom_verify::{Session, Verifier};

async fn orders(Extension(session): Extension<Session>) -> String {
    format!("the orders of {}", session.user_id)
}

pub fn app(verifier: Verifier) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .layer(VerifyLayer::new(verifier))
        // Routes that are added after the layer need no token.
        .route("/health", get(|| async { "ok" }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder(&std::env::var("HEIRLOOM_URL")?).start()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    Ok(axum::serve(listener, app(verifier)).await?)
}
