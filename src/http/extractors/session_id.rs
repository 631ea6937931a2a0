//! The id of a session in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::domain::ids::FamilyId;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::SESSION_NOT_FOUND;

/// `{id}` in a path. Text that is no id gets the same 404 as an id of no session.
pub struct SessionId(pub FamilyId);

impl FromRequest for SessionId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| Uuid::try_parse(id).ok());
        ready(id.map(|id| Self(id.into())).ok_or_else(|| (&SESSION_NOT_FOUND).into()))
    }
}
