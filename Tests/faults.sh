#!/usr/bin/env bash
# Breaks things at every moment of a move in every mode and writes docs/fault-matrix.md.
# Options are those of `lab-trials faults`.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up
swift build --product lab-trials
exec "$(swift build --show-bin-path)/lab-trials" faults "$@"
