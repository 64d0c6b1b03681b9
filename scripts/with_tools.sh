#!/usr/bin/env bash
# Runs a command with the tools folder on the PATH.
. "$(dirname "$0")/lib.sh"
exec "$@"
