#!/usr/bin/env bash
# Moves a live guest between two real libvirt hosts on this one machine, and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up
build_release
exec .build/release/migrate lab demo
