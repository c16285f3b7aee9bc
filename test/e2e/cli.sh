#!/bin/bash
# The client's manners: finding the scheduler, output for people and for programs, operations on plans and pods.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin cli
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
spec svc 2 'exec sleep 1000' "$volume" >svc.yml
check "deployed" muster service add svc -f svc.yml --wait --timeout 30
url=$(cat "$state/url")

# ---- finding the scheduler
names() { jq -r '.[].service'; }
same "--state before the command" svc "$(env -u MUSTER_STATE muster --state "$state" service list --json | names)"
same "--state behind it" svc "$(env -u MUSTER_STATE muster service list --json --state="$state" | names)"
same "MUSTER_STATE" svc "$(muster service list --json | names)"
same "--url, the token from the state folder" svc "$(muster service list --url "$url" --json | names)"
same "MUSTER_URL and MUSTER_TOKEN" svc \
  "$(env -u MUSTER_STATE MUSTER_URL="$url/" MUSTER_TOKEN="$(cat "$state/token")" muster service list --json | names)"
same "--token-file" svc "$(env -u MUSTER_STATE muster --token-file "$state/token" --url "$url" service list --json | names)"
same "the default state folder" svc "$(
  [[ $(id -u) -ne 0 ]] || { echo svc && exit; }
  mkdir -p "$HOME/.local/state" && ln -s "$state" "$HOME/.local/state/muster"
  env -u MUSTER_STATE muster service list --json | names
)"
refused 9 "token" env MUSTER_TOKEN=wrong muster service list --url "$url"

# ---- output
same "every line of a table is plain text" "" "$(muster service list | LC_ALL=C grep -aP '[^ -~]')"
same "a tree in a locale without more than ASCII is ASCII" "" "$(LC_ALL=C muster plan show svc | LC_ALL=C grep -aP '[^ -~]')"
same "a closed pipe ends a command quietly" "SERVICE 0" \
  "$(muster service list 2>&1 | { read -r word _ && echo -n "$word "; }; echo "${PIPESTATUS[0]}")"
refused 1 "cannot write" sh -c 'muster service list >/dev/full'
same "on a terminal the tree is drawn in place and in colour" "yes" \
  "$(TERM=xterm script -qec "muster service update svc -f svc.yml --wait" /dev/null | grep -q $'\e\\[32mCOMPLETE' && echo yes)"
same "NO_COLOR" "no" \
  "$(NO_COLOR=1 TERM=xterm script -qec "muster service list" /dev/null | grep -q $'\e\\[[0-9]*m' || echo no)"
same "--json everywhere" "ok" "$(
  for words in "service list" "service show svc" "plan list svc" "plan show svc" "pod list svc" "pod status svc" \
    "pod status svc pod-0" "pod info svc pod-0" "health" "version" "validate svc.yml" "render svc.yml"; do
    # shellcheck disable=SC2086 # words are meant
    muster $words --json | jq -e . >/dev/null || echo "muster $words"
  done
  echo ok
)"
same "health is a matter of the exit code" "0 RUNNING" "$(muster health --json | jq -r '"0 \(.status)"')"

# ---- events, and what follows them
mkfifo seen
timeout 30 muster events --service svc --json >seen &
events=$!
exec 5<seen
await() { # FILTER: until an event for which the filter is true
  local line
  while read -r -t 30 line <&5; do
    [[ $(jq -r "$1" <<<"$line") != true ]] || return 0
  done
  return 1
}
first=$(tasks svc)
check "pod restart" muster pod restart svc pod-1
check "the restart is seen in the stream" await '.event == "task" and .data.task == "pod-1-server" and .data.state == "TASK_RUNNING"'
check "... and to be complete" timeout 30 sh -c 'muster plan show svc recovery --follow | grep -m1 "recovery COMPLETE"'
same "only that pod moved" "svc pod-1-server" "$(comm -13 <(echo "$first") <(tasks svc) | cut -d' ' -f1,2)"
before=$(volumes | sort)
check "pod replace" muster pod replace svc pod-0
check "... which is seen" await '.event == "task" and .data.task == "pod-0-server" and .data.state == "TASK_RUNNING"'
same "... gives it a new volume, and leaves the other" "1 1" \
  "$(comm -13 <(echo "$before") <(volumes | sort) | wc -l) $(comm -12 <(echo "$before") <(volumes | sort) | wc -l)"
kill "$events" 2>/dev/null
exec 5<&-

# ---- plans: the second of two steps waits for the first, which waits for a file
spec gate 2 'exec sleep 1000' "readiness-check: {cmd: 'test -e $work/open', interval: 1, delay: 0, timeout: 5}" >gate.yml
refused 6 "0 of 2 steps complete" muster service add gate -f gate.yml --wait --timeout 0.5
check "plan interrupt" muster plan interrupt gate deploy
touch open
check "... lets the step that is under way come to its end" \
  timeout 30 sh -c 'muster plan show gate --follow | grep -m1 "pod-0:.server. COMPLETE"'
refused 6 "1 of 2 steps complete" muster service update gate -f gate.yml --wait --timeout 0.5
same "... and begins no other" "gate pod-0-server" "$(tasks gate | cut -d' ' -f1,2)"
check "plan continue" muster plan continue gate deploy
check "... goes on to the end" muster service update gate -f gate.yml --wait --timeout 30
now=$(tasks gate)
check "plan restart of one step" muster plan restart gate deploy --phase pod --step 'pod-1:[server]'
check "... to its end" muster service update gate -f gate.yml --wait --timeout 30
same "... moves that pod alone" "gate pod-1-server" "$(comm -13 <(echo "$now") <(tasks gate) | cut -d' ' -f1,2)"
rm open
check "plan restart of all" muster plan restart gate deploy
check "plan force-complete of the step that is not ready" \
  muster plan force-complete gate deploy --phase pod --step 'pod-0:[server]'
check "... lets the next one begin" \
  timeout 30 sh -c 'muster plan show gate --follow | grep -m1 "pod-1:.server. START"'
check "plan force-complete of all" muster plan force-complete gate deploy
same "... and the plan is complete" "COMPLETE" "$(json .status muster plan show gate)"
check "uninstall" muster uninstall --yes --wait --timeout 30
scheduler_wait

# ---- a scheduler without TCP, whose socket's path is longer than an address may be
deep=$work/$(printf 'd%.0s' {1..120})
mkdir "$deep"
state=$deep MUSTER_STATE=$deep
check "--no-tcp, in a folder with a long name" scheduler_start --no-tcp
same "... is found by it" "[]" "$(muster service list --json | jq -c .)"
check "... and deploys" muster service add svc -f svc.yml --wait --timeout 30
check "uninstall" muster uninstall --yes --wait --timeout 30
finish
