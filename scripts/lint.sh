#!/usr/bin/env bash
# Format, lints, rooms, release contents, secrets.
. "$(dirname "$0")/lib.sh"

step "format" cargo fmt --all --check
step "lints (clippy, warnings are errors)" cargo clippy --quiet --workspace --all-targets --features sandbox,domain/testing -- -D warnings
step "lints of a release build" cargo clippy --quiet -p kairos -- -D warnings
step "rooms keep to their cards" cargo xtask rooms --check
step "documents name what is there" cargo xtask documents
step "a release holds no sandbox" cargo xtask release-check
step "no secrets in git" cargo xtask secrets
