#!/bin/bash
# muster run: a service in the foreground, and nothing left of it.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin run
cd "$work" || exit 1
export TMPDIR=$work/tmp # where the throw-away state is: `processes` looks there
state=$TMPDIR
mkdir -p "$TMPDIR"
spec svc 2 'trap "echo bye; exit 0" TERM; echo "hello from $TASK_NAME"; sleep 1000 & wait' 'kill-grace-period: 10' >svc.yml
spec deaf 1 'trap "" TERM; echo deaf; while :; do sleep 1; done' 'kill-grace-period: 600' >deaf.yml
cat >once.yml <<'END'
name: once
pods:
  pod:
    count: 2
    tasks:
      job: {goal: ONCE, cmd: 'echo "{{WORD}}"; echo oops >&2; printf end', cpus: 0.05, memory: 32}
END

# run FILE UNTIL: `muster run` in the background until it has printed a line with UNTIL, which is then in $line.
run() {
  mkfifo out
  setsid muster run "$1" >out 2>err </dev/null &
  runner=$!
  exec 5<out
  while read -r -t 30 line <&5 && [[ $line != *"$2"* ]]; do :; done
}

once() { muster run once.yml -p WORD=forty-two >printed 2>err; }
check "a service with an end ends it" once
same "... with what its tasks printed, each line behind the task's name" \
  "pod-0-job | end/pod-0-job | forty-two/pod-0-job | oops/pod-1-job | end/pod-1-job | forty-two/pod-1-job | oops" \
  "$(grep -v '^muster' printed | sort | paste -sd/)"
same "nothing is left" "" "$(processes; ls -A "$TMPDIR")"

run svc.yml "is deployed"
same "a service without one is deployed" "muster       | svc is deployed; Ctrl-C takes it down" "$line"
same "... its tasks run" 2 "$(processes | wc -l | awk '{print ($1 >= 2) ? 2 : $1}')"
kill -INT "$runner"
rest=$(cat <&5)
status=0
wait "$runner" || status=$?
same "Ctrl-C ends it with success" "0" "$status$(grep -v ' warning ' err)"
same "... after the tasks ended in order" 2 "$(grep -c '^pod-[01]-server | bye$' <<<"$rest")"
same "nothing is left" "" "$(processes; ls -A "$TMPDIR")"
rm out

run deaf.yml "is deployed"
kill -INT "$runner"
# The first asks, and the task does not hear.
while read -r -t 30 line <&5 && [[ $line != *"taking deaf down"* ]]; do :; done
kill -INT "$runner"
cat <&5 >/dev/null
status=0
wait "$runner" || status=$?
same "a second Ctrl-C does not wait" "130" "$status$(grep -v ' warning ' err)"
same "nothing is left" "" "$(processes; ls -A "$TMPDIR")"

refused 3 "WORD" muster run once.yml
refused 4 "nowhere.yml" muster run nowhere.yml
same "nothing is left" "" "$(processes; ls -A "$TMPDIR")"
finish
