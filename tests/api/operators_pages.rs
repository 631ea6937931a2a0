//! What operators are given to read and to load names what a server really tells, all of it and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

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
            assert!(values.len() <= 30, "{name} has {} values of {label}", values.len());
        }
    }
}
