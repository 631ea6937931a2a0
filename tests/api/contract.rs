//! Whatever is sent, the answer is one that the OpenAPI document knows: status, code, type of content, and shape. `make
//! schemathesis` asks more of the same, of the running program.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::support::backend::Backend;
use crate::support::browser::{Browser, COOKIE, PASSWORD};
use crate::support::database::session_of;
use crate::support::{Answer, App};

/// The same requests each time.
const SEED: u64 = 20_260_301;
const REQUESTS_FOR_EACH: usize = 120;

struct Operation {
    method: String,
    path: String,
    /// By status, or `default`: what its description says, and the shape of each type of content.
    responses: BTreeMap<String, (String, BTreeMap<String, Validator>)>,
    fields: Vec<String>,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&heirloom::http::openapi_json("")).unwrap();
    let with_components = |schema: &Value| {
        let whole = json!({ "allOf": [schema], "components": document["components"] });
        jsonschema::validator_for(&whole).unwrap()
    };
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap().iter().map(|(status, response)| {
                let contents = response["content"].as_object().into_iter().flatten();
                let shapes = contents.map(|(kind, content)| (kind.clone(), with_components(&content["schema"])));
                let text = response["description"].as_str().unwrap().to_owned();
                (status.clone(), (text, shapes.collect()))
            });
            let body = operation["requestBody"]["content"]["application/json"]["schema"].to_string();
            let named = document["components"]["schemas"].as_object().unwrap().iter();
            let fields = named.filter(|(name, _)| body.contains(&format!("schemas/{name}\"")));
            let fields = fields.flat_map(|(_, schema)| schema["properties"].as_object().unwrap().keys().cloned());
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                responses: responses.collect(),
                fields: fields.collect(),
            });
        }
    }
    operations
}

impl Operation {
    fn knows(&self, answer: &Answer) -> Result<(), String> {
        let status = answer.status.to_string();
        let Some((said, shapes)) = self.responses.get(&status).or_else(|| self.responses.get("default")) else {
            return Err("the status is undocumented".to_owned());
        };
        if answer.status >= 400 && answer.json["code"].is_string() {
            let otherwise = self.responses.get("default").map_or("", |(said, _)| said);
            let code = format!("`{}`", answer.code());
            // Where a status has its own line, that line has to name the code.
            let is_named = said.contains(&code) || otherwise.contains(&code);
            if !is_named {
                return Err(format!("the code {code} is undocumented"));
            }
        }
        if answer.text.is_empty() {
            return if shapes.is_empty() { Ok(()) } else { Err("the body is missing".to_owned()) };
        }
        let kind = answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        let shape = shapes.get(kind).ok_or_else(|| format!("content of type {kind} is undocumented"))?;
        let content = if kind.ends_with("json") { answer.json.clone() } else { json!(answer.text) };
        shape.validate(&content).map_err(|error| format!("the shape is another: {error}"))
    }
}

/// What strangers send: values of every kind, right and wrong.
struct Chance(StdRng);

impl Chance {
    fn one_in(&mut self, count: u32) -> bool {
        self.0.random_ratio(1, count)
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices.choose(&mut self.0).unwrap().clone()
    }

    fn text(&mut self) -> String {
        let length = self.0.random_range(0..40);
        (0..length)
            .map(|_| if self.one_in(3) { self.0.random::<char>() } else { self.of(&['a', '"', '\\', ' ', '0']) })
            .collect()
    }

    fn value(&mut self, field: &str, tokens: &[String]) -> Value {
        if self.one_in(6) {
            return match self.0.random_range(0..6) {
                0 => Value::Null,
                1 => json!(self.0.random::<f64>()),
                2 => json!([self.text()]),
                3 => json!({ (self.text()): self.text() }),
                4 => json!(true),
                _ => json!("x".repeat(self.0.random_range(0..3000))),
            };
        }
        match field {
            "email" if self.one_in(2) => json!("alice@example.com"),
            "email" => json!(self.of(&["bob@example.com", "nobody@example.com", "no address", ""])),
            "token_delivery" => json!(self.of(&["cookie", "body", "Cookie", "pigeon"])),
            "refresh_token" | "ticket" => json!(self.of(tokens)),
            "new_password" if self.one_in(2) => json!("four lamps on the stairs"),
            _ if self.one_in(2) => json!(PASSWORD),
            _ if self.one_in(3) => json!(self.text()),
            _ => json!(self.of(&["four lamps on the stairs", "password", "short"])),
        }
    }

    fn body(&mut self, fields: &[String], tokens: &[String]) -> Vec<u8> {
        let mut object = serde_json::Map::new();
        for field in fields {
            if !self.one_in(8) {
                object.insert(field.clone(), self.value(field, tokens));
            }
        }
        if self.one_in(8) {
            object.insert(self.text(), json!(1));
        }
        let mut bytes = Value::Object(object).to_string().into_bytes();
        match self.0.random_range(0..12) {
            0 => bytes.truncate(self.0.random_range(0..=bytes.len())),
            1 => bytes.push(self.0.random()),
            2 => bytes = format!("[{}]", self.text()).into_bytes(),
            3 => bytes.clear(),
            _ => {}
        }
        bytes
    }
}

#[test]
fn every_answer_to_thousands_of_odd_requests_is_one_that_the_document_knows() {
    let app = App::with_mail();
    let backend = app.trusted_backend();
    let mut chance = Chance(StdRng::seed_from_u64(SEED));
    let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    let mut complaints = BTreeSet::new();
    let mut count = 0;
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let mut alice = app.browser();
        alice.registers("alice@example.com");
        for _ in 0..REQUESTS_FOR_EACH {
            // She comes back from whatever was done to her session or her account.
            if alice.access_token.is_none() || chance.one_in(4) {
                app.executes("DELETE FROM login_throttles");
                if alice.logs_in("alice@example.com").status != 200 {
                    app.executes("DELETE FROM users");
                    alice.registers("alice@example.com");
                    assert_eq!(alice.logs_in("alice@example.com").status, 200);
                }
            }
            let ticket = operation.fields.iter().any(|field| field == "ticket").then(|| ticket(&backend));
            let answer = sends(&alice, &operation, ticket, &mut chance);
            count += 1;
            seen.entry(name.clone()).or_default().insert(answer.status);
            if answer.status >= 500 {
                complaints.insert(format!("{name}: {answer:?}"));
            } else if let Err(complaint) = operation.knows(&answer) {
                complaints.insert(format!("{name}: {} {} {complaint}", answer.status, answer.code()));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(count >= 2000, "{count} requests");
    // Nobody asks for nothing: each operation was served, and what can be refused was refused.
    for (name, statuses) in seen {
        let needs_a_link = name.contains(" /email/") || name.ends_with("/password/reset");
        let is_served = |status: &u16| (200..400).contains(status) || (needs_a_link && *status == 401);
        assert!(statuses.iter().any(is_served), "{name}: {statuses:?}");
        let is_open_to_all = name.starts_with("GET") && !name.contains("/users") && !name.contains("/sessions");
        assert!(is_open_to_all || statuses.range(400..).count() >= 1, "{name}: {statuses:?}");
    }
}

#[test]
fn what_the_document_does_not_know_is_noticed() {
    let app = App::start();
    let mut operations = operations();
    let me =
        operations.iter_mut().find(|operation| operation.path == "/users/me" && operation.method == "GET").unwrap();
    let alice = app.logged_in("alice@example.com");
    let (served, refused) = (alice.asks_who_am_i(), alice.asks_who_am_i_with("garbage"));
    assert_eq!((me.knows(&served), me.knows(&refused)), (Ok(()), Ok(())));
    let other = alice.lists_her_sessions();
    assert!(me.knows(&other).unwrap_err().contains("shape"));
    me.responses.get_mut("401").unwrap().0.clear();
    assert!(me.knows(&refused).unwrap_err().contains("`access_token_invalid`"));
    me.responses.remove("401");
    me.responses.remove("default");
    assert!(me.knows(&refused).unwrap_err().contains("status"));
}

fn ticket(backend: &Backend) -> String {
    let request = json!({ "user": { "subject": "alice" } });
    let ticket = backend.request("POST", "/service/tickets").json(&request).send();
    ticket.json["ticket"].as_str().unwrap().to_owned()
}

fn sends(alice: &Browser, operation: &Operation, ticket: Option<String>, chance: &mut Chance) -> Answer {
    let (access, cookie) = (alice.access_token.clone().unwrap(), alice.cookie.clone().unwrap_or_default());
    let mut tokens = vec![cookie.clone(), access.clone(), "hl_garbage".to_owned(), chance.text()];
    tokens.extend(ticket);
    let id = match chance.one_in(2) {
        true => session_of(alice),
        false => chance.of(&["00000000-0000-7000-8000-000000000000", "1", "x", "%00", "a'b"]).to_owned(),
    };
    let mut path = operation.path.replace("{id}", &id);
    if chance.one_in(4) {
        path.push_str(chance.of(&["?limit=0", "?limit=1", "?limit=x", "?before=1", "?a=%ff", "?", "?limit=5&limit=6"]));
    }
    let mut request = alice.bare_request(&operation.method, &path);
    if !chance.one_in(4) {
        let bearer = if chance.one_in(4) { chance.of(&tokens[..3]) } else { access };
        let scheme = if chance.one_in(10) { chance.of(&["Basic", "bearer", "Bearer Bearer", ""]) } else { "Bearer" };
        request = request.header("authorization", format!("{scheme} {bearer}"));
    }
    if chance.one_in(2) {
        let value = if chance.one_in(4) { "hl_garbage" } else { &cookie };
        request = request.header("cookie", format!("{COOKIE}={value}"));
    }
    if chance.one_in(12) {
        request = request.header("origin", chance.of(&["https://evil.example", "null"]));
    }
    if chance.one_in(12) {
        request = request.header("sec-fetch-site", chance.of(&["cross-site", "same-origin", "garbage"]));
    }
    if operation.method != "GET" {
        let kind = if chance.one_in(12) { chance.of(&["text/plain", ""]) } else { "application/json" };
        request = request.body(kind, chance.body(&operation.fields, &tokens));
    }
    request.send()
}
