#!/bin/bash
# A command beside a task: where the task is, as it is; its input, output, signals and exit status; with a terminal; and what ends it.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin podexec
cd "$work" || exit 1
scheduler_start --listen 127.0.0.1:0
cat >web.yml <<'YML'
name: team/web
pods:
  pod:
    count: 1
    tasks:
      main: {goal: RUNNING, cmd: 'echo here >mark; exec sleep 1000', cpus: 0.05, memory: 64, env: {COLOUR: blue}}
      beside: {goal: RUNNING, cmd: exec sleep 1000, cpus: 0.05, memory: 32}
YML
spec one 1 'exec sleep 1000' >one.yml
check "services are deployed" muster service add team/web -f web.yml --wait --timeout 60
check "... two of them" muster service add one -f one.yml --wait --timeout 60
in_main() { muster pod exec team/web pod-0 --task main "$@"; }

# ---- where and how
same "it runs in the sandbox" here "$(in_main -- cat mark)"
same "with the task's environment" "pod-0-main blue" "$(in_main -- sh -c 'echo $TASK_NAME $COLOUR')"
same "as its user" "$(id -u)" "$(in_main -- id -u)"
same "words are words" 'a b|$HOME|c' "$(in_main -- printf '%s|%s|%s' 'a b' '$HOME' c)"
same "both outputs, each in its place" "out|err" "$(in_main -- sh -c 'echo out; echo err >&2' 2>err)|$(cat err)"
in_main -- sh -c 'exit 3'
same "its exit status is ours" 3 $?
in_main -- nosuchprogram 2>err
same "a program that is not there is 127" 127 $?
in_main -- sh -c 'kill -KILL $$'
same "a signal that ended it is 128 and its number" 137 $?
same "a pod of one task needs no --task" pod-0-server "$(muster pod exec one pod-0 -- sh -c 'echo $TASK_NAME')"

# ---- input
same "its input is ours with -i" hello "$(echo hello | in_main -i -- cat)"
same "... and empty without" "" "$(echo hello | in_main -- cat)"
head -c 3000000 /dev/urandom >big
check "much goes in and comes out" cmp big <(in_main -i -- cat <big)
same "a command that reads nothing ends all the same" enough "$(in_main -i -- echo enough <big)"

# ---- what ends it
alive() { pgrep -fx "sleep $1" >/dev/null; } # the command, not the client that asks for it
gone() { ! alive "$1"; }
mkfifo out
of_main=(pod exec team/web pod-0 --task main) # in the background not as a function, whose shell would get the signals
muster "${of_main[@]}" -- sh -c 'trap "echo caught; exit 7" TERM; echo ready; while :; do sleep 0.1; done' >out &
client=$!
exec 5<out
read -r -t 30 line <&5
kill -TERM "$client"
read -r -t 30 line <&5
wait "$client"
same "a signal is the command's" "caught 7" "$line $?"
muster "${of_main[@]}" -- sleep 7654321 &
client=$!
check "a command runs" eventually alive 7654321
kill -KILL "$client"
check "... and ends with its client" eventually gone 7654321
wait "$client" 2>/dev/null
muster "${of_main[@]}" -- sleep 7654322 2>err &
client=$!
check "another one runs" eventually alive 7654322
check "its pod is restarted" muster pod restart team/web pod-0 --wait --timeout 60
wait "$client"
same "... and it was ended with the task" 137 $?
check "... all of it" gone 7654322

# ---- a terminal
if command -v script >/dev/null; then
  terminal() { script -qec "stty rows 33 cols 77; $*" /dev/null </dev/null | tr -d '\r'; }
  check "-t gives a terminal of our size" sh -c '[ "$0" = "33 77" ]' "$(terminal "muster pod exec -t team/web pod-0 --task main -- stty size")"
  script -qec "muster pod exec -t team/web pod-0 --task main -- sh -c 'test -t 0 && test -t 1 && test -w /dev/tty && exit 5'" /dev/null >/dev/null </dev/null
  same "... which is the command's own, with its exit status" 5 $?
fi
refused 2 "needs a terminal" sh -c 'muster pod exec -it team/web pod-0 --task main -- sh </dev/null'

# ---- refused
refused 4 "nosuch" muster pod exec team/web pod-0 --task nosuch -- true
refused 4 "has launched no task" muster pod exec team/web pod-0 -- true
refused 2 "needs more" muster pod exec team/web pod-0
api=$(<"$state/url") path=v1/service/one/exec/pod-0
status() { curl -s -o answer -w '%{http_code}' -X POST -H 'Content-Type: application/json' "$@" "$api/$path"; }
same "nobody without the token runs anything" 401 "$(status -d '{"cmd":["true"]}')"
token="Authorization: Bearer $(<"$state/token")"
same "one without the protocol is told so" 400 "$(status -H "$token" -d '{"cmd":["true"]}')"
check "... in words" grep -q 'Upgrade: muster-exec' answer
same "no command is no request" 400 "$(status -H "$token" -d '{"cmd":[]}')"
same "over TCP it works as well" tcp "$(muster pod exec one pod-0 --url "$api" --token-file "$state/token" -- echo tcp)"
refused 9 "token" muster pod exec one pod-0 --url "$api" --token-file /dev/null -- true

# ---- a scheduler that comes and goes
mkfifo to from
muster "${of_main[@]}" -i -- cat <to >from &
client=$!
exec 6>to 7<from
echo one >&6
read -r -t 30 line <&7
scheduler_kill
echo two >&6
read -r -t 30 line <&7
same "a command goes on when the scheduler dies" two "$line"
exec 6>&- 7<&-
wait "$client"
same "... to its end" 0 $?
check "a scheduler without it starts" scheduler_start --listen 127.0.0.1:0 --no-exec
check "... and refuses" eventually sh -c '! muster pod exec one pod-0 -- true 2>err && grep -q "no-exec" err'
check "everything is uninstalled" muster uninstall --yes --wait --timeout 60
finish
