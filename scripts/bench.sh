#!/usr/bin/env bash
# Speed and memory as ratios against a bare server, in one run. Figures are printed with their budgets, never asserted.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
step "building with the release profile" cargo build --quiet --release --features sandbox --bench serve
cargo xtask with-database -- cargo bench --quiet --features sandbox --bench serve
