//! The service key of a request, as Bearer.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::bearer::bearer_value;
use crate::domain::service_key::Scope;
use crate::http::state::HttpState;
use crate::http::wire::problem::Problem;
use crate::http::wire::service_problems::{SERVICE_KEY_INVALID, SERVICE_KEY_MISSING};
use crate::service::{Authorization, Backend};

/// A scope as a type, for the signature of a handler.
pub trait NeededScope: 'static {
    const SCOPE: Scope;
}

macro_rules! needed_scopes {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = "The scope of the same name."]
        pub struct $name;

        impl NeededScope for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )+};
}

needed_scopes!(UsersRead, UsersWrite, SessionsRead, SessionsWrite, EventsRead, EndedRead);

/// A backend whose key has the scope `S`, and what else the handler takes from the request. The rest is read after the key
/// was found valid: a request without a key learns nothing about its body.
pub struct Authorized<S, T = ()> {
    pub backend: Backend,
    pub rest: T,
    scope: PhantomData<S>,
}

impl<S: NeededScope, T: FromRequest + 'static> FromRequest for Authorized<S, T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let backend = authorize(&request, S::SCOPE).await?;
            let rest = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { backend, rest, scope: PhantomData })
        }
        .boxed_local()
    }
}

/// Judges the key of a request again that has waited.
///
/// # Errors
/// 401 if the key has been revoked meanwhile, 503 if that is not known.
pub async fn still_permits(state: &HttpState, backend: Backend, needed: Scope) -> Result<(), Problem> {
    let is_permitted = state.service_keys.still_permits(backend, needed).await?;
    if is_permitted { Ok(()) } else { Err((&SERVICE_KEY_INVALID).into()) }
}

async fn authorize(request: &HttpRequest, needed: Scope) -> Result<Backend, Problem> {
    let presented = bearer_value(request.headers())?.ok_or(&SERVICE_KEY_MISSING)?;
    match HttpState::of(request).service_keys.authorize(presented, needed).await? {
        Authorization::Granted(backend) => Ok(backend),
        Authorization::Invalid => {
            tracing::warn!(event = "authz_fail", "A request has a service key that is not valid or was revoked");
            Err((&SERVICE_KEY_INVALID).into())
        }
        Authorization::InsufficientScope(key) => {
            tracing::warn!(event = "authz_fail", service_key.id = %key, scope = %needed, "A service key lacks a scope");
            Err(Problem::insufficient_scope(needed))
        }
    }
}
