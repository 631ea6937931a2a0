# `make` without a target prints the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := target/tools
DIESEL := $(TOOLS)/bin/diesel
DENY := $(TOOLS)/bin/cargo-deny
DIESEL_VERSION := 2.3.14
DENY_VERSION := 0.20.2
CARGO_FUZZ := $(TOOLS)/bin/cargo-fuzz
CARGO_FUZZ_VERSION := 0.13.2
SCHEMATHESIS := $(TOOLS)/schemathesis/bin/schemathesis
SCHEMATHESIS_VERSION := 4.32.5
MDBOOK := $(TOOLS)/bin/mdbook
MDBOOK_VERSION := 0.5.4
MERMAID_VERSION := 12.3.0
MERMAID := $(TOOLS)/mermaid-$(MERMAID_VERSION).min.js
# What `make test` also runs with the sessions in hash partitions.
ON_PARTITIONS := -- batched_statements liveness login portable_sql races reuse rotation service_ sessions storage
# How long `make fuzz` runs each target, in seconds.
FUZZ_SECONDS := 180

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: setup web ## Build Heirloom and run it with an embedded database
	cargo build --release --locked
	exec target/release/heirloom serve

.PHONY: build
build: setup web ## Build the release binary
	cargo build --release --locked

.PHONY: test
test: setup test-setup web ## Run all tests, including those in a browser
	cargo test --locked --no-fail-fast
	cargo test --locked --no-fail-fast --package heirloom-verify --all-features
	HEIRLOOM_TEST_PARTITIONED=1 cargo test --locked --no-fail-fast --test api $(ON_PARTITIONS)
	cargo build --locked
	@scripts/web test
	@scripts/python test

# The page is the list of this suite: every file that it names runs as a whole, and every TypeScript file `field*`.
.PHONY: test-field
test-field: setup test-setup web ## Run the tests of the reports from the field, which `make test` runs too
	cargo test --locked --no-fail-fast --lib --test api --test process --test security -- \
	  every_report_from_the_field $$(grep -o '[a-z_]*\.rs::' docs/field-reports.md | sed 's/\.rs//' | sort -u)
	cargo build --locked
	@scripts/web test-field

.PHONY: test-partitioned
test-partitioned: setup test-setup ## Run the tests over HTTP with the sessions in hash partitions, and the tables in a schema of their own
	HEIRLOOM_TEST_PARTITIONED=1 cargo test --locked --no-fail-fast --test api

.PHONY: web
web: ## Build the client and the web app, which the server contains
	@scripts/web build

.PHONY: check
check: fmt-check clippy doc web-check python-check test schema-check openapi-check ## Everything that CI checks

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all
	@scripts/web format
	@scripts/python format

.PHONY: fmt-check
fmt-check:
	cargo fmt --all --check

.PHONY: clippy
clippy: setup web
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --package heirloom-verify --all-features --all-targets -- -D warnings

.PHONY: doc
doc: setup ## Build the code's documentation
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --package heirloom-verify --all-features

.PHONY: schema
schema: setup $(DIESEL) ## Write src/db/schema.rs from the migrations
	cargo run --locked --quiet --example with_database -- $(DIESEL) print-schema > target/schema.rs
	mv target/schema.rs src/db/schema.rs
	rustfmt --edition 2024 --config-path . src/db/schema.rs

.PHONY: schema-check
schema-check: setup $(DIESEL)
	cargo run --locked --quiet --example with_database -- $(DIESEL) print-schema > target/schema.rs
	rustfmt --edition 2024 --config-path . target/schema.rs
	diff -u src/db/schema.rs target/schema.rs || { echo 'src/db/schema.rs differs from what the migrations create: run `make schema`' >&2; exit 1; }

.PHONY: sql
sql: setup ## Write the batched statements' .sql files from their source
	HEIRLOOM_TEST_WRITE_SQL=1 cargo test --locked --quiet --test api batched_statements

.PHONY: vectors
vectors: setup ## Write vectors/access_tokens.json, which every verifier must pass
	HEIRLOOM_TEST_WRITE_VECTORS=1 cargo test --locked --quiet --test access_tokens vectors

.PHONY: openapi
openapi: setup ## Write openapi.json and service-openapi.json from the routes
	cargo run --locked --quiet -- openapi > target/openapi.json
	cargo run --locked --quiet -- openapi --service > target/service-openapi.json
	mv target/openapi.json openapi.json
	mv target/service-openapi.json service-openapi.json

.PHONY: openapi-check
openapi-check: setup
	cargo run --locked --quiet -- openapi > target/openapi.json
	diff -u openapi.json target/openapi.json || { echo 'openapi.json differs from the routes: run `make openapi`' >&2; exit 1; }
	cargo run --locked --quiet -- openapi --service > target/service-openapi.json
	diff -u service-openapi.json target/service-openapi.json || { echo 'service-openapi.json differs from the routes: run `make openapi`' >&2; exit 1; }

.PHONY: web-check
web-check: ## Check the TypeScript: format, types, lints
	@scripts/web check

.PHONY: python-check
python-check: test-setup ## Check the Python: format, types, lints
	@scripts/python check

.PHONY: types
types: ## Write the client's types from openapi.json
	@scripts/web types

.PHONY: docs
docs: $(MDBOOK) $(MERMAID) ## Build the documentation as a site in target/site, and check its links
	scripts/docs $(MDBOOK) $(MERMAID)

.PHONY: deny
deny: $(DENY) ## Check licences, bans, sources and, if they can be fetched, advisories
	$(DENY) check licenses bans sources
	@scripts/web licences
	@if $(DENY) fetch db >/dev/null 2>&1; then $(DENY) check advisories; \
	  else echo 'The advisories were not checked, because their database could not be fetched.' >&2; fi

# No sanitizer, and so no nightly compiler: our code has no unsafe blocks. An input that fails is kept in
# target/fuzz-corpus. Move it to fuzz/corpus, which `make test` replays.
.PHONY: fuzz
fuzz: setup $(CARGO_FUZZ) ## Fuzz the parsers, FUZZ_SECONDS for each target
	for target in tokens service_keys tickets cookies bodies forwarded import_lines; do \
	  mkdir -p target/fuzz-corpus/$$target; \
	  $(CARGO_FUZZ) run --fuzz-dir fuzz --target-dir target/fuzz --sanitizer none $$target \
	    target/fuzz-corpus/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 -artifact_prefix=target/fuzz-corpus/$$target-; \
	done

.PHONY: schemathesis
schemathesis: setup $(SCHEMATHESIS) ## Test the running program with valid and invalid requests from its OpenAPI document
	cargo build --locked
	scripts/schemathesis $(SCHEMATHESIS) target/debug/heirloom

.PHONY: timing
timing: setup ## Compare the time of a login, of a forgotten password and of a registration for known and unknown accounts
	cargo run --locked --release --example login_timing
	cargo run --locked --release --example mail_timing

.PHONY: import-load
import-load: setup ## Import 100,000 users with five kinds of hashes, log some of them in, and print lines a second
	cargo build --locked --release
	cargo run --locked --release --example import_load

.PHONY: outbox
outbox: setup test-setup web ## Send 10,000 messages while processes are killed, which `make test` does with 400
	HEIRLOOM_TEST_MESSAGES=10000 cargo test --locked --test process -- --nocapture no_message_is_lost

.PHONY: bench
bench: setup ## Compare refreshes with pgbench, and with claims, and write docs/benchmarks
	cargo bench --locked --bench refresh
	cargo bench --locked --bench refresh -- claims

.PHONY: soak
soak: setup ## Break servers and database for ten minutes, and check what clients saw (HEIRLOOM_SOAK_SECONDS, _SEED, _ONLY)
	cargo build --locked --bins --example soak
	target/debug/examples/soak --write docs/reliability.md

.PHONY: setup
setup: ## Install the system packages that the build needs, if permitted
	@scripts/setup

.PHONY: test-setup
test-setup:
	@scripts/setup tests
	@scripts/smtp-server

.PHONY: clean
clean: ## Remove all build output
	cargo clean
	rm -rf web/node_modules web/*/node_modules web/*/dist

$(DIESEL):
	cargo install --quiet --locked --root $(TOOLS) diesel_cli --version $(DIESEL_VERSION) --no-default-features --features postgres

$(MDBOOK):
	cargo install --quiet --locked --root $(TOOLS) mdbook --version $(MDBOOK_VERSION) --no-default-features --features search

# Draws the diagrams in the reader's browser, without another host. MIT.
$(MERMAID):
	mkdir -p $(TOOLS)
	cd $(TOOLS) && npm pack --silent mermaid@$(MERMAID_VERSION)
	tar -xzf $(TOOLS)/mermaid-$(MERMAID_VERSION).tgz -O package/dist/mermaid.min.js > $@.part
	rm $(TOOLS)/mermaid-$(MERMAID_VERSION).tgz
	mv $@.part $@

$(SCHEMATHESIS):
	python3 -m venv $(TOOLS)/schemathesis
	$(TOOLS)/schemathesis/bin/pip install --quiet schemathesis==$(SCHEMATHESIS_VERSION)

$(CARGO_FUZZ):
	cargo install --quiet --locked --root $(TOOLS) cargo-fuzz --version $(CARGO_FUZZ_VERSION)

$(DENY):
	cargo install --quiet --locked --root $(TOOLS) cargo-deny --version $(DENY_VERSION) --no-default-features
