//! Problems in the OpenAPI document: a response for each status, with each code of that status and an example.

use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::{Problem, ProblemBody};
use super::problem_kind::{Challenge, Kind};
use super::problems::VALIDATION_FAILED;
use super::service_problems::INSUFFICIENT_SCOPE;
use crate::domain::service_key::Scope;

/// The responses of an operation, by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

const CONTENT_TYPE: &str = "application/problem+json";

/// Names the problems of an operation, for `responses(..)` of its annotation. What every operation of its kind has in common
/// is not listed: see [`super::openapi`].
macro_rules! problems {
    ($name:ident: $($kind:ident),+ $(,)?) => {
        struct $name;

        impl ::utoipa::IntoResponses for $name {
            fn responses() -> $crate::http::wire::problem_docs::Responses {
                let mut responses = $crate::http::wire::problem_docs::Responses::new();
                $crate::http::wire::problem_docs::document(&mut responses, &[$(&$kind),+]);
                responses
            }
        }
    };
}
pub(crate) use problems;

/// Adds to `responses` those of `kinds` that it lacks.
pub fn document(responses: &mut Responses, kinds: &[&'static Kind]) {
    for kind in kinds {
        let response = responses.entry(kind.status.as_str().to_owned()).or_insert_with(|| Response::default().into());
        if let RefOr::T(response) = response {
            add(response, kind);
        }
    }
}

/// Whether any of `responses` is a problem.
pub fn has_problems(responses: &Responses) -> bool {
    responses
        .values()
        .any(|response| matches!(response, RefOr::T(response) if response.content.contains_key(CONTENT_TYPE)))
}

fn add(response: &mut Response, kind: &'static Kind) {
    let name = example_name(kind);
    let content = response.content.entry(CONTENT_TYPE.to_owned()).or_insert_with(|| {
        ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build().into()
    });
    let RefOr::T(content) = content else { return };
    let example = Ref::new(format!("#/components/examples/{name}"));
    if content.examples.insert(kind.code.to_owned(), RefOr::Ref(example)).is_some() {
        return;
    }
    if !response.description.is_empty() {
        response.description.push('\n');
    }
    response.description.push_str(&format!("- `{}`: {}", kind.code, kind.detail));
    let mut header =
        |name: &str, header: HeaderBuilder| response.headers.insert(name.to_owned(), header.build().into());
    if kind.challenge != Challenge::None {
        header(
            "WWW-Authenticate",
            HeaderBuilder::new()
                .schema(Some(String::schema()))
                .description(Some("The scheme `Bearer`, with the error unless no credentials were sent (RFC 6750)")),
        );
    }
    if kind.sends_retry_after() {
        header("Retry-After", HeaderBuilder::new().schema(Some(u32::schema())).description(Some("Seconds")));
    }
}

/// An example of each of these kinds of problems, by the name that responses refer to it with.
pub fn examples(kinds: impl Iterator<Item = &'static Kind>) -> impl Iterator<Item = (String, Example)> {
    kinds.map(|kind| (example_name(kind), example(kind)))
}

/// Two kinds may share a code, but then their statuses differ.
fn example_name(kind: &Kind) -> String {
    format!("{}.{}", kind.status.as_str(), kind.code)
}

fn example(kind: &'static Kind) -> Example {
    let is_about_a_field = std::ptr::eq(kind, &VALIDATION_FAILED);
    let problem = match kind {
        _ if is_about_a_field => Problem::field("email", "is missing"),
        _ if std::ptr::eq(kind, &INSUFFICIENT_SCOPE) => Problem::insufficient_scope(Scope::UsersRead),
        _ => kind.into(),
    };
    let body = problem.body("01980a3c-5c1e-7d20-9d0a-6f2f4a1b8c33");
    ExampleBuilder::new().summary(kind.title).value(serde_json::from_str(&body).ok()).build()
}
