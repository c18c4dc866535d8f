#!/usr/bin/env bash
# Installs prosody and PostgreSQL, and nothing else, where one is missing and apt may be used without asking.
# Only the programs matter: tests and demo start their own servers on loopback. Never fails.
set -u

has_postgres() {
    command -v postgres >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

missing() {
    command -v prosody >/dev/null 2>&1 || echo prosody
    has_postgres || echo postgresql
}

mapfile -t wanted < <(missing)
[ "${#wanted[@]}" -eq 0 ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; then
        echo "servers: installing ${wanted[*]}" >&2
        export DEBIAN_FRONTEND=noninteractive
        "${as_root[@]}" apt-get -qq update >/dev/null 2>&1
        "${as_root[@]}" apt-get -qq install -y --no-install-recommends "${wanted[@]}" >/dev/null 2>&1
        mapfile -t wanted < <(missing)
    fi
fi

for name in "${wanted[@]}"; do
    case "$name" in
        prosody) echo "servers: no prosody (apt-get install prosody): prosody tests are skipped, the demo cannot run" >&2 ;;
        postgresql) echo "servers: no PostgreSQL (apt-get install postgresql): postgres tests are skipped" >&2 ;;
    esac
done
exit 0
