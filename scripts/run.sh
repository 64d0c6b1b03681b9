#!/usr/bin/env bash
# The whole app: private database, sandbox, demo people. A second start takes seconds and keeps the data.
. "$(dirname "$0")/lib.sh"

say "looking for what is missing"
scripts/setup.sh run
step "building the browser half" scripts/front.sh
step "building the server" cargo build --quiet --features sandbox
say "starting"
exec target/debug/kairos serve
