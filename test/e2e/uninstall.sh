#!/bin/bash
# Uninstalling leaves nothing: no process, no volume, no state; also when the scheduler dies in the middle.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin gone
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
spec plain 2 'exec sleep 1000' "$volume" >plain.yml
# Ends two seconds after it was asked to.
spec slow 1 'trap "sleep 2; exit 0" TERM; while :; do sleep 1000 & wait; done' "$volume" 'kill-grace-period: 20' >slow.yml

for name in one two three; do
  muster service add "$name" -f plain.yml >/dev/null
done
check "deployed" muster service add slow -f slow.yml --wait --timeout 30
refused 2 "--yes" muster uninstall
same "without --yes nothing happens" 4 "$(json length muster service list)"

check "uninstall" muster uninstall --yes
refused 5 "uninstall" muster service add late -f plain.yml
scheduler_kill
check "a start in the middle of it" scheduler_start --listen 127.0.0.1:0
check "... ends it by itself, with success" scheduler_wait
same "no process is left" "" "$(processes)"
same "no volume is left" "" "$(volumes)"
check "no state is left" test ! -e "$state"

check "a start after that begins from nothing" scheduler_start --listen 127.0.0.1:0
same "... without a service" 0 "$(json length muster service list)"
check "uninstall --wait" muster uninstall --yes --wait --timeout 30
check "the scheduler ends with success" scheduler_wait
check "no state is left again" test ! -e "$state"
refused 7 "muster serve --state" muster uninstall --yes
finish
