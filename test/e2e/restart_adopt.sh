#!/bin/bash
# The scheduler dies at any moment; tasks do not notice, and the next start goes on where it was.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin adopt
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
spec kept 3 'echo run >> data/runs; exec sleep 1000' "$volume" >kept.yml
spec late 1 'exec sleep 1000' >late.yml

check "deployed" muster service add kept -f kept.yml --wait --timeout 30
before=$(tasks)
same "three tasks run" 3 "$(wc -l <<<"$before")"

scheduler_kill
same "the tasks live on" "$before" "$(tasks)"
check "a new start" scheduler_start --listen 127.0.0.1:0
check "... knows the service" muster plan show kept
check "... and deploys another" muster service add late -f late.yml --wait --timeout 30
same "the tasks are the same processes" "$before" "$(tasks kept)"

# Accepted is durable: killed at once, the next start deploys it.
muster service add sudden -f late.yml >/dev/null
scheduler_kill
scheduler_start --listen 127.0.0.1:0
check "a service that was accepted just before the kill is deployed" muster service add sudden -f late.yml --wait --timeout 30
same "... once" 1 "$(tasks sudden | wc -l)"

# A task that dies while nobody looks is launched again, on its own volume.
victim=$(sed -n 's/^kept pod-1-server \([0-9]*\):.*/\1/p' <<<"$before")
scheduler_kill
kill -KILL "$victim"
scheduler_start --listen 127.0.0.1:0
mkfifo seen
timeout 30 muster events --service kept --json >seen &
events=$!
while [[ $(tasks kept | wc -l) -lt 3 ]] && read -r -t 30 _; do :; done <seen
kill "$events" 2>/dev/null
same "the task that died meanwhile runs again" "kept pod-1-server" "$(comm -13 <(echo "$before") <(tasks kept) | cut -d' ' -f1,2)"
same "... on its volume: of four runs, two on one" "1 1 2" \
  "$(wc -l "$state"/engine/volumes/*/runs | awk '$2 != "total" {print $1}' | sort | paste -sd' ')"
same "... the others did not move" 2 "$(comm -12 <(echo "$before") <(tasks kept) | wc -l)"

# SIGTERM is an orderly end: exit code 0, tasks run on.
now=$(tasks)
kill -TERM "$scheduler"
check "SIGTERM ends the scheduler with success" scheduler_wait
same "... and leaves the tasks running" "$now" "$(tasks)"
check "a start after that" scheduler_start --listen 127.0.0.1:0
refused 5 "another scheduler" muster serve --state "$state" --listen 127.0.0.1:0
check "everything can be taken down" muster uninstall --yes --wait --timeout 30
finish
