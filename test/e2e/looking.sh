#!/bin/bash
# The commands that look (why, config, endpoints, state, debug), and operations that wait for their end.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin looking
cd "$work" || exit 1
scheduler_start --no-tcp --ports 20100-20200
says() { # PART COMMAND…
  local part=$1 text
  shift
  text=$("$@" 2>&1) && [[ $text == *"$part"* ]] || { echo "$text"; return 1; }
}
spec svc 2 'exec sleep 1000' 'ports: {web: {port: 0, advertise: true}}' \
  "readiness-check: {cmd: 'test -e $work/open || { echo no door; false; }', interval: 1, delay: 0, timeout: 5}" >svc.yml
check "a service that is not ready" muster service add svc -f svc.yml

# ---- why
check "why: the check's own words" eventually says 'is not ready: readiness check exited with status 1: no door' muster why svc
check "... the command for it" says 'muster logs svc pod-0-server' muster why svc
check "... the steps that wait for it" says '1 more step waits for its turn: pod-1:[server]' muster why svc
check "... of a pod, with a slash" says 'its turn comes after step pod-0:[server]' muster why svc/pod-1
check "... of a pod, with a blank" says 'its turn comes after step pod-0:[server]' muster why svc pod-1
same "... as JSON" "readiness order" "$(json '[.steps[].waiting.for] | join(" ")' muster why svc)"
refused 4 'no service "nosuch"' muster why nosuch
refused 4 'no pod "pod-9"' muster why svc/pod-9
refused 6 'no door' muster pod restart svc pod-0 --wait --timeout 1
refused 2 '--timeout goes with --wait' muster pod restart svc pod-0 --timeout 1
touch open
check "it becomes ready" muster service update svc -f svc.yml --wait --timeout 30
check "... and waits for nothing" says 'the service waits for nothing' muster why svc

# ---- the other looks
target=$(muster config target svc)
check "config list" says "$target  yes" muster config list svc
same "config show" svc "$(json .name muster config show svc)"
same "... by id" svc "$(json .name muster config show svc "$target")"
refused 2 'a uuid was expected' muster config show svc x
check "endpoints" says 'web ' muster endpoints svc
check "... one of them" says 'pod-1-server.muster.autoip.dcos.thisdcos.directory:' muster endpoints svc web
refused 4 'there is: web' muster endpoints svc wbe
echo remember >notes
check "state put-file" says '9 bytes' muster state put-file svc notes notes
same "state file" remember "$(muster state file svc notes)"
same "state files" notes "$(muster state files svc)"
same "state property" true "$(muster state property svc deployment-completed)"
check "state properties" says file-notes muster state properties svc
check "state engine" says 'FREE MEMORY' muster state engine
same "state framework-id" "$(json .framework_id muster health)" "$(muster state framework-id)"
check "state zones" says ZONE muster state zones svc
check "debug offers" says 'offers used' muster debug offers svc
check "debug plans" says 'scheduler state: DEPLOYED' muster debug plans svc
check "debug statuses" says TASK_RUNNING muster debug statuses svc --plan deploy
check "debug reservations" says 'RESOURCE ID' muster debug reservations svc
refused 4 'there is: deploy' muster debug plans svc --plan x
refused 2 'a step needs its phase' muster debug plans svc --step x

# ---- operations that wait
before=$(tasks svc)
check "pod restart --wait" muster pod restart svc pod-0 --wait --timeout 30
same "... the task is another" "svc pod-0-server" "$(comm -13 <(echo "$before") <(tasks svc) | cut -d' ' -f1,2)"
before=$(tasks svc)
check "pod replace --wait" muster pod replace svc pod-1 --wait --timeout 30
same "... the task is another" "svc pod-1-server" "$(comm -13 <(echo "$before") <(tasks svc) | cut -d' ' -f1,2)"
before=$(tasks svc)
check "plan restart --wait" muster plan restart svc deploy --wait --timeout 30
same "... all tasks are others" 2 "$(comm -13 <(echo "$before") <(tasks svc) | wc -l)"
check "uninstall" muster uninstall --yes --wait --timeout 30
finish
