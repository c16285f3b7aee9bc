#!/bin/bash
# A failing random run is made smaller and printed as a scenario; the scenario and the printed command both fail in the same way.
# Proven with planted bugs, in a build that has them (make sim-selftest makes it); elsewhere only that such a build is asked for.
# timeout: 300
set -eu
top=$(dirname "$(readlink -f "$0")")/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
selftest=${MU_SELFTEST:-$top/build-selftest}/muster-sim
if [[ ! -x $selftest ]]; then
  echo "there is no build with planted bugs: make sim-selftest makes it"
  exit 77
fi
for how in rollup ledger single memory liveness "ledger --code"; do
  plant=${how%% *}
  # shellcheck disable=SC2086  # words
  "$selftest" --plant $how --runs 20 --first 1 --quiet >found.txt 2>/dev/null && { echo "$plant: nothing was found"; exit 1; }
  grep -q "^seed [0-9]* fails: $plant:" found.txt || { echo "$plant: another rule was broken"; cat found.txt; exit 1; }
  replay=$(sed -n 's/^replay: muster-sim //p' found.txt | tail -n 1)
  # shellcheck disable=SC2086  # words
  "$selftest" $replay --quiet >replayed.txt 2>/dev/null && { echo "$plant: the replay passes: $replay"; exit 1; }
  grep -q "$plant:" replayed.txt || { echo "$plant: the replay fails otherwise"; cat replayed.txt; exit 1; }
  sed '1,/^as a scenario/d' found.txt >shrunk.scn
  lines=$(wc -l <shrunk.scn)
  "$selftest" --plant "$plant" --scenario shrunk.scn --quiet >scenario.txt 2>/dev/null && { echo "$plant: the scenario passes"; cat shrunk.scn; exit 1; }
  grep -q "a rule was broken: $plant:" scenario.txt || { echo "$plant: the scenario fails otherwise"; cat scenario.txt; exit 1; }
  "$selftest" --scenario shrunk.scn --quiet >sound.txt 2>/dev/null || { echo "$plant: the scenario fails without the bug"; cat sound.txt; exit 1; }
  [[ $lines -lt 60 ]] || { echo "$plant: $lines lines are not short"; exit 1; }
  echo "$plant: $lines lines"
done
