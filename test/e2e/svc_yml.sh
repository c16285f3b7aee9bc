#!/bin/bash
# The reference's own svc.yml and simple.yml deploy as they are. They are not part of the project: MUSTER_SHARED, or
# ../shared, has them.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
specs=${MUSTER_SHARED:-${MU_SHARED:-$MU_SOURCE/../shared}}/specs
[[ -e $specs/svc.yml ]] || skip_all "there is no $specs/svc.yml"
user=$(id -un)
work_begin svc
# The tasks' user must reach the folder.
chmod go+x "$(dirname "$TMPDIR")" "$TMPDIR"
scheduler_start --listen 127.0.0.1:0 --agents 2 --cpus 4 --mem 4G --disk 1G

# An ordinary user can run tasks as nobody else.
[[ $user == root ]] && user=nobody
check "svc.yml" muster service add hello-world -f "$specs/svc.yml" --env-file "$specs/hello-world.env" \
  -p FRAMEWORK_USER="$user" --wait --timeout 60
same "three tasks run" "hello-0-server world-0-server world-1-server" "$(tasks hello-world | cut -d' ' -f2 | paste -sd' ')"
agents() { muster pod info hello-world "$1" | jq -r '.[0].info.slaveId.value'; }
same "the UNIQUE hostnames are two" 2 "$({ agents world-0; agents world-1; } | sort -u | wc -l)"
check "simple.yml" muster service add simple -f "$specs/simple.yml" --env-file "$specs/hello-world.env" \
  -p FRAMEWORK_USER="$user" --wait --timeout 60
check "uninstall" muster uninstall --yes --wait --timeout 60
finish
