#!/bin/bash
# The C programs of examples/c, built against the installed library through pkg-config, do what they say.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin sdk
cd "$work" || exit 1

sdk_install
check "static_scheduler builds with pkg-config" sdk_build static_scheduler "$MU_SOURCE/examples/c/static_scheduler.c"
check "dynamic_scheduler builds with pkg-config" sdk_build dynamic_scheduler "$MU_SOURCE/examples/c/dynamic_scheduler.c"

spec one 1 'exec sleep 1000' "$volume" >one.yml
spec two 2 'exec sleep 1000' >two.yml
check "static: two services" sdk_start ./static_scheduler "$state" one=one.yml two=two.yml
same "... are its services" "one two" "$(json '[.[].service] | join(" ")' muster service list)"
check "... which deploy (1)" muster plan show one
for name in one two; do
  check "... $name deploys" muster service update "$name" -f "$name.yml" --wait --timeout 30
done
one=$(tasks one)
kill -TERM "$scheduler"
check "static: ends in order" scheduler_wait
check "static: started again without the second" sdk_start ./static_scheduler "$state" one=one.yml
mkfifo seen
timeout 30 muster events --json >seen &
events=$!
exec 6<seen
while [[ $(json length muster service list) -gt 1 ]] && read -r -t 30 _ <&6; do :; done
kill "$events" 2>/dev/null
same "... the second is removed" "one" "$(json '[.[].service] | join(" ")' muster service list)"
same "... the first did not move" "$one" "$(tasks)"
check "static: uninstall" muster uninstall --yes --wait --timeout 30
check "static: ends with success" scheduler_wait

post() {
  curl -s --max-time 30 --unix-socket "$state/muster.sock" "http://localhost/v1/jobs/$1" -H 'Content-Type: text/plain' -d "$2"
}
check "dynamic: starts" sdk_start ./dynamic_scheduler "$state"
same "dynamic: a job is accepted" '{"job":"sum"}' "$(post sum "echo \"it is \$((6*7))\" > '$work/sum'")"
read -r -t 30 line <&5
same "... it runs, and is removed when it is done" "job sum is done" "$line"
same "... it did what it was to do" "it is 42" "$(cat sum)"
same "... and is no service any more" 0 "$(json length muster service list)"
same "a bad name is refused" "refused" "$(post 'a__b' true | jq -r .error.code)"
check "dynamic: uninstall" muster uninstall --yes --wait --timeout 30
check "dynamic: ends with success" scheduler_wait
finish
