#!/bin/sh
# PostgreSQL 15 with its JIT at work, in a cluster of its own below the folder $1: prints the number of the process whose code
# it is, and goes on until it is killed. The server's processes notice that, and end.
set -eu
bin=/usr/lib/postgresql/15/bin
folder=$1/postgres
mkdir "$folder"
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  # It refuses to run as root.
  chown postgres "$folder"
  as() { runuser -u postgres -- "$@"; }
  chmod a+x "$1"
fi
cd "$folder"
as "$bin/initdb" -D "$folder/data" -A trust -N > /dev/null
as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c jit_debugging_support=on -c jit_above_cost=0 \
  -c max_parallel_workers_per_gather=0 -c fsync=off -c client_connection_check_interval=500ms > log 2>&1 &
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  ! as "$bin/pg_isready" -q -h "$folder" || break
  sleep 0.4
done
# The number first, and then one query without end, whose expressions are compiled.
as "$bin/psql" -h "$folder" -d postgres -At \
  -c "select 'pid ' || pg_backend_pid()" \
  -c "select sum(length(i::text) * 2) from (select generate_series(1, 2000000000) i) numbers where i % 3 = 0"
