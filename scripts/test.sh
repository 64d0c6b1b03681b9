#!/usr/bin/env bash
# Everything that must hold. Says each step and how long it took.
. "$(dirname "$0")/lib.sh"

say "looking for what is missing"
scripts/setup.sh
scripts/lint.sh
step "SQL is the one .sqlx/ was made for" cargo xtask prepare --check
step "licences, bans, sources" cargo deny --log-level error check bans licenses sources
step "building the browser half" scripts/front.sh
CALDAV_PYTHON="$TOOLS/caldav/bin/python"
export CALDAV_PYTHON
step "unit and integration tests" cargo xtask with-database -- cargo nextest run --workspace --features sandbox,domain/testing --no-fail-fast
# The server they start is the one the step above has built.
step "browser tests" node --test --test-concurrency=2 --test-force-exit --test-timeout=400000 end2end/*.test.mjs
say "everything holds"
