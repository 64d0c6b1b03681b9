#!/usr/bin/env bash
# Takes the pictures of the README and of every page at three widths, light and dark, into docs/shots.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
step "building the browser half" scripts/front.sh
step "building the server" cargo build --quiet --features sandbox
step "taking pictures" node end2end/screenshots.mjs
