#!/bin/bash
# Services come and go while the scheduler runs, and do not disturb each other.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin add
scheduler_start --listen 127.0.0.1:0 --max-stored 64M
cd "$work" || exit 1
spec one 2 'echo "one $POD_INSTANCE_INDEX" >> data/out; exec sleep 1000' "$volume" >one.yml
spec two 1 'exec sleep 1000' >two.yml
spec one 1 'trap : TERM; while :; do sleep 1; done' 'kill-grace-period: 600' >stubborn.yml

same "no service yet" "[]" "$(muster service list --json | jq -c .)"
check "add --wait ends when it is deployed" muster service add one -f one.yml --wait --timeout 30
same "its state" "RUNNING COMPLETE 2/2 1" \
  "$(json '"\(.state) \(.status) \(.complete)/\(.steps) \(.version)"' muster service show one)"
same "two tasks run" 2 "$(tasks one | wc -l)"
one=$(tasks one)

check "the same again is a success" muster service add one -f one.yml
same "... and changes nothing" "unchanged 1" "$(json '"\(.result) \(.version)"' muster service add one -f one.yml)"
refused 5 "exists" muster service add one -f two.yml
same "... the service is as it was" "$one" "$(tasks one)"

check "a second one" muster service add two -f two.yml --wait --timeout 30
check "the name on the command line counts, not the one in the spec" muster service add group/three -f two.yml --wait --timeout 30
same "... and may have parts" "group/three RUNNING" "$(json '"\(.service) \(.state)"' muster service show group/three)"
same "... as its tasks see it" "group.three pod-0-server" "$(tasks group.three | cut -d' ' -f1,2)"
same "all are listed" "group/three one two" "$(json '[.[].service] | join(" ")' muster service list)"
same "the others did not move" "$one" "$(tasks one)"

check "what is said beside the spec" muster service add needy -f two.yml --priority 5 --quota cpus=1,mem=1G,pods=2 \
  --depends-on two --depends-on one,pod=pod-1 --wait --timeout 30
same "... is the service's" "5 1024 2 two one pod-1" "$(muster config show needy |
  jq -r '"\(.priority) \(.quota.memory // .quota.mem_mb) \(.quota.pods) \([."depends-on"[] | .service, .pod // empty] | join(" "))"')"
refused 5 "needy" muster service remove two
refused 2 "--quota" muster service add other -f two.yml --quota gpus=1
refused 3 "quota" muster service add other -f two.yml --quota pods=1,cpus=0.001
check "an update without it takes it back" muster service update needy -f two.yml --wait --timeout 30
check "... and it goes" muster service remove needy --wait --timeout 30
same "every pod has its volume" 2 "$(volumes | wc -l)"
check "remove --wait ends when nothing is left" muster service remove one --wait --timeout 30
same "... no task" "" "$(tasks one)"
same "... no volume" "" "$(volumes)"
refused 4 "one" muster service show one
refused 4 "one" muster service remove one
same "the others are still there" "group/three two" "$(json '[.[].service] | join(" ")' muster service list)"

check "a service whose tasks take their time to end" muster service add one -f stubborn.yml --wait --timeout 30
same "... has its share of the store" true "$(json '.stored_bytes > 0 and .max_stored_bytes == 67108864' muster service show one)"
check "... is on its way out" muster service remove one
check "... to remove it twice is once" muster service remove one
refused 5 "is being uninstalled; add it again when it is gone" muster service add one -f stubborn.yml
refused 5 "is being uninstalled; add it again when it is gone" muster service update one -f stubborn.yml
check "... it is declared gone" muster service remove one --force --wait --timeout 30

check "what was removed can be added anew" muster service add one -f one.yml --wait --timeout 30
same "... on new volumes" "one 0" "$(cat "$state"/engine/runs/one__pod-0-server__*/data/out)"

gone() { ! muster service show "$1" >/dev/null 2>&1; }
cat >job.yml <<'END'
name: job
remove-when-finished: true
pods: {pod: {count: 2, tasks: {work: {goal: FINISH, cmd: 'sleep 0.1', cpus: 0.05, memory: 32}}}}
END
for _ in 1 2 3; do
  check "--wait for a service that removes itself ends well" muster service add job -f job.yml --wait --timeout 30
  check "... and is gone" eventually gone job
done
check "one that will not be complete" muster service add job -f <(sed 's/sleep 0.1/sleep 1000/' job.yml)
muster service update job -f <(sed 's/sleep 0.1/sleep 1001/' job.yml) --wait --timeout 30 >wait.out 2>&1 &
waiting=$!
eventually grep -q STARTED wait.out
check "... is removed while somebody waits for it" muster service remove job --wait --timeout 30
wait "$waiting"
same "... who is told" "5 muster: the service job is being removed, and its plan was not complete before" "$? $(tail -n 1 wait.out)"
finish
