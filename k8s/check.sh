#!/usr/bin/env bash
# Renders what k8s/ deploys and checks it: schemas, fields that no schema knows, time to drain, a Deployment for every model package.
# Needs kubectl and npm; kustomize does for kubectl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

render() {
  if command -v kubectl > /dev/null; then kubectl kustomize "$1"; else kustomize build "$1"; fi
}

cmp -s check/package-lock.json check/node_modules/.package-lock.mark || {
  npm ci --prefix check --no-audit --no-fund --loglevel=error
  cp check/package-lock.json check/node_modules/.package-lock.mark
}

for folder in . overlays/*/; do
  render "$folder" | node check/check.mjs "${folder%/}"
done
