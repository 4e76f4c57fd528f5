#!/usr/bin/env bash
# Moves a guest back and forth hundreds of times in one process and writes docs/soak.md.
# Options are those of `lab-trials soak`.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up
swift build --product lab-trials
exec "$(swift build --show-bin-path)/lab-trials" soak "$@"
