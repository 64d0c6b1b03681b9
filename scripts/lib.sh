# Shared by the scripts in this folder. Says what is done and how long it took.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools are kept outside the checkout, so that every checkout of a machine shares them.
TOOLS="${KAIROS_TOOLS:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/kairos}"
export PATH="$TOOLS/cargo/bin:$TOOLS/radicale/bin:$PATH"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

# step "what" command…: says it, does it, says how long it took.
step() {
  local what=$1 began=$SECONDS
  shift
  say "$what"
  "$@" || die "$what failed. The line to try again: $*"
  printf '    done in %s s\n' "$((SECONDS - began))"
}
