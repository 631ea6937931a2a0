//! What the API's document says of this very server, and of every error.

use serde_json::Value;

use crate::support::App;

fn document(min_length: usize) -> Value {
    let app = App::with(|config| config.password.min_length = min_length);
    app.browser().bare_request("GET", "/openapi.json").send().json
}

#[test]
fn the_served_document_states_the_minimum_that_is_set_for_new_passwords_only() {
    for min_length in [8, 15] {
        let document = document(min_length);
        let minimum = |pointer: &str| document.pointer(&format!("/components/schemas/{pointer}/minLength")).cloned();
        assert_eq!(minimum("RegisterRequest/properties/password"), Some(min_length.into()));
        assert_eq!(minimum("ChangePasswordRequest/properties/new_password"), Some(min_length.into()));
        assert_eq!(minimum("ResetPasswordRequest/properties/new_password"), Some(min_length.into()));
        for known in ["LoginRequest/properties/password", "ChangePasswordRequest/properties/current_password"] {
            assert!(minimum(known).is_none_or(|length| length == 1), "an old password may be short: {known}");
        }
    }
}

#[test]
fn every_error_has_an_example_with_its_code_and_status() {
    let document = document(8);
    let mut examples = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let Some(problem) = response.pointer("/content/application~1problem+json") else { continue };
                for (code, example) in problem["examples"].as_object().unwrap() {
                    let name = example["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
                    let value = &document.pointer(name).unwrap()["value"];
                    assert_eq!(
                        (value["code"].as_str(), value["status"].to_string()),
                        (Some(code.as_str()), status.clone())
                    );
                    assert!(
                        response["description"].as_str().unwrap().contains(&format!("`{code}`")),
                        "{method} {path}"
                    );
                    examples += 1;
                }
            }
        }
    }
    assert!(examples > 100, "{examples}");
}

/// What "Try it out" sends if nothing is changed.
#[test]
fn requests_can_be_sent_as_their_examples_are() {
    let app = App::start();
    let document = app.browser().bare_request("GET", "/openapi.json").send().json;
    let example =
        |path: &str| document.pointer(&format!("/paths/~1{path}/post/requestBody/content/application~1json/example"));
    let mut alice = app.browser();
    let register = &document["components"]["schemas"]["RegisterRequest"]["properties"];
    let account =
        serde_json::json!({ "email": register["email"]["example"], "password": register["password"]["example"] });
    assert_eq!(alice.bare_request("POST", "/register").json(&account).send().status, 201);
    let login = alice.bare_request("POST", "/login").json(example("login").unwrap()).send();
    assert_eq!(login.status, 200);
    let cookie = login.refresh_cookie().unwrap().split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    alice.cookie = Some(cookie);
    for path in ["refresh", "logout"] {
        let answer = alice.request("POST", &format!("/{path}")).json(example(path).unwrap()).send();
        assert_eq!(answer.status, 200, "{path}");
    }
}
