#!/usr/bin/env bash
# Known vulnerabilities, where the advisory database can be had. ADVISORY_DB may name a local copy of it.
. "$(dirname "$0")/lib.sh"

if [ -n "${ADVISORY_DB:-}" ]; then
  [ -d "$ADVISORY_DB/crates" ] || die "ADVISORY_DB is $ADVISORY_DB, which holds no folder named crates"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  cp -r "$ADVISORY_DB" "$folder/advisory-db"
  sed "s#^\[advisories\]#[advisories]\ndb-path = \"$folder\"#" deny.toml >"$folder/deny.toml"
  step "known vulnerabilities (from $ADVISORY_DB)" cargo deny --config "$folder/deny.toml" check --disable-fetch advisories
else
  step "known vulnerabilities" cargo deny check advisories
fi
