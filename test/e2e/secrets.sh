#!/bin/bash
# Secrets: put, used as variables and files, changed, refused to strangers; and their values are nowhere but in the task: every
# byte of the state folder, the scheduler's log and the API's answers is searched for them.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin secrets
cd "$work" || exit 1

# What tasks print is their sum, since what they print is kept.
value=Zq7-first-$RANDOM$RANDOM
changed=Zq7-second-$RANDOM$RANDOM
sum_of() { printf %s "$1" | sha256sum | cut -d' ' -f1; }

cat >svc.yml <<'END'
name: team/web
pods:
  pod:
    count: 1
    secrets:
      both: {secret: team/password, env-key: PASSWORD, file: conf/deep/password}
      own: {secret: team/web/token}
      open: {secret: everybody, file: open}
    tasks:
      main:
        goal: RUNNING
        cmd: |
          printf %s "$PASSWORD" | sha256sum
          sha256sum <conf/deep/password
          sha256sum <team/web/token
          echo "open is $(cat open)"
          stat -L -c 'mode %a of %U' conf/deep/password
          stat -f -c 'on %T' conf/deep/password
          ls .muster/secrets
          echo done
          exec sleep 1000
        cpus: 0.05
        memory: 32
        health-check: {cmd: 'test -n "$PASSWORD" && test -s conf/deep/password', interval: 1, grace-period: 5, delay: 0, timeout: 5, max-consecutive-failures: 2}
      beside: {goal: RUNNING, cmd: 'sha256sum <conf/deep/password; exec sleep 1000', cpus: 0.05, memory: 32}
END
check "the spec is valid, without a warning" sh -c 'muster validate svc.yml 2>err >/dev/null && [ ! -s err ]'
check "the scheduler starts" scheduler_start --listen 127.0.0.1:0

# ---- missing, then put
check "a service whose secrets are missing is accepted" muster service add team/web -f svc.yml
check "the reason says which command puts it there" eventually told team/web 'its secrets cannot be had: there is no secret \"team/password\"; put it there with: muster secret put team/password FILE'
printf %s "$value" >value.txt
check "a secret is put from a file" muster secret put team/password value.txt
check "another from standard input" sh -c 'printf %s "$0" | muster secret put team/web/token -' "$value-token"
check "an open one" sh -c 'printf open-to-all | muster secret put everybody'
check "the service comes up by itself" eventually printed team/web pod-0-main "done"
check "the variable has the value" printed team/web pod-0-main "$(sum_of "$value")  -"
same "so has the file" 2 "$(muster logs team/web pod-0-main --stdout | grep -c "$(sum_of "$value")")"
check "one without env-key and file is a file under its own path" printed team/web pod-0-main "$(sum_of "$value-token")  -"
check "one in no folder is for all" printed team/web pod-0-main "open is open-to-all"
check "the file is its user's alone" printed team/web pod-0-main "mode 600 of $(id -un)"
check "it lies on a tmpfs" printed team/web pod-0-main "on tmpfs"
check "the pod's other task has it, too" eventually printed team/web pod-0-beside "$(sum_of "$value")  -"
check "checks have the secrets" eventually sh -c 'muster plan show team/web --json | jq -e ".status == \"COMPLETE\"" >/dev/null'
same "the names are listed" "everybody team/password team/web/token" "$(json '[.secrets[].name] | join(" ")' muster secret list)"

# ---- strangers, and what is no name
sed 's/^name: .*/name: other/' svc.yml >other.yml
check "another service may be added" muster service add other -f other.yml
check "but is told whose the secret is" eventually told other 'the secret \"team/password\" is only for services named team or team/'
refused 3 'no part may begin' muster secret put .ca value.txt
refused 3 'no name of a secret' muster secret put ../x value.txt
refused 4 'muster secret list' muster secret remove nothing
refused 4 'cannot be read' muster secret put a /no/such/file
head -c 1048577 /dev/zero >big
refused 3 'at most 1048576' muster secret put big big

# ---- a crash, a change
scheduler_kill
check "the scheduler starts again" scheduler_start --listen 127.0.0.1:0
check "the task ran on" eventually sh -c 'muster plan show team/web --json | jq -e ".status == \"COMPLETE\"" >/dev/null'
printf %s "$changed" >changed.txt
check "a secret is changed" muster secret put team/password changed.txt
check "its pod is restarted" muster pod restart team/web pod-0
check "the next start has the new value" eventually printed team/web pod-0-main "$(sum_of "$changed")  -"

# ---- nowhere else
nowhere() { # FOLDER OR FILE…: none of the values is in it
  ! grep -raqF -e "$value" -e "$changed" "$@"
}
everything() {
  local path sandbox
  curl -sS --unix-socket "$state/muster.sock" http://localhost/v1/openapi.json | jq -r '.paths | to_entries[] | select(.value.get) | .key' |
    grep -v events | sed 's|{name}|team%2Fweb|; s|{pod}|pod-0|; s|{plan}|deploy|; s|{secret}|x|; s|{configuration}|target|; s|{task}|pod-0-main|; s|{path\*}|conf/deep/password|' |
    while read -r path; do curl -sS --unix-socket "$state/muster.sock" "http://localhost$path"; done
  for sandbox in '' .muster .muster/secrets .muster/secrets/conf%25deep%25password conf/deep/password; do
    curl -sS --unix-socket "$state/muster.sock" "http://localhost/v1/service/team%2Fweb/sandbox/pod-0-main/$sandbox"
  done
}
everything >answers 2>&1
check "the API answered" test "$(wc -c <answers)" -gt 5000
check "no answer has a value" nowhere answers
check "no file of the state folder has one" nowhere "$state"
check "nor has the scheduler's log" nowhere "$work/log"
finds() {
  ! nowhere "$1"
}
check "what searches finds one where it is" finds value.txt
for pid in $(processes); do
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null
done >arguments
check "no process has one in its arguments" nowhere arguments

# ---- removed
check "a secret is removed" muster secret remove team/password
check "its pod is restarted again" muster pod restart team/web pod-0
check "and fails for want of it" eventually told team/web 'there is no secret \"team/password\"'
check "all is uninstalled" muster uninstall --yes --wait --timeout 60
check "the scheduler ends" scheduler_wait
check "the secrets are gone, too" test ! -e "$state/secrets"
check "no tmpfs file is left" sh -c '! ls -d /dev/shm/muster-* /run/muster-* "/run/user/$(id -u)"/muster-* 2>/dev/null | grep team.web'

finish
