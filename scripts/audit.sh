#!/usr/bin/env bash
# Known vulnerabilities, where the advisory database can be had. ADVISORY_DB may name a local copy of it.
. "$(dirname "$0")/lib.sh"

if [ -z "${ADVISORY_DB:-}" ]; then
  say "without network, ADVISORY_DB may name a local copy of https://github.com/RustSec/advisory-db"
  step "known vulnerabilities" cargo deny check advisories
  exit
fi
[ -d "$ADVISORY_DB/crates" ] || die "ADVISORY_DB is $ADVISORY_DB, which holds no folder named crates"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The name under which cargo-deny keeps its clone of the public database. It wants a clone with a moment of fetching, so that is what
# it gets, also when the copy is a bare folder.
clone="$folder/advisory-db-3157b0e258782691"
mkdir "$clone"
cp -r "$ADVISORY_DB/crates" "$clone/"
git -C "$clone" init --quiet
git -C "$clone" add --all
git -C "$clone" -c user.name=kairos -c user.email=kairos@localhost -c core.hooksPath=/dev/null commit --quiet --message "a copy of $ADVISORY_DB"
git -C "$clone" rev-parse HEAD >"$clone/.git/FETCH_HEAD"
sed "s#^\[advisories\]#[advisories]\ndb-path = \"$folder\"#" deny.toml >"$folder/deny.toml"
step "known vulnerabilities (from $ADVISORY_DB)" cargo deny --offline --config "$folder/deny.toml" check advisories
