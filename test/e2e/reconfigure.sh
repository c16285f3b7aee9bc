#!/bin/bash
# A new configuration moves what it changes and nothing else; one that is not acceptable changes nothing.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin reconf
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1

cat >svc.yml <<'END'
name: svc
pods:
  a:
    count: 2
    tasks:
      t:
        goal: RUNNING
        cmd: echo "$WORD" >> data/words; exec sleep 1000
        env: {WORD: '{{A}}'}
        cpus: 0.05
        memory: 32
        volume: {path: data, type: ROOT, size: {{SIZE}}}
  b:
    count: {{COUNT}}
    allow-decommission: true
    tasks:
      t:
        goal: RUNNING
        cmd: exec sleep 1000
        cpus: 0.05
        memory: 32
        readiness-check: {cmd: '{{READY}}', interval: 1, delay: 0, timeout: 5}
END
export A=one SIZE=8 COUNT=1 READY=true # the environment gives what nothing else gives

version() { json .version muster service show svc; }
words() { cat "$state"/engine/runs/svc__a-0-t__*/data/words 2>/dev/null | sort -u | paste -sd' '; }

check "deployed" muster service add svc -f svc.yml --wait --timeout 30
before=$(tasks)

check "an update that changes nothing" muster service update svc -f svc.yml --wait --timeout 30
same "... moves nothing" "$before" "$(tasks)"

check "-p is stronger than the environment" muster service update svc -f svc.yml -p A=two --wait --timeout 30
same "only the changed pods moved" "$(grep ' b-' <<<"$before")" "$(comm -12 <(echo "$before") <(tasks))"
same "... on their own volumes" "one two" "$(words)"

now=$(tasks)
check "a pod type grows" muster service update svc -f svc.yml -p A=two -p COUNT=3 --wait --timeout 30
same "... by two new ones" "svc b-1-t svc b-2-t" "$(comm -13 <(echo "$now") <(tasks) | cut -d' ' -f1,2 | paste -sd' ')"
same "... the rest did not move" "" "$(comm -23 <(echo "$now") <(tasks))"

# ---- what the engine leaves out is the scheduler's to say
sed 's/name: svc/name: told/; 0,/cpus: 0.05/s//cpus: 0.05\n        discovery: {prefix: x}/' svc.yml >told.yml
check "a field that the engine does not act on is warned of" sh -c 'muster service add told -f told.yml --json >answer 2>err'
check "... by its place and why" grep -q 'warning: told.yml: pods.a.tasks.t.discovery: the local engine' err
check "... in JSON as well" jq -e '.warnings | length == 1' answer
check "... and of a dry run" sh -c 'muster service update told -f told.yml -p COUNT=2 --dry-run 2>&1 | grep -q "warning: told.yml: pods.a.tasks.t.discovery"'
check "gone again" muster service remove told --wait --timeout 30

# ---- what an update would do
now=$(tasks) at=$(version)
dry() { muster service update svc -f svc.yml -p A=two "$@" --dry-run; }
check "a dry run" dry -p COUNT=2
said=$(dry -p A=three -p COUNT=2)
has() { grep -qxF -- "$2" <<<"$said" && passed "$1" || failed "$1" "expected the line: $2" "$said"; }
has "... names the field, its old and its new value" '  pod a, task t: env.WORD: "two" -> "three"'
has "... of a pod, too" '  pod b: count: 3 -> 2'
has "... the steps, in their order, and why" '    a-1:[t]: restart t (env.WORD)'
has "... who is decommissioned" 'decommissioned: b-2'
has "... and who runs on" 'untouched: b-0-t, b-1-t'
has "... and that it was one" 'this was a dry run: nothing was changed'
check "as JSON" sh -c 'muster service update svc -f svc.yml -p A=three -p COUNT=2 --dry-run --json | jq -e "[.plan.phases[].steps[].pod] == [\"a-0\", \"a-1\"] and .decommission == [\"b-2\"]" >/dev/null'
refused 3 "volume" dry -p COUNT=3 -p SIZE=16
refused 2 "--wait" dry -p COUNT=3 --wait
refused 4 "other" muster service update other -f svc.yml -p A=two --dry-run
check "a spec that the service can be updated to" muster validate svc.yml -p A=three --against svc
refused 3 'the volume "data" cannot change' muster validate svc.yml -p SIZE=16 --against svc
refused 4 "nobody" muster validate svc.yml --against nobody
same "nothing was changed by all that" "$now $at" "$(tasks) $(version)"

refused 3 "volume" muster service update svc -f svc.yml -p A=two -p COUNT=3 -p SIZE=16
refused 3 "READY" env -u READY muster service update svc -f svc.yml -p A=three -p COUNT=3
same "a refused update changes nothing" "$now" "$(tasks)"
same "... not the version either" "$at" "$(version)"
same "... and the service shows why" "true" "$(json '.rejected | length > 0' muster service show svc)"

refused 6 "b-0" muster service update svc -f svc.yml -p A=two -p COUNT=3 -p READY=false --wait --timeout 3
check "a newer target supersedes a rollout that is stuck" \
  muster service update svc -f svc.yml -p A=two -p COUNT=3 -p READY='test 1' --wait --timeout 30
same "... and all is complete" "COMPLETE" "$(json .status muster service show svc)"
same "pods that did not change never moved" "$(grep ' a-' <<<"$now")" "$(tasks | grep ' a-')"
refused 4 "service add" muster service update other -f svc.yml
finish
