#!/bin/sh
# Runs a command with Node >= 20: the machine's own, else the pinned one from a Python package, put into .venv.
set -eu
cd "$(dirname "$0")/.."

fits='process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
if ! { command -v npm >/dev/null 2>&1 && node -e "$fits" >/dev/null 2>&1; }; then
    [ -x .venv/bin/npm ] ||
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
fi
exec "$@"
