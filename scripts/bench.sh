#!/usr/bin/env bash
# Speed and memory as ratios against a bare server, in one run. Figures are printed with their budgets, never asserted.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
step "building Kairos as it is released" cargo build --quiet --release -p kairos
step "building the bare server, the load and the stand-in" cargo build --quiet --release -p bench
step "building what starts Postgres" cargo build --quiet -p xtask
cargo xtask with-database --durable -- target/release/bench "$@"
