#!/usr/bin/env bash
# Resolves requirements.lock (what an installation needs, PostgreSQL's driver and the reader of XLSX included) and
# requirements-dev.lock (the same versions and the development tools), with hashes, for uv and for pip alike.
# `scripts/lock.sh --upgrade` takes newer versions inside the ranges of pyproject.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --annotation-style line pyproject.toml "$@"
}

compile --extra postgres --extra xlsx -o requirements.lock "${@}"
compile --extra dev -c requirements.lock -o requirements-dev.lock "${@}"

# A lock names what and which bytes, never where from.
if grep -nE '://|^-' requirements.lock requirements-dev.lock; then
    echo 'lock: a lock file names a place; see the lines above' >&2
    exit 1
fi
