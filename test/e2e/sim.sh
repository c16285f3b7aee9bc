#!/bin/bash
# Random runs of the simulator with fixed seeds, which every change must pass; and with MU_SIM_SECONDS set, fresh ones for so
# long.
# timeout: 300
set -eu
sim=${MU_BUILD:-$(dirname "$(command -v muster)")}/muster-sim
if [[ ! -x $sim ]]; then
  echo "muster-sim was not built"
  exit 77
fi
if "$sim" --agents 3 --runs 1 2>"$TMPDIR/refused" || ! grep -q "need 4 at least" "$TMPDIR/refused"; then
  cat "$TMPDIR/refused"
  exit 1
fi
"$sim" --first 1 --runs 200 2>/dev/null
"$sim" --first 31 --runs 10 --check-every 1 2>/dev/null
"$sim" --first 1 --runs 60 --code 2>/dev/null
if [[ ${MU_SIM_SECONDS:-0} -gt 0 ]]; then
  "$sim" --time "$MU_SIM_SECONDS" 2>/dev/null
fi
