#!/bin/bash
# What tasks print can be read, from its end, as it grows, and over a relaunch.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin logs
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
# Prints a line for every line that is put into the pipe.
mkfifo pipe
spec talk 1 "for i in 1 2 3; do echo line \$i; done; echo trouble >&2; exec 3<>$work/pipe; while read -r l <&3; do echo \"got \$l\"; done" >talk.yml
check "deployed" muster service add talk -f talk.yml --wait --timeout 30

# The first lines are there when the task has come to read from the pipe.
echo first >pipe
mkfifo followed
muster logs talk pod-0-server -f --stdout >followed &
exec 5<followed
until read -r -t 30 line <&5 && [[ $line == "got first" ]]; do :; done
same "followed from the beginning" "got first" "$line"

same "both streams, each in its place" "line 1 line 2 line 3 got first|trouble" \
  "$(muster logs talk pod-0-server 2>err | paste -sd' ')|$(cat err)"
same "a pod with one task names it" "trouble" "$(muster logs talk pod-0 --stderr)"
same "only standard output" "line 1" "$(muster logs talk pod-0 --stdout 2>&1 | head -n 1)"
same "the last lines" "line 3 got first" "$(muster logs talk pod-0 --stdout --tail 2 | paste -sd' ')"

echo second >pipe
read -r -t 30 line <&5
same "followed as it grows" "got second" "$line"

muster pod restart talk pod-0 >/dev/null
read -r -t 30 line <&5
same "followed into the next run" "line 1" "$line"
echo third >pipe
until read -r -t 30 line <&5 && [[ $line == "got third" ]]; do :; done
same "... and as that one grows" "got third" "$line"
kill $!
exec 5<&-

refused 4 "nothere" muster logs talk nothere
refused 4 "nosuch" muster logs nosuch pod-0
check "uninstall" muster uninstall --yes --wait --timeout 30
finish
