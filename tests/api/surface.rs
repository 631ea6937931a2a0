//! What each address serves to whom: the admin address to known hosts only, the public one its documents unless they are
//! turned off.

use crate::support::App;

#[test]
fn a_page_of_another_site_cannot_read_the_admin_address_by_a_name_of_its_own() {
    let app = App::with(|config| config.admin_hosts = vec!["heirloom.monitoring.svc".to_owned()]);
    let monitor = app.monitor();
    for path in ["/metrics", "/health/ready", "/nowhere"] {
        for host in ["evil.example", "evil.example:9090", "127.0.0.1.evil.example", "heirloom.evil.example", ""] {
            let refused = monitor.request("GET", path).header("host", host).send();
            assert_eq!(refused.verdict(), (421, "misdirected_request"), "{host} {path}");
        }
    }
    for host in ["127.0.0.1:9090", "localhost", "[::1]:9090", "10.2.3.4:9090", "heirloom.monitoring.svc:9090"] {
        assert_eq!(monitor.request("GET", "/metrics").header("host", host).send().status, 200, "{host}");
    }
}

#[test]
fn turned_off_there_are_no_documents_and_the_routes_are_counted_as_none() {
    for base_path in ["", "/auth"] {
        let app = App::with(|config| {
            config.has_docs = false;
            config.base_path = base_path.to_owned();
        });
        let browser = app.browser();
        for path in ["/docs", "/docs/swagger-ui.css", "/docs/start.js", "/openapi.json"] {
            for method in ["GET", "POST"] {
                assert_eq!(browser.bare_request(method, path).send().verdict(), (404, "not_found"), "{method} {path}");
            }
        }
        assert_eq!(browser.bare_request("GET", "/ping").send().status, 200);
        let scrape = app.scrape();
        let routes = &scrape.labels("heirloom_http_requests_total")["route"];
        assert!(!routes.iter().any(|route| route.contains("docs") || route.contains("openapi")), "{routes:?}");
        let none = "heirloom_http_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"}";
        assert_eq!(scrape.count(none), 4);
    }
}
