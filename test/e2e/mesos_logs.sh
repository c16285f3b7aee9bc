#!/bin/bash
# What tasks on a cluster print is read through the agents: both streams, the last lines, as it grows, over rotation and relaunch, and
# of runs that are over, after a restart of the scheduler too.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin mesoslogs
cd "$work" || exit 1
mkdir boxes
master_start --agents 2 --sandboxes "$work/boxes"
check "a scheduler subscribes" on_mesos "$url"
spec web 1 'exec sleep 1000' >web.yml
check "a service is deployed" muster service add web -f web.yml --wait --timeout 60

# The tasks are virtual: the test writes what they would.
task_id() { muster pod status "$1" pod-0 --json | jq -r '.tasks[0].id'; }
says() { # ID FILE TEXT
  mkdir -p "boxes/$1"
  printf '%s' "$3" >>"boxes/$1/$2"
}
first=$(task_id web)
says "$first" stdout $'one\ntwo\nthree\n'
says "$first" stderr $'trouble\n'
same "both streams, each in its place" "one two three|trouble" \
  "$(muster logs web pod-0-server 2>err | paste -sd' ')|$(cat err)"
same "a pod with one task names it" "trouble" "$(muster logs web pod-0 --stderr)"
same "the last lines" "two three" "$(muster logs web pod-0 --stdout --tail 2 | paste -sd' ')"
mkdir -p "boxes/$first/conf"
echo deep >"boxes/$first/conf/a"
api() { curl -sS --unix-socket "$state/muster.sock" "http://localhost/v1/service/web/sandbox/$1"; }
same "the sandbox has what it has" ".environment conf stderr stdout" "$(api pod-0-server | jq -r '[.[].path] | join(" ")')"
same "... also deeper" "deep" "$(api pod-0-server/conf/a)"
same "what is not there is said to be so" 404 "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$state/muster.sock" http://localhost/v1/service/web/sandbox/pod-0-server/absent)"

mkfifo followed
muster logs web pod-0-server -f --stdout >followed &
follower=$!
exec 5<followed
expect() { # LINE: the next one of the follower
  local line
  read -r -t 30 line <&5
  same "$2" "$1" "$line"
}
expect one "followed from the beginning"
expect two "... line by line"
expect three "... to its end"
says "$first" stdout $'four\n'
expect four "followed as it grows"
says "$first" stdout $'five\n'
mv "boxes/$first/stdout" "boxes/$first/stdout.1" # before anybody has seen the last line
says "$first" stdout $'six\n'
expect five "followed into a rotated file"
expect six "... and into the new one"

check "the task fails" tell fail web/pod-0-server
relaunched() { [[ $(task_id web) != "$first" ]]; }
check "... and is launched again" eventually relaunched
second=$(task_id web)
says "$second" stdout $'again\n'
expect again "followed into the next run"
kill "$follower"
exec 5<&-

sed 's/^name: .*/name: once/; s/RUNNING/FINISH/' web.yml >once.yml
check "a service that ends" muster service add once -f once.yml
runs() { [[ $(muster pod status once pod-0 --json | jq -r '.tasks[0].status') == RUNNING ]]; }
check "... runs" eventually runs
done_id=$(task_id once)
says "$done_id" stdout $'result\n'
check "... and finishes" tell finish once/pod-0-server
complete() { [[ $(json .status muster plan show once deploy) == COMPLETE ]]; }
check "... so that it is complete" eventually complete
same "what it said can be read" "result" "$(muster logs once pod-0 --stdout)"
scheduler_kill
check "after a kill the scheduler starts again" on_mesos "$url"
same "what a task said that was over before can be read" "result" "$(muster logs once pod-0 --stdout)"
same "... and what one says that runs" "again" "$(muster logs web pod-0 --stdout)"

check "everything is uninstalled" muster uninstall --yes --wait --timeout 60
finish
