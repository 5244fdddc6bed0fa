#!/usr/bin/env bash
# Sets up, builds, and runs Tidemark on the Django shop: leaks and peaks, each beside its cure. Ends with
# 0 when every scenario ended as the file says it should.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release
export PATH="$PWD/.venv/bin:$PATH"
exec build/release/harness/cli/tidemark run scenarios/django-shop.yaml --output tidemark-out "$@"
