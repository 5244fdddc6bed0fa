#!/usr/bin/env bash
# Says what of the code is not in the house's style. Formatting is checked where clang-format 14 or later
# is installed; `ci/lint.sh --tidy` runs clang-tidy too, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(git ls-files '*.cc' '*.h')
if command -v clang-format >/dev/null; then
  clang-format --dry-run --Werror "${sources[@]}"
  echo "lint: clang-format has nothing to say"
else
  echo "lint: no clang-format here, formatting not checked"
fi
long=$(awk 'length($0) > 110 {print FILENAME ":" FNR ": longer than 110 characters"}' "${sources[@]}")
[ -z "$long" ] || { echo "$long"; exit 1; }
if [ "${1:-}" = --tidy ]; then
  [ -f build/dev/compile_commands.json ] || cmake --preset dev >/dev/null
  printf '%s\n' "${sources[@]}" | grep -E '^(harness|reporters)/.*\.cc$' |
    xargs -P "$(nproc)" -n 4 clang-tidy -p build/dev --quiet
fi
