#!/usr/bin/env bash
# Installs what building, testing and the sample applications need: Debian packages, and one Python
# virtual environment in .venv. Says what it does; does nothing that is done already.
#
#   ci/setup.sh
#
# TIDEMARK_OFFLINE=1 leaves PyPI out and takes Debian's Django, gunicorn and psycopg2.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# --- Debian packages ---------------------------------------------------------------------------------

packages=(
  g++ cmake ninja-build
  libcurl4-openssl-dev libyaml-cpp-dev libfmt-dev libcli11-dev nlohmann-json3-dev libpugixml-dev
  libexpected-dev libjs-dygraphs libre2-dev libmodest-dev libssl-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 python3-venv python3-pytest python3-pytest-rerunfailures python3-yaml python3-jsonschema python3-prometheus-client
  libcsv-dev libxml2-utils nginx-light openssl redis-server postgresql uwsgi-core uwsgi-plugin-python3
)
# The report is tried in a browser where the distribution has one as a package; else those tests are skipped.
browser=(chromium chromium-driver python3-selenium)

# No pipes into `grep -q` here: it leaves at the first match, and under pipefail the writer's SIGPIPE reads as "no".
installed() { [[ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null || true)" == *'ok installed'* ]]; }
# `apt-cache show` would also know packages that others only mention.
available() { [[ "$(apt-cache policy "$1" 2>/dev/null || true)" == *'Candidate: '[!\(]* ]]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

install_packages() {
  say "installing: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null </dev/null || die "apt-get could not install: $*"
}

# Installing PostgreSQL makes a cluster and starts it; only the programs are wanted.
without_cluster() {
  local settings=/etc/postgresql-common/createcluster.d status=0
  as_root mkdir -p "$settings"
  echo 'create_main_cluster = false' | as_root tee "$settings/tidemark.conf" >/dev/null
  ("$@") || status=$?
  as_root rm -f "$settings/tidemark.conf"
  return "$status"
}

# Boost.Process v1 is in all of these; distributions carry one or the other.
boost_package() {
  local candidate
  for candidate in libboost1.81-dev libboost1.83-dev libboost1.88-dev libboost1.90-dev libboost-dev; do
    if installed "$candidate" || available "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo libboost-dev
}

missing_packages() {
  local package
  for package in "${packages[@]}" "$(boost_package)"; do
    installed "$package" || echo "$package"
  done
  for package in "${browser[@]}"; do
    installed "$package" || ! available "$package" || echo "$package"
  done
}

command -v apt-get >/dev/null || die "this is no Debian or Ubuntu: install the packages named in ci/setup.sh by hand"
if [ -n "$(missing_packages)" ]; then
  say "fetching package lists"
  as_root apt-get update -qq </dev/null || say "apt-get update failed; going on with the lists there are"
  mapfile -t missing < <(missing_packages)
  if installed postgresql; then
    install_packages "${missing[@]}"
  else
    without_cluster install_packages "${missing[@]}"
  fi
else
  say "all Debian packages are there"
fi

# --- The sample applications' Python environment -----------------------------------------------------

venv=.venv
requirements=(scenarios/django-shop/requirements.txt tests/requirements.txt)
stamp="$venv/.installed-from"

make_venv() { /usr/bin/python3 -m venv --clear "$@" "$venv" || die "cannot create $venv"; }

[ "${TIDEMARK_OFFLINE:-}" != 1 ] || wanted="$stamp.offline"
if [ -f "${wanted:=$stamp}" ] && cmp -s "$wanted" <(cat "${requirements[@]}"); then
  say "$venv is up to date"
else
  say "creating $venv from ${requirements[*]}"
  make_venv
  if [ "${TIDEMARK_OFFLINE:-}" != 1 ] &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}" </dev/null; then
    cat "${requirements[@]}" >"$stamp"
  else
    say "PyPI cannot be reached: taking Debian's Django, gunicorn and psycopg2; scenarios that need a newer Django are skipped"
    install_packages python3-django python3-psycopg2 gunicorn
    make_venv --system-site-packages
    # With PyPI within reach another time, the pinned versions are wanted: no stamp but for offline runs.
    [ "${TIDEMARK_OFFLINE:-}" != 1 ] || cat "${requirements[@]}" >"$stamp.offline"
  fi
fi

# --- CMake presets -----------------------------------------------------------------------------------

# CMake looks for presets beside the top CMakeLists.txt only.
[ -e CMakePresets.json ] || ln -s ci/CMakePresets.json CMakePresets.json
say "done"
