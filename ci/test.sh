#!/usr/bin/env bash
# Sets up, builds and runs every test.
#
#   ci/test.sh            everything: unit and integration tests, the sanitizers, the style checks
#   ci/test.sh --quick    the unit part alone
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no
case "${1:-}" in
  '') ;;
  --quick) quick=yes ;;
  *) echo "usage: ci/test.sh [--quick]" >&2; exit 2 ;;
esac

step() { printf '\n== %s\n' "$*"; }

# What failed stands at the end as well, where a long log is read first.
failures() {
  local status=$?
  [ "$status" = 0 ] || { step "failed"; cat build/*/Testing/Temporary/LastTestsFailed*.log 2>/dev/null || true; }
  return "$status"
}
trap failures EXIT

# Tests with real processes, sockets and clocks: one that fails is asked once more, in case the machine was busy, and the
# log says so. What only computes has one try.
again=(--repeat until-pass:2)
with_processes='^(load|probes|run|target)\.'
export PYTEST_ADDOPTS="--reruns 1 -rR"

unit_tests() {
  ctest --preset "$1" --label-regex unit --exclude-regex "$with_processes" --parallel 2 </dev/null
  ctest --preset "$1" --label-regex unit --tests-regex "$with_processes" --parallel 2 "${again[@]}" </dev/null
}

step "set-up"
ci/setup.sh

step "build"
cmake --preset dev >/dev/null
cmake --build --preset dev

step "unit tests"
unit_tests dev
[ "$quick" = no ] || exit 0

step "style"
ci/lint.sh

step "calibration: error rates on made-up series, a twentieth of the full table"
ctest --preset dev --label-regex calibration </dev/null

step "integration tests: real servers, real processes"
ctest --preset dev --label-regex integration </dev/null

step "AddressSanitizer and UndefinedBehaviorSanitizer"
cmake --preset asan-ubsan >/dev/null
cmake --build --preset asan-ubsan
unit_tests asan-ubsan
# Not `programs`: a guardian with a sanitizer is larger than most of them, and the kernel counts it in.
ctest --preset asan-ubsan --tests-regex 'integration\.(findings|gc|hostile_text|machine_outputs|outputs|scaling|scratch|secrets|targets)' </dev/null

step "ThreadSanitizer, where there are threads"
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target load_test tidemark
ctest --preset tsan --tests-regex '^load\.|integration\.(budgets|memory_limit)' "${again[@]}" </dev/null
