#!/bin/bash
# Files of `uris` are in the sandbox before the task's command: fetched from a server, unpacked, checked, cached; what cannot be
# had ends the task with a reason, and the service goes on by itself once it can.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin uris
cd "$work" || exit 1

mkdir files
serve_files "$work/files" "$work/requests"
address=http://127.0.0.1:$files_port

mkdir -p tree/app && echo 'echo started by the archive' >tree/app/run.sh
tar -C tree -czf files/app.tgz app
printf '#!/bin/sh\necho i am the tool\n' >files/tool
echo plain >files/plain.txt
sum=$(sha256sum files/plain.txt | cut -d' ' -f1)
echo local >local.txt && chmod 644 local.txt

check "the scheduler starts" scheduler_start --listen 127.0.0.1:0

pod() { # NAME COUNT CMD URI…
  local name=$1 count=$2 cmd=$3
  shift 3
  printf 'name: %s\npods:\n  pod:\n    count: %s\n    uris:\n' "$name" "$count"
  printf '      - "%s"\n' "$@"
  printf '    tasks:\n      t: {goal: RUNNING, cmd: %s, cpus: 0.05, memory: 32}\n' "$cmd"
}

# ---- everything at once, two pods that share the cache
pod all 2 '". app/run.sh; ./bin/tool; cat plain.txt local.txt; ls; exec sleep 1000"' \
  "$address/app.tgz" "$address/tool#executable=true&output=bin/tool" "$address/plain.txt#sha256=$sum" "$work/local.txt" >all.yml
check "a service with uris is deployed" muster service add all -f all.yml --wait --timeout 60
check "no warning is left about them" sh -c 'muster validate all.yml 2>err >/dev/null && [ ! -s err ]'
for line in "started by the archive" "i am the tool" plain local app.tgz; do
  check "the task found it: $line" eventually printed all pod-0-t "$line"
  check "so did the other: $line" eventually printed all pod-1-t "$line"
done
check "the task's stderr has the progress" sh -c 'muster logs all pod-0-t --stderr | grep -q "muster-fetch: .*/app.tgz: "'
same "the checksum's file was asked for once" 1 "$(grep -c '^GET /plain.txt 200' requests)"
same "the archive was sent once" 1 "$(grep -c '^GET /app.tgz 200' requests)"

: >requests
check "a restarted pod finds all again" muster pod restart all pod-0
check "with an unchanged archive from the cache" eventually grep -q "^GET /app.tgz 304" requests

# ---- what cannot be had
pod missing 1 '"cat late.txt; exec sleep 1000"' "$address/late.txt" >missing.yml
check "a service whose file is missing is accepted" muster service add missing -f missing.yml
check "the reason names address, status, and what to do" eventually told missing "fetching the files of \\\"uris\\\" failed: $address/late.txt: the server answered with status 404: there is no such file: correct the address"
echo late >files/late.txt
check "once the file is there the service comes up by itself" eventually printed missing pod-0-t late

pod wrong 1 '"exec sleep 1000"' "$address/plain.txt#sha256=${sum//[0-9]/0}" >wrong.yml
check "a service with a wrong checksum is accepted" muster service add wrong -f wrong.yml
check "the reason is the checksum" eventually told wrong "its SHA-256 is $sum"

(cd files && ln -s /tmp evil && tar -cf evil.tar evil && rm evil)
pod evil 1 '"exec sleep 1000"' "$address/evil.tar" >evil.yml
check "a service with an evil archive is accepted" muster service add evil -f evil.yml
check "the archive is refused" eventually told evil 'its entry \"evil\" is a link that leads out of the sandbox'

pod typo 1 '"exec sleep 1000"' "$address/plain.txt#sha265=$sum" >typo.yml
refused 3 'typo.yml:6:7: the uri' muster validate typo.yml

# ---- nothing is left
check "all is uninstalled" muster uninstall --yes --wait --timeout 60
check "the scheduler ends" scheduler_wait
check "the cache is gone, too" test ! -e "$state/engine/cache"

finish
