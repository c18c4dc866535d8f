#!/usr/bin/env bash
# Fails where the last measured run covers too little, branches counted:
# 95 % of the core, 95 % of each wire*.py by itself, 85 % of the whole package.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

coverage=.venv/bin/coverage
failed=0

gate() { # gate NAME LEAST [--include=…]
    local total
    total=$("$coverage" report --format=total "${@:3}") || { printf 'coverage: %s: nothing measured\n' "$1"; failed=1; return; }
    if "$coverage" report --fail-under="$2" "${@:3}" >/dev/null 2>&1; then
        printf 'coverage: %s: %s %% (at least %s)\n' "$1" "$total" "$2"
    else
        printf 'coverage: %s: %s %% is under %s\n' "$1" "$total" "$2"
        "$coverage" report "${@:3}" || true
        failed=1
    fi
}

# Processes that a test killed leave torn files behind: what can be read is taken, the rest goes.
"$coverage" combine --append --quiet >/dev/null 2>&1 || true
rm -f .coverage.*

gate guardian/core 95 '--include=guardian/core/*'
for wire in guardian/adapters/*/wire*.py; do
    [ -e "$wire" ] && gate "$wire" 95 "--include=$wire"
done
gate 'the whole package' 85
exit "$failed"
