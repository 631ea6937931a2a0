//! For actix-web: [`Session`] as an extractor, and a guard by claim. The app's data must contain the
//! [`Verifier`]: `.app_data(web::Data::new(verifier))`.

use std::future::Future;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::guard::{Guard, GuardContext};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use serde_json::Value;

use crate::bearer::token_of;
use crate::refusal::Refusal;
use crate::verifier::{Session, Verifier};

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, "application/problem+json")).insert_header((CACHE_CONTROL, "no-store"));
        if let Some(challenge) = self.challenge() {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = self.retry_after() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.body(self.body())
    }
}

impl FromRequest for Session {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let verifier = request.app_data::<Data<Verifier>>().cloned();
        let token = token(request.headers()).map(str::to_owned);
        Box::pin(async move {
            let Some(verifier) = verifier else {
                tracing::error!("The app's data has no heirloom_verify::Verifier");
                return Err(Refusal::Unavailable);
            };
            verifier.verify(&token?).await
        })
    }
}

fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    token_of(headers.get_all(AUTHORIZATION).map(|value| value.as_bytes()))
}

/// A guard that lets a request through whose session has the claim. actix-web treats other requests as if the route did
/// not exist. A token of a key that has not been fetched yet does not pass.
pub fn claim(verifier: &Verifier, name: impl Into<String>, expected: impl Into<Value>) -> Claim {
    Claim { verifier: verifier.clone(), name: name.into(), expected: expected.into() }
}

/// The guard of [`claim`].
pub struct Claim {
    verifier: Verifier,
    name: String,
    expected: Value,
}

impl Guard for Claim {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        let session = token(context.head().headers()).and_then(|token| self.verifier.verify_now(token));
        session.is_ok_and(|session| session.has(&self.name, &self.expected))
    }
}
