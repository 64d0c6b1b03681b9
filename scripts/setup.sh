#!/usr/bin/env bash
# Installs what is missing and nothing else: Postgres, Chromium, wasm-bindgen and the other tools, npm's tools, the wasm
# target. Idempotent. Works on Debian as root, and as anybody whose machine has the packages; elsewhere it names them.
. "$(dirname "$0")/lib.sh"

WASM_BINDGEN=0.2.130
SQLX=0.9.0
NEXTEST=0.9.143
DENY=0.20.2
RADICALE=3.9.0
XANDIKOS=0.4.10
LOCALSTRIPE=1.15.10

command -v cargo >/dev/null || die "Rust is missing. The line to type: see https://rustup.rs, then run this again"
command -v node >/dev/null && command -v npm >/dev/null || die "Node.js is missing. On Debian, as root: apt-get install nodejs npm"

# A build that runs out of disk ends in the middle of a compiler's sentence.
free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
if [ "$free" -lt 12 ] && [ ! -d target/debug ]; then
  say "only $free GB of disk are free here; a first build and the tests take about 10"
fi

# Name of the command or file that proves it, and Debian's package.
wanted=()
want() { [ -e "$1" ] || command -v "$1" >/dev/null || wanted+=("$2"); }
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || [ -x "${PG_BIN_DIR:-/nowhere}/initdb" ] || wanted+=(postgresql)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || wanted+=(chromium)
want brotli brotli
want cc gcc
want git git
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then wanted+=(python3 python3-venv); fi

install_packages() {
  # A cluster of Debian's own making would only take a port.
  mkdir -p /etc/postgresql-common && { [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf; }
  apt-get -q update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${wanted[@]}" >/dev/null
}
if [ ${#wanted[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    step "installing ${wanted[*]} (apt-get)" install_packages
  elif command -v apt-get >/dev/null; then
    die "these packages are missing: ${wanted[*]}. The line to type: sudo apt-get install ${wanted[*]}"
  else
    die "please install with your system's package manager: ${wanted[*]}"
  fi
fi

# crate version command: into the tools folder, unless that version is there or the command is on the PATH in that version.
cargo_tool() {
  local crate=$1 version=$2 command=$3
  shift 3
  if "$command" "${PROBE:---version}" 2>/dev/null | grep -qF "$version"; then return; fi
  step "installing $crate $version (cargo install)" env CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback CARGO_TARGET_DIR="$TOOLS/build" \
    cargo install --quiet "$crate" --version "$version" --root "$TOOLS/cargo" "$@"
}
cargo_tool wasm-bindgen-cli "$WASM_BINDGEN" wasm-bindgen
if [ "${1:-}" != run ]; then
  cargo_tool sqlx-cli "$SQLX" sqlx --no-default-features --features postgres
  cargo_tool cargo-nextest "$NEXTEST" cargo-nextest --locked
  cargo_tool cargo-deny "$DENY" cargo-deny
fi
rm -rf "$TOOLS/build"

if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  step "installing the npm tools" npm ci --silent --no-fund --no-audit
fi

make_caldav() {
  python3 -m venv "$TOOLS/caldav" && "$TOOLS/caldav/bin/pip" install --quiet --disable-pip-version-check "radicale==$RADICALE" "xandikos==$XANDIKOS" \
    "localstripe==$LOCALSTRIPE"
}
PROBE_CALDAV="from importlib.metadata import version as v; assert (v('radicale'), v('xandikos'), v('localstripe')) == ('$RADICALE', '$XANDIKOS', '$LOCALSTRIPE')"
if [ "${1:-}" != run ] && ! "$TOOLS/caldav/bin/python" -c "$PROBE_CALDAV" 2>/dev/null; then
  step "installing Radicale $RADICALE, Xandikos $XANDIKOS and localstripe $LOCALSTRIPE, servers that others wrote, for the tests" make_caldav
fi

scripts/wasm_env.sh >/dev/null

if [ -d .git ] && [ "$(git config core.hooksPath || true)" != .githooks ] && [ -z "${CI:-}" ]; then
  git config core.hooksPath .githooks
  say "git hooks are on: format and secrets are checked before each commit"
fi
