//! What goes over the wire: requests, responses and problems, and how the OpenAPI document describes them.

pub mod dto;
pub mod json;
pub mod method;
pub mod openapi;
pub mod problem;
pub mod problem_docs;
pub mod problem_kind;
pub mod problems;
pub mod service_problems;
