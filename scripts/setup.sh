#!/usr/bin/env bash
# Makes .venv with the locked development tools and the project itself (editable).
# By uv where it works, else by venv and pip; both install the same hashes. Run by `make setup`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

# The first Python that is new enough; nothing when there is none.
new_enough() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
}

# Debian ships Python without ensurepip unless python3-venv is there.
ensure_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then sudo=(sudo -n); fi
    if command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
        say "installing python3-venv"
        export DEBIAN_FRONTEND=noninteractive
        "${sudo[@]}" apt-get -qq update || true
        "${sudo[@]}" apt-get -qq install -y --no-install-recommends python3-venv >/dev/null || true
    fi
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$1 cannot make virtual environments. Install uv, or run: apt-get install python3-venv"
        exit 1
    fi
}

works() { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=$(new_enough)

if uv --version >/dev/null 2>&1; then
    works || uv venv --quiet --clear --python "${python:->=3.11}" .venv
    say "installing with uv"
    uv pip install --quiet --compile-bytecode --python .venv --require-hashes -r requirements-dev.lock
    uv pip install --quiet --python .venv --no-deps --no-build-isolation -e .
else
    if [ -z "$python" ]; then
        say "no Python 3.11 or newer found; install one, or uv"
        exit 1
    fi
    ensure_venv "$python"
    # An environment made by uv has no pip.
    if ! works || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear .venv
    fi
    say "installing with pip"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
.venv/bin/python -m compileall -q guardian  # so that the first start is as quick as the second
say "ready: .venv/bin/guardian"
