#!/usr/bin/env bash
# Prepares Debian's PostgreSQL for OMS: database, who may sign in as which role, schema with roles and walls. As root:
#   deploy/postgresql.sh --user oms                       the services run here as the user oms (their socket, no passwords)
#   deploy/postgresql.sh --user oms --sealer oms-seal     the sealer runs as a user of its own
#   deploy/postgresql.sh --user oms --network 10.1.2.0/24 other hosts, too: TLS and passwords, written to ./oms.pgpass
# --database NAME (oms), --cluster NAME (main). Safe to repeat; after an upgrade of OMS it brings the schema up.
set -euo pipefail
cd "$(dirname "$0")/.."
user= sealer= network= database=oms cluster=main
while [ $# -gt 1 ]; do
  case "$1" in
    --user) user=$2 ;; --sealer) sealer=$2 ;; --network) network=$2 ;; --database) database=$2 ;; --cluster) cluster=$2 ;;
    *) echo "postgresql.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$user" ] && [ $# -eq 0 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "postgresql.sh: run it as root" >&2; exit 1; }
[[ $database =~ ^[a-z_][a-z0-9_]*$ ]] || { echo "postgresql.sh: a name of small letters for the database" >&2; exit 2; }
. deploy/environment.sh
packages postgresql
version=$(pg_lsclusters -h | awk -v c="$cluster" '$2 == c { print $1 }' | sort -n | tail -1)
[ -n "$version" ] || { echo "postgresql.sh: there is no cluster $cluster" >&2; exit 1; }
[ "$(pg_lsclusters -h | awk -v v="$version" -v c="$cluster" '$1 == v && $2 == c { print $4 }')" = online ] ||
  pg_ctlcluster "$version" "$cluster" start
port=$(pg_lsclusters -h | awk -v v="$version" -v c="$cluster" '$1 == v && $2 == c { print $3 }')
config=/etc/postgresql/$version/$cluster
as_server() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
ask() { as_server psql -X -q -A -t -v ON_ERROR_STOP=1 -p "$port" -d "${2:-postgres}" -c "$1"; }

[ "$(ask "SELECT 1 FROM pg_database WHERE datname = '$database'")" = 1 ] ||
  ask "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
ask "REVOKE CONNECT, TEMPORARY ON DATABASE $database FROM PUBLIC"

# whose system user may be which role: the services' user all but the sealer where that has a user of its own
mark="# oms $database"
sed -i "/$mark\$/d" "$config/pg_ident.conf" "$config/pg_hba.conf"
{
  for role in oms_app oms_worker; do echo "oms_$database $user $role $mark"; done
  echo "oms_$database ${sealer:-$user} oms_sealer $mark"
  for owner in root postgres; do echo "oms_$database $owner postgres $mark"; done
} >> "$config/pg_ident.conf"
{
  echo "local $database oms_app,oms_worker,oms_sealer,postgres peer map=oms_$database $mark"
  [ -z "$network" ] || echo "hostssl $database oms_app,oms_worker,oms_sealer $network scram-sha-256 $mark"
  cat "$config/pg_hba.conf"
} > "$config/pg_hba.conf.new"
chown --reference="$config/pg_hba.conf" "$config/pg_hba.conf.new"
chmod --reference="$config/pg_hba.conf" "$config/pg_hba.conf.new"
mv "$config/pg_hba.conf.new" "$config/pg_hba.conf"
ask "SELECT pg_reload_conf()" >/dev/null
sleep 1  # the server reads its rules anew a moment later

OMS_DATABASE_ADMIN_URL="postgresql+psycopg://postgres@/$database?host=/var/run/postgresql&port=$port" \
  .venv/bin/oms setup --schema
ask "GRANT CONNECT ON DATABASE $database TO oms_app, oms_worker, oms_sealer"

if [ -n "$network" ]; then
  [ "$(ask "SHOW ssl")" = on ] || { echo "postgresql.sh: the server speaks no TLS; set ssl = on first" >&2; exit 1; }
  ask "ALTER SYSTEM SET listen_addresses = '*'"
  ask "ALTER SYSTEM SET password_encryption = 'scram-sha-256'"
  umask 077
  : > oms.pgpass
  for role in oms_app oms_worker oms_sealer; do
    secret=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
    # through the pipe, not as an argument: arguments are there for every user to read
    printf "ALTER ROLE %s PASSWORD '%s';\n" "$role" "$secret" | as_server psql -X -q -v ON_ERROR_STOP=1 -p "$port" -d postgres
    printf '*:%s:%s:%s:%s\n' "$port" "$database" "$role" "$secret" >> oms.pgpass
  done
  echo "passwords: $PWD/oms.pgpass – carry it to ~/.pgpass (0600) of the services' user on each host, then remove it here"
  echo "restart the server so that it listens: pg_ctlcluster $version $cluster restart"
fi
echo "OMS_DATABASE_URL=postgresql+psycopg://oms_app@/$database?host=/var/run/postgresql&port=$port"
