#!/usr/bin/env bash
# Sets the machine up and runs every test: the format, the edges under the thread sanitizer, then all of them, on a real
# lab. A skipped test is a failure: everything that a test could miss was just installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/setup.sh
set_up

# A crash must end the run, not wait for a backtrace that nobody reads.
export SWIFT_BACKTRACE=enable=no

log=$(mktemp)
finish() {
  rm -f "$log"
  # What a killed test left of its lab goes with the next `down` of any lab.
  [ ! -x .build/debug/migrate ] || .build/debug/migrate lab down --name after-tests
}
trap finish EXIT

# Runs `swift test` with the given options and fails when a test failed, was skipped or cancelled, or none ran.
run_tests() {
  swift test "$@" 2>&1 | tee "$log"
  if grep -E 'Test .*\) (skipped|was cancelled)' "$log"; then fail "Tests were skipped on a machine set up for all."; fi
  grep -qE 'Test run with [1-9][0-9]* tests? .*passed' "$log" || fail "No test ran."
}

echo "== format"
swift format lint --strict -r Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Micro

echo "== the edges under the thread sanitizer"
# swift-subprocess guards its state with Synchronization.Mutex, which the sanitizer cannot see on Linux.
TSAN_OPTIONS="suppressions=$PWD/Tests/thread-sanitizer.supp" run_tests --sanitize=thread \
  --scratch-path .build/thread-sanitizer --filter '^(ThreadsTests|LibvirtTests|DomainXMLTests|SSHTests|EngineTests)\.'

# Apart, so that emulated guests do not take the time that other tests have.
echo "== what needs no lab"
run_tests --skip '^LabTests\.'
echo "== the lab"
run_tests --filter '^LabTests\.'
echo "lab tests that ran: $(swift test list --skip-build 2>/dev/null | grep -c '^LabTests\.')"
