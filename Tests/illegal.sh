#!/usr/bin/env bash
# Asks the tool, and then libvirt itself, for every combination of options that must not be asked for, on a real lab, and
# writes what came of it to docs/illegal-flags.md. Fails when the tool let one pass. Options: --name of the lab.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up
echo "Building (some minutes the first time)" >&2
swift build --product lab-trials
swift build --product migrate
exec .build/debug/lab-trials illegal "$@"
