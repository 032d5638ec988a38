#!/bin/sh
# Runs npm ci when node_modules is not what package-lock.json says. Several builds may call it at once: the first
# installs, the others wait for it. A copy of the lock file inside node_modules, made last, marks a finished install.
set -eu
cd "$(dirname "$0")/.."
mark=node_modules/.espresso-package-lock.json

if command -v flock >/dev/null; then
    exec 9<package-lock.json
    flock 9
fi
if ! cmp -s package-lock.json "$mark"; then
    command -v npm >/dev/null || { echo "npm is missing: install Node 20 or later" >&2; exit 1; }
    echo "Fetching npm packages (about 400 MB unpacked) ..."
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json "$mark"
fi
