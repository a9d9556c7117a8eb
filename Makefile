# The two commands of a newcomer are `make demo` and `make test`; both do all their set-up.
.PHONY: demo test lint bench build setup setup-test

demo: setup            ## an invented school, real listeners on loopback, and what happened to each message
	cargo run --locked --quiet -- demo

test: setup-test       ## everything, through the real doors
	cargo fmt --check
	cargo test --locked --no-fail-fast

lint: setup            ## what must be clean before a commit
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

bench: setup           ## criterion benchmarks; docs/performance.md says how to read them
	cargo bench --locked

build: setup           ## target/release/gatehouse
	cargo build --locked --release

setup:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh test
	@scripts/s3-server.sh
	@scripts/oidc-server.sh
	@scripts/axe.sh
