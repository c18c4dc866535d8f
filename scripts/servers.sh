#!/usr/bin/env bash
# Installs prosody, PostgreSQL and Chromium, and nothing else, where one is missing and apt may be used without asking.
# Only the programs matter: tests and demo start their own servers and browsers. Never fails.
set -u

has_postgres() {
    command -v postgres >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

missing() {
    command -v prosody >/dev/null 2>&1 || echo prosody
    has_postgres || echo postgresql
    command -v chromium >/dev/null 2>&1 || echo chromium
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
        # One by one: a package that this machine's sources do not have must not keep the others away.
        for name in "${wanted[@]}"; do
            "${as_root[@]}" apt-get -qq install -y --no-install-recommends "$name" >/dev/null 2>&1
        done
        mapfile -t wanted < <(missing)
    fi
fi

for name in "${wanted[@]}"; do
    case "$name" in
        prosody) echo "servers: no prosody (apt-get install prosody): prosody tests are skipped" >&2 ;;
        postgresql) echo "servers: no PostgreSQL (apt-get install postgresql): postgres tests are skipped" >&2 ;;
        chromium) echo "servers: no Chromium (apt-get install chromium): tests of the panel in a browser are skipped" >&2 ;;
    esac
done
exit 0
