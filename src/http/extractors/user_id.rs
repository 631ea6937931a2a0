//! The id of a user in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::domain::ids::UserId;
use crate::http::wire::problem::Problem;
use crate::http::wire::service_problems::USER_NOT_FOUND;

/// `{id}` in a path. Text that is no id gets the same 404 as an id of no user.
pub struct UserInPath(pub UserId);

impl FromRequest for UserInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| Uuid::try_parse(id).ok());
        ready(id.map(|id| Self(id.into())).ok_or_else(|| (&USER_NOT_FOUND).into()))
    }
}
