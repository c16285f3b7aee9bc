#!/bin/bash
# What a pod sees of the machine: folders of the host, its own processes, its own shared memory. Nothing is left of it, however it
# ends.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin isolation
executor=$(dirname "$(readlink -f "$(command -v muster)")")/muster-executor
[[ -x $executor ]] || executor=$(dirname "$(command -v muster)")/../libexec/muster/muster-executor
probe=$("$executor" --probe)
[[ $probe == '{}' ]] || skip_all "this machine allows no namespaces: $probe"
mkdir -m 777 "$work/shared"
echo "from the host" >"$work/shared/word"
scheduler_start --listen 127.0.0.1:0 --pid-namespaces on
cd "$work" || exit 1

cat >seen.yml <<END
name: seen
pods:
  alone:
    count: 1
    ipc-mode: PRIVATE
    shm-size: 9
    host-volumes:
      a: {host-path: $work/shared, container-path: host/rw}
      b: {host-path: $work/shared, container-path: host/ro, mode: RO}
    tasks:
      server:
        goal: RUNNING
        cmd: |
          cat host/rw/word host/ro/word >seen
          echo written >host/rw/made
          (echo x >host/ro/bad) 2>/dev/null || echo "read only" >>seen
          cat /proc/1/comm >>seen
          df -m /dev/shm | awk 'NR == 2 {print \$2 " MB"}' >>seen
          exec sleep 1000
        cpus: 0.1
        memory: 32
        readiness-check: {cmd: grep -q MB seen, interval: 1, delay: 0, timeout: 5}
  pair:
    count: 1
    share-pid-namespace: true
    tasks:
      first: {goal: RUNNING, cmd: exec sleep 1001, cpus: 0.1, memory: 32}
      second:
        goal: RUNNING
        cmd: exec sleep 1000
        cpus: 0.1
        memory: 32
        readiness-check: {cmd: "grep -qszx 1001 /proc/[0-9]*/cmdline && grep -q holder /proc/1/comm", interval: 1, delay: 0, timeout: 5}
END

holders() { # the processes that hold our tasks' namespaces
  local line
  for line in /proc/[0-9]*/comm; do
    [[ $(cat "$line" 2>/dev/null) == muster-holder ]] && grep -qsF "$mark" "${line%comm}cmdline" && echo "$line"
  done
}
gone() {
  local deadline=$((SECONDS + 30))
  while [[ -n $(holders) && $SECONDS -lt $deadline ]]; do sleep 0.1; done
  holders
}
sandbox() { echo "$state"/engine/runs/seen__"$1"__*; }

check "the service is deployed" muster service add seen -f seen.yml --wait --timeout 60
same "a task sees the host's folder, a holder for the first process, and its own shared memory" \
  "from the host|from the host|read only|muster-holder|9 MB" "$(paste -sd'|' "$(sandbox alone-0-server)/seen")"
same "... and writes to the host's folder" written "$(cat shared/made)"
same "outside of it there is no mount" "" "$(grep -F "$state" /proc/self/mountinfo)"

pair=$(basename "$state"/engine/executors/pair-0__*)
alone=$(basename "$state"/engine/executors/alone-0__*)
mark=$pair
same "a pod that shares its processes has one holder" 1 "$(holders | wc -l)"
before=$(tasks)
scheduler_kill
check "a start after a crash" scheduler_start --listen 127.0.0.1:0 --pid-namespaces on
same "... adopts the tasks" "$before" "$(tasks)"

# The executor dies: with it goes all of its pod, and the pod is started again.
mark=$alone
victim=$(tasks seen | sed -n 's/.* alone-0-server \([0-9]*\):.*/\1/p')
kill -KILL "$(sed -n 's/^PPid:\t//p' "/proc/$victim/status")"
same "with a killed executor its namespaces end" "" "$(gone)"
check "... and its task is started again" eval '
  for i in {1..300}; do now=$(tasks seen | sed -n "s/.* alone-0-server \([0-9]*\):.*/\1/p"); [[ -n $now && $now != "$victim" ]] && break; sleep 0.1; done
  [[ -n $now && $now != "$victim" ]]'

# All die at once: the scheduler and the executor. Nothing waits for the next start, which finds a pod to start again.
for _ in {1..300}; do [[ $(tasks | wc -l) -eq 3 ]] && break; sleep 0.1; done
victim=$(tasks seen | sed -n 's/.* alone-0-server \([0-9]*\):.*/\1/p')
parent=$(sed -n 's/^PPid:\t//p' "/proc/$victim/status")
mark=$(tr '\0' '\n' <"/proc/$parent/cmdline" | tail -n 1)
same "a pod with shared memory and its task have a holder each" 2 "$(holders | wc -l)"
scheduler_kill
kill -KILL "$parent"
same "with scheduler and executor killed nothing of the task is left" "" "$(gone)"
check "the next start" scheduler_start --listen 127.0.0.1:0 --pid-namespaces on
for _ in {1..300}; do [[ $(tasks | wc -l) -eq 3 ]] && break; sleep 0.1; done
same "... has three tasks again" 3 "$(tasks | wc -l)"

check "a removal" muster service remove seen --wait --timeout 60
mark=$pair
same "... ends all namespaces" "" "$(gone)"
same "... and leaves the host's folder" "made word" "$(ls shared | paste -sd' ')"
check "everything is taken down" muster uninstall --yes --wait --timeout 60
refused 3 '"on" or "off" was expected' muster serve --state "$work/other" --no-tcp --pid-namespaces maybe
finish
