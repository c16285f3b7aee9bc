#!/bin/bash
# System calls are filtered by a profile of the operator's folder, by the built-in one, or not at all, as the pod says.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin seccomp
mkdir "$work/profiles"
cat >"$work/profiles/no-folders.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}
END
scheduler_start --listen 127.0.0.1:0 --seccomp-profiles "$work/profiles" --seccomp-default default
cd "$work" || exit 1

cat >filtered.yml <<'END'
name: filtered
pods:
  own:
    count: 1
    seccomp-profile-name: no-folders.json
    tasks:
      server: &task
        goal: FINISH
        cmd: "mkdir made 2>/dev/null || echo no folder; unshare -U true 2>/dev/null; grep Seccomp: /proc/self/status"
        cpus: 0.1
        memory: 32
  standard:
    count: 1
    tasks: {server: *task}
  free:
    count: 1
    seccomp-unconfined: true
    tasks: {server: *task}
END
said() { tr -s '\t' ' ' <"$(echo "$state"/engine/runs/filtered__"$1"-0-server__*/stdout)" | paste -sd'|'; }

check "the service is done" muster service add filtered -f filtered.yml --wait --timeout 60
same "the profile that a pod names" "no folder|Seccomp: 2" "$(said own)"
same "the default of the scheduler" "Seccomp: 2" "$(said standard)"
same "unconfined" "Seccomp: 0" "$(said free)"
check "everything is taken down" muster uninstall --yes --wait --timeout 30
refused 3 "there is no such file" muster serve --state "$work/other" --no-tcp --seccomp-profiles "$work/profiles" --seccomp-default nosuch
finish
