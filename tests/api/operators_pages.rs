//! What operators are given to read and to load names what a server really tells, all of it and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::metrics::everything_happens;
use crate::support::App;
use crate::support::monitor::Scrape;

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn after_everything() -> Scrape {
    let app = App::start();
    everything_happens(&app);
    app.scrape()
}

#[test]
fn the_page_of_metrics_has_each_with_its_type_and_labels() {
    let scrape = after_everything();
    let told: BTreeMap<String, (String, Vec<String>)> = scrape
        .types()
        .into_iter()
        .map(|(name, kind)| {
            let labels = scrape.labels(name).into_keys().map(str::to_owned).collect();
            (name.to_owned(), (kind.to_owned(), labels))
        })
        .collect();
    let page = read("docs/metrics.md");
    let words = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let written: BTreeMap<String, (String, Vec<String>)> = page
        .lines()
        .filter(|line| line.starts_with("| `heirloom_"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (words(cells[1]).remove(0), (cells[2].to_owned(), words(cells[3])))
        })
        .collect();
    assert_eq!(written, told);
    for metric in ["heirloom_refreshes_total", "heirloom_logins_total"] {
        for outcome in &scrape.labels(metric)["outcome"] {
            assert!(page.contains(&format!("\n| `{outcome}` |")), "{metric}: what is {outcome}?");
        }
    }
}

#[test]
fn every_metric_follows_the_customs_of_prometheus() {
    let scrape = after_everything();
    for (name, kind) in scrape.types() {
        assert!(name.starts_with("heirloom_") && !name.contains("milli"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        assert!(scrape.0.contains(&format!("# HELP {name} ")), "{name} has no help text");
        for (label, values) in scrape.labels(name) {
            let values: BTreeSet<&str> = values.into_iter().collect();
            // There are more routes than anything else, and no request adds one.
            let most = if label == "route" { 40 } else { 30 };
            assert!(values.len() <= most, "{name} has {} values of {label}", values.len());
        }
    }
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_what_is_there() {
    let scrape = after_everything();
    let types = scrape.types();
    let mut asked = BTreeSet::new();
    let expressions = [dashboard_expressions(), alerts().into_iter().map(|alert| alert.expression).collect()].concat();
    assert!(expressions.len() >= 30, "{expressions:#?}");
    for expression in &expressions {
        let selectors = selectors(expression);
        assert!(!selectors.is_empty(), "{expression} asks for nothing of ours");
        for (series, matchers) in selectors {
            let parts = ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end));
            let metric = parts.filter(|metric| types.get(metric) == Some(&"histogram")).unwrap_or(series);
            assert!(types.contains_key(metric), "{expression}: there is no {series}");
            asked.insert(metric.to_owned());
            let labels = scrape.labels(metric);
            for matcher in matchers {
                assert!(is_possible(&matcher, &labels), "{expression}: {metric} has no series with {matcher}");
            }
        }
    }
    assert_eq!(asked, types.into_keys().map(str::to_owned).collect(), "what is told and never looked at");
}

#[test]
fn every_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do() {
    let alerts = alerts();
    assert!(alerts.len() >= 4);
    for alert in alerts {
        let text = &alert.text;
        assert!(text.contains("severity: page\n") || text.contains("severity: ticket\n"), "{text}");
        let summary = text.lines().find_map(|line| line.trim_start().strip_prefix("summary: ")).unwrap_or_default();
        let what_to_do = text.split_once("\n          description: >-\n").map(|(_, text)| text).unwrap_or_default();
        assert!(summary.len() > 20 && what_to_do.len() > 100, "{text}");
        assert_eq!(alert.expression.matches('(').count(), alert.expression.matches(')').count(), "{text}");
    }
}

struct Alert {
    text: String,
    expression: String,
}

fn alerts() -> Vec<Alert> {
    let file = read("deploy/prometheus/alerts.yml");
    let rules = file.split("\n      - alert: ").skip(1);
    rules
        .map(|text| {
            let (_, from) = text.split_once("\n        expr: ").expect("an alert has an expression");
            let expression = match from.strip_prefix("|\n") {
                Some(block) => block.lines().take_while(|line| line.starts_with("          ")).collect(),
                None => from.lines().next().unwrap().to_owned(),
            };
            Alert { text: text.to_owned(), expression }
        })
        .collect()
}

/// The queries of all panels and variables.
fn dashboard_expressions() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/heirloom.json")).unwrap();
    let mut found = Vec::new();
    let mut unread = vec![&dashboard];
    while let Some(value) = unread.pop() {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if name == "expr" || name == "definition" => found.push(text.clone()),
                        _ => unread.push(value),
                    }
                }
            }
            Value::Array(values) => unread.extend(values),
            _ => {}
        }
    }
    found
}

/// The series that an expression names, each with what it asks of the labels.
fn selectors(expression: &str) -> Vec<(&str, Vec<String>)> {
    let starts = expression.match_indices("heirloom_").map(|(at, _)| &expression[at..]);
    starts
        .map(|from| {
            let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len());
            let (name, rest) = from.split_at(end);
            let matchers = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
            (name, matchers.split(", ").filter(|matcher| !matcher.is_empty()).map(str::to_owned).collect())
        })
        .collect()
}

/// Whether there can be a series with such a label. `job` and `instance` are Prometheus's own, and what a variable of the
/// dashboard stands for is not known here.
fn is_possible(matcher: &str, labels: &BTreeMap<&str, Vec<&str>>) -> bool {
    let (label, value) = matcher.split_once('=').or_else(|| matcher.split_once("!~")).expect("a matcher");
    let wanted = value.trim_matches(|c| c == '"' || c == '~');
    match labels.get(label.trim_end_matches('!')) {
        None => label == "job" || label == "instance",
        Some(_) if wanted.starts_with('$') || wanted.contains(".*") => true,
        Some(values) => wanted.split('|').all(|wanted| values.contains(&wanted)),
    }
}
