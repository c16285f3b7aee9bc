#!/bin/bash
# The C programs of examples/c, built against the installed library through pkg-config, do what they say.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin sdk
cd "$work" || exit 1

sdk_install
check "static_scheduler builds with pkg-config" sdk_build static_scheduler "$MU_SOURCE/examples/c/static_scheduler.c"
check "dynamic_scheduler builds with pkg-config" sdk_build dynamic_scheduler "$MU_SOURCE/examples/c/dynamic_scheduler.c"

check "database_scheduler builds with pkg-config" sdk_build database_scheduler "$MU_SOURCE/examples/c/database/database_scheduler.c"

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

# What the database's admin program does is in the file `answers`: the exit codes of its calls, one after the other.
cat >admin.sh <<'END'
#!/bin/bash
cd "$(dirname "$0")" || exit 1
echo "$*" >>admin.log
read -r code rest <answers
[[ -z $rest ]] || echo "$rest" >answers
exit "$code"
END
chmod +x admin.sh
echo 75 >answers
follow() { timeout 30 sh -c "muster plan show db $1 --follow | grep -m1 '$2'"; }
check "database: starts" sdk_start ./database_scheduler "$state" "$work/admin.sh" "$MU_SOURCE/examples/c/database/svc.yml"
check "... its custom step waits, and says for what" follow deploy "members STARTED.*the nodes do not answer yet"
same "... which is told" "code" "$(json '.steps[] | select(.step == "members") | .waiting.for' muster why db)"
same "... and the router has not begun" "PENDING" "$(json '.phases[2].status' muster plan show db)"
echo 1 0 >answers
check "... it fails, is tried again, and the plan ends" follow deploy "deploy COMPLETE"
same "... the last call is the second attempt" "members replica-set 2" "$(tail -n 1 admin.log)"
same "... each node is in nobody's place" "in place of nobody" "$(muster logs db node-0-server)"
calls=$(wc -l <admin.log)
kill -TERM "$scheduler"
check "database: ends in order" scheduler_wait
check "database: started again" sdk_start ./database_scheduler "$state" "$work/admin.sh" "$MU_SOURCE/examples/c/database/svc.yml"
check "... its plan is complete" follow deploy "deploy COMPLETE"
same "... without another call" "$calls" "$(wc -l <admin.log)"
before=$(tasks)
check "the seed is replaced" muster pod replace db node-0
check "... by steps of the overrider" follow recovery "forget COMPLETE"
check "... to their end" follow recovery "recovery COMPLETE"
same "... the replaced one knows whose place it takes" 1 "$(muster logs db node-0-server | grep -c "in place of [^n]")"
same "... the others were told" "forget node-0 1" "$(tail -n 1 admin.log)"
same "... and restarted, unlike the router" 1 "$(comm -12 <(sort <<<"$before") <(tasks | sort) | wc -l)"
echo 75 >answers
check "database: uninstall" muster uninstall --yes
check "... waits for its code" follow deploy "deregister STARTED.*the nodes do not answer yet"
same "... and has ended nothing" 4 "$(tasks | wc -l)"
echo 0 >answers
check "database: ends with success" scheduler_wait
finish
