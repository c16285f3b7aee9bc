#!/bin/bash
# timeout: 180
# Operations on pods, plans and the configuration in quick succession, at random: nothing is lost, and it all comes down.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin storm
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
svc=$MU_SOURCE/examples/hello/svc.yml
seed=${SEED:-$RANDOM}
RANDOM=$seed
check "deployed (SEED=$seed repeats the operations)" muster service add hello -f "$svc" --wait --timeout 30
for ((i = 0; i < 150; i++)); do
  case $((RANDOM % 8)) in
    0) muster pod restart hello "world-$((RANDOM % 2))" ;;
    1) muster pod replace hello hello-0 ;;
    2) muster pod replace hello "world-$((RANDOM % 2))" ;;
    3) muster service update hello -f "$svc" -p "GREETING=g$RANDOM" ;;
    4) muster plan restart hello deploy ;;
    5) muster pod restart hello hello-0 ;;
    *) read -r -t "0.$((RANDOM % 3))$((RANDOM % 10))" <> <(:) ;;
  esac >/dev/null 2>&1
done
check "the scheduler lives" muster health
check "all is deployed in the end" muster service update hello -f "$svc" --wait --timeout 60
same "three tasks run" 3 "$(tasks | wc -l)"
check "uninstall" muster uninstall --yes --wait --timeout 40
check "the scheduler ends with success" scheduler_wait
same "no process is left" "" "$(processes)"
finish
