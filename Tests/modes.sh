#!/usr/bin/env bash
# Moves guests in every mode that there is and writes docs/modes.md.
# Options are those of `lab-trials modes`.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up
swift build --product lab-trials
exec "$(swift build --show-bin-path)/lab-trials" modes "$@"
