//! Modules import from lower layers only, and name nothing that belongs to another layer.

use crate::source::{CratePath, Source};
use crate::{assert_none, uses};

/// The modules, lowest first, and what each may import from besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("metrics", &[]),
    ("connections", &["metrics"]),
    ("telemetry", &[]),
    ("crypto", &["domain"]),
    ("config", &["domain"]),
    ("db", &["domain"]),
    ("embedded_postgres", &["domain"]),
    ("rotation_batcher", &["domain", "db"]),
    ("delivery", &["domain"]),
    ("service", &["domain", "crypto", "db", "delivery", "rotation_batcher"]),
    ("http", &["domain", "service", "metrics"]),
    (
        "app",
        &[
            "domain",
            "metrics",
            "connections",
            "telemetry",
            "crypto",
            "config",
            "db",
            "delivery",
            "embedded_postgres",
            "service",
            "http",
        ],
    ),
    ("cli", &["domain", "config", "app", "service", "db"]),
];

/// What a module imports beyond its row, and why.
struct Exception {
    module: &'static str,
    path: &'static [&'static str],
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception { module: "cli", path: &["crypto", "keys"], reason: "`secret generate` makes a key without a server" },
    Exception {
        module: "cli",
        path: &["http", "openapi_json"],
        reason: "`openapi` prints the document without a server",
    },
    Exception {
        module: "cli",
        path: &["http", "service_openapi_json"],
        reason: "`openapi --service` prints the document without a server",
    },
    Exception {
        module: "http",
        path: &["connections", "end_with_client"],
        reason: "a refresh is not carried out for a client that has left",
    },
    Exception { module: "cli", path: &["telemetry"], reason: "logging starts before anything that logs" },
];

/// What a module never names, nor anything that begins so: module, name, and the one file that may.
const NEVER: &[(&str, &str, &str)] = &[
    ("domain", "diesel", ""),
    ("domain", "actix", ""),
    ("domain", "tokio", ""),
    ("domain", "std::fs", ""),
    ("domain", "SystemTime", "src/domain/clock.rs"),
    ("domain", "Instant", "src/domain/clock.rs"),
    ("domain", "now_utc", "src/domain/clock.rs"),
    ("crypto", "actix", ""),
    ("crypto", "diesel", ""),
    ("config", "actix", ""),
    ("config", "diesel", ""),
    ("db", "actix", ""),
    ("rotation_batcher", "actix", ""),
    ("rotation_batcher", "diesel", ""),
    ("service", "actix", ""),
    ("service", "StatusCode", ""),
    ("http", "diesel", ""),
    ("http", "r2d2", ""),
];

/// The modules that read the environment. Settings come from it through clap, in `config`.
const READ_THE_ENVIRONMENT: &[&str] = &["config", "cli", "embedded_postgres"];

fn exception_for(module: &str, path: &CratePath) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        exception.module == module
            && path.segments.iter().map(String::as_str).take(exception.path.len()).eq(exception.path.iter().copied())
    })
}

/// The imports of a file that the table does not allow. Adds the exceptions that it makes use of to `used`.
fn forbidden_imports(source: &Source, used: &mut Vec<usize>) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in source.crate_paths() {
        let to = path.segments[0].as_str();
        let is_allowed = match source.module() {
            None => source.path == "src/main.rs" && to == "cli",
            Some(module) if module == to => true,
            Some(module) => match LAYERS.iter().find(|(name, _)| *name == module) {
                Some((_, allowed)) if allowed.contains(&to) => true,
                _ => exception_for(module, &path).inspect(|&exception| used.push(exception)).is_some(),
            },
        };
        if !is_allowed {
            let module = source.module().unwrap_or("the root");
            let path_text = path.segments.join("::");
            complaints.push(format!("{}:{}: {module} may not import {path_text}", source.path, path.line));
        }
    }
    complaints
}

#[test]
fn every_module_imports_from_lower_layers_only() {
    let mut used = Vec::new();
    let complaints: Vec<String> =
        Source::below("src").iter().flat_map(|source| forbidden_imports(source, &mut used)).collect();
    assert_none(&complaints);
    for (at, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(
            used.contains(&at),
            "{} no longer imports {}, so the exception ({}) can go",
            exception.module,
            exception.path.join("::"),
            exception.reason
        );
    }
}

#[test]
fn every_module_has_a_row_in_the_table_and_rows_allow_earlier_modules_only() {
    for source in Source::below("src") {
        if let Some(module) = source.module() {
            assert!(LAYERS.iter().any(|(name, _)| *name == module), "{}: no row for {module}", source.path);
        }
    }
    for (at, (module, allowed)) in LAYERS.iter().enumerate() {
        let is_below = |name: &&str| LAYERS[..at].iter().any(|(lower, _)| lower == name);
        assert!(allowed.iter().all(is_below), "{module} may import from a module that is not below it");
    }
}

#[test]
fn modules_name_nothing_that_belongs_to_another_layer() {
    let sources = Source::below("src");
    let in_module = |module: &str, home: &str| {
        sources.iter().filter(|source| source.module() == Some(module) && source.path != home).collect::<Vec<_>>()
    };
    let found = NEVER.iter().flat_map(|&(module, word, home)| {
        in_module(module, home).into_iter().flat_map(move |source| uses(source, word))
    });
    assert_none(&found.collect::<Vec<_>>());
}

#[test]
fn only_the_modules_that_read_settings_read_the_environment() {
    let sources = Source::below("src");
    let is_other = |source: &&Source| source.module().is_none_or(|module| !READ_THE_ENVIRONMENT.contains(&module));
    let reads = |source| ["std::env", "env::"].into_iter().flat_map(move |name| uses(source, name));
    let mut found: Vec<String> = sources.iter().filter(is_other).flat_map(reads).collect();
    // The arguments enter where the process begins.
    found.retain(|line| !(line.starts_with("src/main.rs:") && line.contains("std::env::args_os()")));
    // `PGOPTIONS` is libpq's own variable. libpq reads it only while a connection string has no options.
    found.retain(|line| !(line.starts_with("src/db/connector.rs:") && line.contains("std::env::var_os(")));
    assert_none(&found);
}

#[test]
fn a_forbidden_import_is_reported_with_its_file_and_line() {
    let complaints = |path: &str, text: &str| forbidden_imports(&Source::new(path, text), &mut Vec::new());
    let text = "use crate::domain::ids::UserId;\n\nuse crate::{\n    crypto::keys,\n    service::Service,\n};\n";
    assert_eq!(complaints("src/service/login.rs", text), [""; 0]);
    assert_eq!(
        complaints("src/db/users.rs", text),
        ["src/db/users.rs:4: db may not import crypto::keys", "src/db/users.rs:5: db may not import service::Service"]
    );
    assert_eq!(complaints("src/cli/mod.rs", "use crate::crypto::keys;\nuse crate::crypto::jwk;").len(), 1);
    assert_eq!(complaints("src/db.rs", "use super::http;"), ["src/db.rs:1: db may not import http"]);
    assert_eq!(complaints("src/attic.rs", "use crate::domain;").len(), 1, "a module without a row imports nothing");
    assert_eq!(complaints("src/main.rs", "fn main() { heirloom::db::open() }").len(), 1);
}
