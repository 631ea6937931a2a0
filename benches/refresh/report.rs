//! What is printed, and what is kept in `docs/benchmarks`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{ALONE, MANY, chart};

/// What one load came to, and cost.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Refreshes a second.
    pub throughput: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// In seconds for a thousand refreshes.
    pub server_cpu: f64,
    pub postgres_cpu: f64,
    /// In bytes for each.
    pub wal: f64,
    /// The share of updates that touched no index.
    pub heap_only: f64,
    /// In MiB.
    pub resident: f64,
}

#[derive(Default)]
pub struct Report {
    sessions: usize,
    /// p50 of one connection, in milliseconds.
    pub pgbench_alone: Vec<f64>,
    pub pgbench: Vec<f64>,
    pub pgbench_flushed: Vec<f64>,
    /// p50 of one client, in milliseconds.
    pub ping: Vec<f64>,
    refreshes: BTreeMap<usize, Vec<Measured>>,
}

/// A claim about this run, as a ratio.
struct Ratio {
    name: &'static str,
    value: f64,
    wanted: &'static str,
}

impl Report {
    pub fn new(sessions: usize) -> Self {
        Self { sessions, ..Self::default() }
    }

    pub fn refresh(&mut self, clients: usize, measured: Measured) {
        self.refreshes.entry(clients).or_default().push(measured);
    }

    pub fn print(&self) {
        println!("{} sessions; medians of {} rounds in one run\n", self.sessions, self.ping.len());
        println!(
            "{:<24} {:>9} {:>8} {:>8} {:>11} {:>11} {:>8} {:>9} {:>9}",
            "", "a second", "p50 ms", "p99 ms", "CPU s/1000", "in Postgres", "WAL B", "heap-only", "MiB"
        );
        for (&clients, rounds) in &self.refreshes {
            let m = |of: fn(&Measured) -> f64| median(rounds.iter().map(of).collect());
            println!(
                "{:<24} {:>9.0} {:>8.3} {:>8.3} {:>11.4} {:>11.4} {:>8.0} {:>8.1}% {:>9.1}",
                format!("/refresh, {clients} clients"),
                m(|m| m.throughput),
                m(|m| m.p50),
                m(|m| m.p99),
                m(|m| m.server_cpu),
                m(|m| m.postgres_cpu),
                m(|m| m.wal),
                100.0 * m(|m| m.heap_only),
                m(|m| m.resident),
            );
        }
        println!("{:<24} {:>9.0}", "pgbench, 8 connections", median(self.pgbench.clone()));
        println!("{:<24} {:>9.0}", "pgbench, flushed", median(self.pgbench_flushed.clone()));
        println!("{:<24} {:>9} {:>8.3}", "pgbench, 1 connection", "", median(self.pgbench_alone.clone()));
        println!("{:<24} {:>9} {:>8.3}\n", "/ping, 1 client", "", median(self.ping.clone()));
        for ratio in self.ratios() {
            println!("{:<72} {:>6.2}   wanted: {}", ratio.name, ratio.value, ratio.wanted);
        }
    }

    pub fn write(&self, directory: &str) {
        let directory = Path::new(directory);
        fs::create_dir_all(directory).unwrap();
        let text = serde_json::to_string_pretty(&self.json()).unwrap() + "\n";
        fs::write(directory.join("refresh.json"), text).unwrap();
        let bars: Vec<(String, f64)> = self.bars();
        fs::write(directory.join("refresh.svg"), chart::bars("Refreshes a second", &bars)).unwrap();
    }

    fn bars(&self) -> Vec<(String, f64)> {
        let refreshes = self.refreshes.iter().map(|(clients, rounds)| {
            let name = format!("/refresh, {clients} client{}", if *clients == 1 { "" } else { "s" });
            (name, median(rounds.iter().map(|m| m.throughput).collect()))
        });
        let pgbench = [("pgbench, no flush", &self.pgbench), ("pgbench, flushed", &self.pgbench_flushed)];
        refreshes.chain(pgbench.map(|(name, rounds)| (name.to_owned(), median(rounds.clone())))).collect()
    }

    /// Each is the median of the rounds' own.
    fn ratios(&self) -> Vec<Ratio> {
        let of = |clients: usize, of: fn(&Measured) -> f64| -> Vec<f64> {
            self.refreshes.get(&clients).map_or_else(Vec::new, |rounds| rounds.iter().map(of).collect())
        };
        let alone: Vec<f64> = self.pgbench_alone.iter().zip(&self.ping).map(|(pgbench, ping)| pgbench + ping).collect();
        vec![
            Ratio {
                name: "/refresh with 64 clients : pgbench without flush",
                value: median_ratio(&of(MANY, |m| m.throughput), &self.pgbench),
                wanted: "at least 1.0",
            },
            Ratio {
                name: "/refresh with 64 clients : pgbench with a flush for each commit",
                value: median_ratio(&of(MANY, |m| m.throughput), &self.pgbench_flushed),
                wanted: "at least 1.8",
            },
            Ratio {
                name: "p50 of /refresh with 1 client : p50 of pgbench with 1 connection + of /ping",
                value: median_ratio(&of(ALONE, |m| m.p50), &alone),
                wanted: "at most 1.5",
            },
            Ratio {
                name: "bytes of WAL for a refresh, 64 clients",
                value: median(of(MANY, |m| m.wal)),
                wanted: "at most 300",
            },
        ]
    }

    fn json(&self) -> Value {
        let refreshes: Vec<Value> = self
            .refreshes
            .iter()
            .map(|(clients, rounds)| {
                let m = |of: fn(&Measured) -> f64| rounded(median(rounds.iter().map(of).collect()));
                json!({
                    "clients": clients,
                    "per_second": m(|m| m.throughput),
                    "p50_ms": m(|m| m.p50),
                    "p99_ms": m(|m| m.p99),
                    "server_cpu_seconds_per_thousand": m(|m| m.server_cpu),
                    "postgres_cpu_seconds_per_thousand": m(|m| m.postgres_cpu),
                    "wal_bytes": m(|m| m.wal),
                    "heap_only_share": m(|m| m.heap_only),
                    "resident_mib": m(|m| m.resident),
                })
            })
            .collect();
        let ratios = self.ratios().into_iter();
        json!({
            "sessions": self.sessions,
            "rounds": self.ping.len(),
            "refresh": refreshes,
            "pgbench": {
                "per_second": rounded(median(self.pgbench.clone())),
                "per_second_flushed": rounded(median(self.pgbench_flushed.clone())),
                "p50_ms_one_connection": rounded(median(self.pgbench_alone.clone())),
            },
            "ping_p50_ms": rounded(median(self.ping.clone())),
            "ratios": ratios
                .map(|ratio| json!({ "what": ratio.name, "value": rounded(ratio.value), "wanted": ratio.wanted }))
                .collect::<Vec<_>>(),
        })
    }
}

/// The median of the rounds' own ratios.
pub fn median_ratio(rounds: &[f64], others: &[f64]) -> f64 {
    median(rounds.iter().zip(others).map(|(one, other)| one / other).collect())
}

/// The middle one; NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
