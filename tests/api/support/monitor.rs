//! The operator's monitor, which knows the admin address.

use std::collections::BTreeMap;

use ureq::Agent;

use super::wire::{Wire, agent};
use super::{Answer, App};

pub struct Monitor {
    url: String,
    agent: Agent,
}

impl App {
    pub fn monitor(&self) -> Monitor {
        Monitor { url: self.admin_url.clone().expect("a server with an admin address"), agent: agent() }
    }

    pub fn scrape(&self) -> Scrape {
        self.monitor().scrapes()
    }
}

impl Monitor {
    pub fn asks(&self, method: &str, path: &str) -> Answer {
        self.request(method, path).send()
    }

    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Wire<'a> {
        Wire::new(&self.agent, method, format!("{}{path}", self.url))
    }

    pub fn scrapes(&self) -> Scrape {
        let answer = self.asks("GET", "/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        Scrape(answer.text)
    }
}

/// What the metrics said at one moment.
pub struct Scrape(pub String);

impl Scrape {
    /// The value of one series, named in full, with its labels in the order of the alphabet.
    pub fn value(&self, series: &str) -> Option<f64> {
        self.series().find(|(name, _)| *name == series).map(|(_, value)| value.parse().unwrap())
    }

    /// A whole number of what has been counted so far, 0 for what is not there.
    pub fn count(&self, series: &str) -> u64 {
        self.value(series).unwrap_or_default() as u64
    }

    /// Each metric with its type, as declared.
    pub fn types(&self) -> BTreeMap<&str, &str> {
        let declared = self.0.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        declared.map(|line| line.split_once(' ').unwrap()).collect()
    }

    /// The values that each label of a metric has, without the buckets of histograms.
    pub fn labels(&self, metric: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut labels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let of_metric = self.series().filter_map(|(series, _)| {
            let (name, labels) = series.split_once('{')?;
            let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            (name == metric).then_some(labels.strip_suffix('}')?)
        });
        for pair in of_metric.flat_map(|labels| labels.split(',')) {
            let (name, value) = pair.split_once('=').unwrap();
            if name != "le" {
                labels.entry(name).or_default().push(value.trim_matches('"'));
            }
        }
        labels
    }

    fn series(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap())
    }
}
