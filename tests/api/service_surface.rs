//! Where the service API is served: on the admin address, on the public one, or nowhere.

use std::fs;

use heirloom::domain::policy::ServiceApi;
use serde_json::{Value, json};

use crate::support::App;

const DOCUMENT: &str = "/service/openapi.json";

#[test]
fn it_is_on_the_admin_address_by_default_and_on_one_address_only() {
    for (place, at_admin, at_public) in
        [(ServiceApi::Admin, 200, 404), (ServiceApi::Public, 404, 200), (ServiceApi::Off, 404, 404)]
    {
        let app = App::with(|config| config.service_api = place);
        let backend = app.trusted_backend();
        let public = backend.at_url(app.url.clone());
        for path in [DOCUMENT, "/service/users"] {
            assert_eq!(backend.gets(path).status, at_admin, "{place:?} {path}");
            assert_eq!(public.gets(path).status, at_public, "{place:?} {path}");
        }
        for nowhere in ["/service", "/service/", "/service/nowhere", "/service/users/"] {
            assert_eq!(backend.gets(nowhere).verdict(), (404, "not_found"), "{place:?} {nowhere}");
            assert_eq!(public.gets(nowhere).verdict(), (404, "not_found"), "{place:?} {nowhere}");
        }
        assert_eq!(app.monitor().asks("GET", "/metrics").status, 200);
        assert_eq!(app.monitor().asks("GET", "/health/ready").status, 200);
    }
}

#[test]
fn without_an_admin_address_it_is_nowhere_unless_it_is_public() {
    let app = App::with(|config| config.admin_bind = None);
    assert_eq!(app.trusted_backend().gets("/service/users").verdict(), (404, "not_found"));
    let app = App::with(|config| {
        config.admin_bind = None;
        config.service_api = ServiceApi::Public;
    });
    assert_eq!(app.trusted_backend().gets("/service/users").status, 200);
}

#[test]
fn methods_that_a_path_does_not_support_are_listed() {
    let app = App::start();
    let answer = app.trusted_backend().request("PUT", "/service/users").json(&json!({})).send();
    assert_eq!(answer.verdict(), (405, "method_not_allowed"));
    assert!(answer.header("allow").unwrap().starts_with("GET"), "{answer:?}");
}

#[test]
fn the_document_names_the_prefix_where_there_is_one() {
    let app = App::with(|config| {
        config.base_path = "/auth".to_owned();
        config.service_api = ServiceApi::Public;
    });
    let backend = app.trusted_backend().at_url(app.url.clone());
    assert!(app.url.ends_with("/auth"));
    assert_eq!(backend.gets(DOCUMENT).json["servers"], json!([{ "url": "/auth" }]));
    assert_eq!(backend.gets("/service/users").status, 200);
    let at_the_root = backend.at_url(app.url.replace("/auth", ""));
    assert_eq!(at_the_root.gets("/service/users").status, 404);

    // The admin address knows no prefix.
    let app = App::with(|config| config.base_path = "/auth".to_owned());
    let backend = app.trusted_backend();
    assert_eq!(backend.gets("/service/users").status, 200);
    assert_eq!(backend.gets(DOCUMENT).json["servers"], Value::Null);
}

#[test]
fn the_committed_document_is_the_one_that_is_served_unless_documents_are_turned_off() {
    let app = App::start();
    let backend = app.trusted_backend();
    let served = backend.bare_request("GET", DOCUMENT).send();
    assert_eq!(served.header("content-type"), Some("application/json"));
    let committed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/service-openapi.json")).unwrap();
    assert!(served.text == committed, "service-openapi.json is not what is served: run `make openapi`");
    let app = App::with(|config| config.has_docs = false);
    assert_eq!(app.trusted_backend().gets(DOCUMENT).verdict(), (404, "not_found"));
}

#[test]
fn pages_of_other_sites_are_refused_where_it_is_public() {
    let app = App::with(|config| config.service_api = ServiceApi::Public);
    let backend = app.trusted_backend().at_url(app.url.clone());
    let path = "/service/sessions/00000000-0000-7000-8000-000000000000";
    let answer = backend.request("DELETE", path).header("sec-fetch-site", "cross-site").send();
    assert_eq!(answer.verdict(), (403, "cross_site_request"));
}

#[test]
fn requests_are_counted_by_route_wherever_it_is() {
    for place in [ServiceApi::Admin, ServiceApi::Public] {
        let app = App::with(|config| config.service_api = place);
        let url = if place == ServiceApi::Admin { app.admin_url.clone().unwrap() } else { app.url.clone() };
        let backend = app.trusted_backend().at_url(url);
        backend.gets("/service/users");
        backend.gets("/service/users/00000000-0000-7000-8000-000000000000");
        backend.gets("/service/users/nonsense");
        let scrape = app.scrape();
        for (route, status, count) in
            [("/service/users", "2xx", 1), ("/service/users/{id}", "4xx", 2), ("/service/users/nonsense", "4xx", 0)]
        {
            let series =
                format!("heirloom_http_requests_total{{method=\"GET\",route=\"{route}\",status=\"{status}\"}}");
            assert_eq!(scrape.count(&series), count, "{place:?} {series}");
        }
        assert!(!scrape.0.contains("route=\"/metrics\""), "scrapes are no traffic");
    }
}
