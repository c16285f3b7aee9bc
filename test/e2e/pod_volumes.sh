#!/bin/bash
# Volumes: of the root disk and whole disks with profiles, shared by the tasks of a pod, kept over restarts, gone for good.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin volumes
# Another file system when there is one, so that nothing can be renamed into the state folder.
disk=$(mktemp -d /dev/shm/muster-disk.XXXXXX 2>/dev/null || mktemp -d "$work/disk.XXXXXX")
trap 'status=$?; trap - EXIT; work_end; rm -rf "$disk"; exit $status' EXIT
mkdir "$disk/fast" "$disk/slow"
echo "not ours" >"$disk/fast/other"
scheduler_start --listen 127.0.0.1:0 --mount "$disk/fast=fast" --mount "$disk/slow"
cd "$work" || exit 1

cat >mount.yml <<END
name: mount
pods:
  db:
    count: {{COUNT}}
    tasks:
      server:
        goal: RUNNING
        cmd: "echo run >> data/runs && exec sleep 1000"
        cpus: 0.1
        memory: 32
        volume: {path: data, type: MOUNT, size: 1, profiles: [fast, fastest]}
END
cat >shared.yml <<END
name: shared
pods:
  pair:
    count: 1
    volume: {path: both/data, type: ROOT, size: 8}
    tasks:
      writer: {goal: RUNNING, cmd: "echo hello > both/data/word && exec sleep 1000", cpus: 0.1, memory: 32}
      reader:
        goal: RUNNING
        cmd: exec sleep 1000
        cpus: 0.1
        memory: 32
        readiness-check: {cmd: grep -q hello both/data/word, interval: 1, delay: 0, timeout: 5}
END

data() { find "$disk" -name runs -printf '%h\n'; }
runs() { wc -l <"$(data)/runs"; }
gone() { # nothing of ours on the disks
  local deadline=$((SECONDS + 30))
  while [[ -n $(find "$disk" -mindepth 2 ! -name other) && $SECONDS -lt $deadline ]]; do sleep 0.1; done
  find "$disk" -mindepth 2 -printf '%P\n'
}

check "a volume of type MOUNT is placed on the disk with its profile" muster service add mount -f mount.yml -p COUNT=1 --wait --timeout 30
same "... below a folder of ours" "$disk/fast" "$(dirname "$(dirname "$(data)")")"
muster service update mount -f mount.yml -p COUNT=2 >/dev/null
check "a second one waits: the other disk has not the profile" eval '
  for i in {1..100}; do muster pod status mount --json | grep -q "\"stage\": *\"disk\"" && break; sleep 0.1; done
  muster pod status mount --json | grep -q "\"stage\": *\"disk\""'
muster service update mount -f mount.yml -p COUNT=1 >/dev/null 2>&1

victim=$(tasks mount | sed 's/.* \([0-9]*\):.*/\1/')
kill -KILL "$victim"
check "a task that died finds its data again" eval '
  for i in {1..300}; do [[ $(runs) -eq 2 ]] && break; sleep 0.1; done; [[ $(runs) -eq 2 ]]'
scheduler_kill
check "a start after a crash, with the same disks" scheduler_start --listen 127.0.0.1:0 --mount "$disk/fast=fast" --mount "$disk/slow"
same "... leaves the volume where it is" 2 "$(runs)"
check "... and the service as it was" muster plan show mount deploy

check "tasks of a pod share its volume" muster service add shared -f shared.yml --wait --timeout 30

check "a removal" muster service remove mount --wait --timeout 60
same "... destroys the volume, and nothing else on the disk" "fast/other" "$(gone)"

sed 's|path: data|path: ../data|' mount.yml >bad.yml
refused 3 "data" muster validate bad.yml -p COUNT=1
sed 's|path: data|path: /data|' mount.yml >bad.yml
refused 3 "data" muster validate bad.yml -p COUNT=1
refused 3 "no such folder" muster serve --state "$work/other" --no-tcp --mount "$disk/none"

check "a service with a volume is there when everything goes" muster service add mount -f mount.yml -p COUNT=1 --wait --timeout 30
check "everything is taken down" muster uninstall --yes --wait --timeout 60
same "... on the disks as well" "fast/other" "$(gone)"
finish
