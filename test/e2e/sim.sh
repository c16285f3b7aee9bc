#!/bin/bash
# Random runs of the simulator: fixed seeds, which every change must pass, and fresh ones for as long as the budget lasts
# (MU_SIM_SECONDS; 20 when it is not set).
# timeout: 300
set -eu
sim=${MU_BUILD:-$(dirname "$(command -v muster)")}/muster-sim
if [[ ! -x $sim ]]; then
  echo "muster-sim was not built"
  exit 77
fi
seconds=${MU_SIM_SECONDS:-20}
"$sim" --first 1 --runs 30 2>/dev/null
"$sim" --first 31 --runs 10 --check-every 1 2>/dev/null
"$sim" --time "$seconds" 2>/dev/null
