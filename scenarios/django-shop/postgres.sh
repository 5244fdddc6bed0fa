#!/bin/sh
# postgres.sh FOLDER: a PostgreSQL server of its own, in the foreground, with its data and its socket in
# FOLDER, which is made at first use. It listens on no port: whoever may enter FOLDER is trusted, others
# do not reach it. Debian's own cluster and its settings are left alone.
set -eu
folder=$1

newest() { printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1; }
bin=$(newest)
[ -x "$bin/postgres" ] || {
  echo "postgres.sh: there is no PostgreSQL server in /usr/lib/postgresql: apt-get install postgresql" >&2
  exit 1
}

mkdir -p -m 700 "$folder"
# PostgreSQL refuses to run as root. As another user it could not enter the folders above FOLDER, which
# are root's alone: so FOLDER is opened here, handed over, and named by its descriptor from then on.
set --
if [ "$(id -u)" = 0 ]; then
  chown postgres: "$folder"
  set -- setpriv --reuid postgres --regid postgres --clear-groups --pdeathsig QUIT
fi
exec 3<"$folder"
data=/proc/self/fd/3
cd /

# Nothing here must survive a power cut, and a small server is copied sooner.
[ -e "$folder/PG_VERSION" ] ||
  "$@" "$bin/initdb" --pgdata "$data" --username shop --auth-local trust --auth-host reject \
    --encoding UTF8 --locale C --wal-segsize 1 --no-sync --no-instructions >&2

exec "$@" "$bin/postgres" -D "$data" -k "$data" -c listen_addresses= -c fsync=off \
  -c full_page_writes=off -c shared_buffers=16MB -c min_wal_size=2MB -c max_wal_size=64MB \
  -c dynamic_shared_memory_type=mmap -c autovacuum=off -c jit=off
