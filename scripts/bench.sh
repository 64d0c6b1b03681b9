#!/usr/bin/env bash
# Speed and memory as ratios against a bare server, in one run. Figures are printed with their budgets, never asserted.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
step "building Kairos as it is released" cargo build --quiet --release -p kairos
# Elsewhere, because with the sandbox it would be another program of the same name.
step "building the bare server, the load and the stand-in" \
  cargo build --quiet --release --features sandbox --bench serve --target-dir target/bench
cargo xtask with-database -- cargo bench --quiet --features sandbox --bench serve --target-dir target/bench
