//! JSON bodies: what a body must look like, and how its mistakes are worded.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::dto::password::EMPTY;
use super::problem::Problem;
use super::problems::MALFORMED_JSON;

const NO_OBJECT: &str = "the body must be a JSON object";

/// Reads an object with exactly the fields of `T`.
///
/// # Errors
/// 400 for text that is not JSON, 422 for JSON of another shape.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A derived `Deserialize` accepts an array of the fields' values in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        return Err(if is_json { Problem::field("", NO_OBJECT) } else { (&MALFORMED_JSON).into() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => mismatch(&path, &error.inner().to_string()),
            Category::Syntax | Category::Eof | Category::Io => (&MALFORMED_JSON).into(),
        }
    })?;
    deserializer.end().map_err(|_| Problem::from(&MALFORMED_JSON))?;
    Ok(parsed)
}

/// Words a mistake that serde found. serde's own text may quote the request.
fn mismatch(path: &str, message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        Problem::field(named, "is missing")
    } else if message.starts_with("unknown field") {
        Problem::field(printable(path, named), "is not a field of this request")
    } else if message.starts_with("duplicate field") {
        Problem::field(named, "occurs twice")
    } else if message.starts_with("unknown variant") {
        let choices: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        Problem::field(path, format!("must be one of: {}", choices.join(", ")))
    } else if message.starts_with(EMPTY) {
        Problem::field(path, "must not be empty")
    } else if path == "." {
        Problem::field("", NO_OBJECT)
    } else {
        Problem::field(path, "has the wrong type")
    }
}

/// The name of an unknown field is text of the client, so it is cut and freed of control characters.
fn printable(path: &str, named: &str) -> String {
    let name = if path == "." { named } else { path };
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::http::wire::dto::login::LoginRequest;

    fn refusal(body: &str) -> (&'static str, Vec<(String, String)>) {
        let problem = parse::<LoginRequest>(body.as_bytes()).err().unwrap();
        (problem.kind.code, problem.errors.into_iter().map(|error| (error.field, error.message)).collect())
    }

    fn field(name: &str, message: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), message.to_owned())]
    }

    #[test]
    fn each_mistake_names_its_field_in_our_words() {
        for broken in ["", "{", "nope", "{\"email\":\"a\",}", "{\"email\":\"a\",\"password\":\"b\"} x", "\u{feff}{}"] {
            assert_eq!(refusal(broken).0, "malformed_json", "{broken:?}");
        }
        assert_eq!(refusal("{\"email\":\"a\"}").1, field("password", "is missing"));
        assert_eq!(refusal("{\"email\":5,\"password\":\"b\"}").1, field("email", "has the wrong type"));
        assert_eq!(refusal("{\"email\":\"a\",\"email\":\"b\"}").1, field("email", "occurs twice"));
        assert_eq!(
            refusal("{\"email\":\"a\",\"password\":\"b\",\"role\":1}").1,
            field("role", "is not a field of this request")
        );
        assert_eq!(refusal("{\"email\":\"a\",\"password\":\"\"}").1, field("password", "must not be empty"));
        let delivery = refusal("{\"email\":\"a\",\"password\":\"b\",\"token_delivery\":\"mail\"}");
        assert_eq!(delivery.1, field("token_delivery", "must be one of: cookie, body"));
        for wrong in ["null", "5", "true", "[\"body\"]", "{\"body\":null}"] {
            let body = format!("{{\"email\":\"a\",\"password\":\"b\",\"token_delivery\":{wrong}}}");
            assert_eq!(refusal(&body).1, field("token_delivery", "has the wrong type"), "{wrong}");
        }
        for other in ["[1]", "null", "\"text\"", " [\"a\", \"b\"]", "[\"a\", \"b\", \"cookie\"]"] {
            assert_eq!(refusal(other).1, field("", "the body must be a JSON object"), "{other}");
        }
        assert_eq!(refusal("[\"a\", \"b\"").0, "malformed_json");
    }
}
