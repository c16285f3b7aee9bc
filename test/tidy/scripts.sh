#!/bin/bash
# Every shell script of the tree passes shellcheck.
cd "$MU_SOURCE" || exit 1
if ! command -v shellcheck >/dev/null; then
  echo "shellcheck is not installed"
  exit 77
fi
mapfile -t scripts < <(grep -lE '^#!/bin/(ba)?sh' -r --exclude-dir='.git' --exclude-dir='build*' .)
exec shellcheck -S warning -x -P SCRIPTDIR "${scripts[@]}"
