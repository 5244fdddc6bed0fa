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

step "set-up"
ci/setup.sh

step "build"
cmake --preset dev >/dev/null
cmake --build --preset dev

step "unit tests"
ctest --preset dev --label-regex unit --parallel 2 </dev/null
[ "$quick" = no ] || exit 0

step "style"
ci/lint.sh

step "calibration: error rates on made-up series, a twentieth of the full table"
ctest --preset dev --label-regex calibration </dev/null

# They wait for real processes: one that fails is asked once more, in case the machine was busy.
again=(--repeat until-pass:2)

step "integration tests: real servers, real processes"
ctest --preset dev --label-regex integration "${again[@]}" </dev/null

step "AddressSanitizer and UndefinedBehaviorSanitizer"
cmake --preset asan-ubsan >/dev/null
cmake --build --preset asan-ubsan
ctest --preset asan-ubsan --label-regex unit --parallel 2 </dev/null
# Not `programs`: a guardian with a sanitizer is larger than most of them, and the kernel counts it in.
ctest --preset asan-ubsan --tests-regex 'integration\.(findings|gc|hostile_text|machine_outputs|outputs|scaling|scratch|secrets|targets)' "${again[@]}" </dev/null

step "ThreadSanitizer, where there are threads"
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target load_test tidemark
ctest --preset tsan --tests-regex '^load\.|integration\.(budgets|memory_limit)' "${again[@]}" </dev/null
