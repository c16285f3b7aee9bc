#!/bin/bash
# timeout: 300
# Container images, by podman: an OCI layout made here is all that is needed. What is in the container, and that nothing is left.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin image
cd "$work" || exit 1

cat >web.yml <<END
name: web
pods:
  page:
    count: 1
    image: localhost/muster-test:1
    host-volumes:
      a: {host-path: $work/shared, container-path: host, mode: RO}
    secrets: {s: {secret: word, env-key: SECRET, file: sec/ret}}
    rlimits: {RLIMIT_CORE: {soft: 0, hard: 0}}
    tasks:
      server:
        goal: RUNNING
        env: {WORD: "a b=c"}
        cmd: |
          echo "\$WORD" >told
          cat /inside host/word >>told
          (echo x >host/bad) 2>/dev/null || echo "read only" >>told
          [ -e $work/web.yml ] || echo "not the machine's files" >>told
          set -- /proc/[0-9]*
          cat /proc/1/comm >>told
          echo "\$SECRET \$(cat sec/ret)" >brought
          echo kept >data/kept
          sleep 1001 &
          trap 'echo ended >>data/kept; exit 0' TERM
          while :; do sleep 0.2; done
        cpus: 0.1
        memory: 64
        kill-grace-period: 20
        volume: {path: data, type: ROOT, size: 8}
        readiness-check: {cmd: "test -e data/kept && cat /inside", interval: 1, delay: 0, timeout: 30}
END
mkdir shared
echo "from the host" >shared/word

# ---- without podman
scheduler_without() { # a PATH without podman, but with all else
  local folder
  mkdir "$work/bin"
  for folder in ${PATH//:/ }; do
    find "$folder" -maxdepth 1 ! -name podman ! -type d -exec ln -sf -t "$work/bin" {} + 2>/dev/null
  done
  PATH=$work/bin scheduler_start --listen 127.0.0.1:0
}
check "a start without podman" scheduler_without
refused 3 "pods.page.image: container images are run by podman, which is not here: apt-get install podman" \
  muster service add web -f web.yml
check "the end of it" muster uninstall --yes --wait --timeout 30

# ---- with it
busybox=$(command -v busybox)
part() { # what is missing, and the end of the script
  echo "# SKIP the rest: $1"
  finish
}
[[ $(id -u) -eq 0 ]] || part "this test drives podman as root"
command -v podman >/dev/null || part "podman is not installed"
[[ -n $busybox ]] && ! ldd "$busybox" >/dev/null 2>&1 || part "there is no static busybox (package busybox-static)"

# A storage of our own, and the first runtime that runs anything here.
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$work" "$work" >storage.conf

blob() { # FILE: puts it into the layout; its digest
  local sum
  sum=$(sha256sum <"$1" | cut -d' ' -f1)
  cp "$1" "layout/blobs/sha256/$sum"
  echo "sha256:$sum"
}
layout() {
  mkdir -p layout/blobs/sha256 root/bin root/tmp
  cp "$busybox" root/bin/busybox
  local name
  for name in sh cat sleep echo test ls; do ln -s busybox "root/bin/$name"; done
  echo "inside" >root/inside
  tar -C root -cf layer.tar .
  local layer config manifest
  layer=$(blob layer.tar)
  jq -n --arg l "$layer" --arg a "$(podman info --format '{{.Host.Arch}}')" \
    '{architecture: $a, os: "linux", config: {Env: ["PATH=/bin"]}, rootfs: {type: "layers", diff_ids: [$l]}}' >config.json
  config=$(blob config.json)
  jq -n --arg c "$config" --argjson cs "$(stat -c %s config.json)" --arg l "$layer" --argjson ls "$(stat -c %s layer.tar)" \
    '{schemaVersion: 2, config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: $cs},
      layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $l, size: $ls}]}' >manifest.json
  manifest=$(blob manifest.json)
  echo '{"imageLayoutVersion": "1.0.0"}' >layout/oci-layout
  jq -n --arg m "$manifest" --argjson ms "$(stat -c %s manifest.json)" \
    '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $m, size: $ms,
      annotations: {"org.opencontainers.image.ref.name": "localhost/muster-test:1"}}]}' >layout/index.json
}
pull() {
  tar -C layout -cf layout.tar . && podman load --quiet --input layout.tar && podman image exists localhost/muster-test:1
}
runtime() { # the first that works
  local name limits
  limits="$(ulimit -Sn):$(ulimit -Hn)"
  for name in "" crun runc; do
    printf '[engine]\n%s\n' "${name:+runtime = \"$name\"}" >containers.conf
    podman run --rm --network=host --ulimit="nofile=$limits" --ulimit=nproc=1024:1024 \
      localhost/muster-test:1 /bin/cat /inside && return
  done
  return 1
}
echo "[engine]" >containers.conf
layout && pull >pulled 2>&1 || part "podman takes no image here: $(tail -n 1 pulled)"
runtime >tried 2>&1 || part "podman runs no container here: $(tail -n 1 tried)"
containers() { podman ps --all --quiet | wc -l; }
gone() {
  local deadline=$((SECONDS + 30))
  while [[ $(containers) -gt 0 && $SECONDS -lt $deadline ]]; do sleep 0.1; done
  containers
}
told() { paste -sd'|' "$(echo "$state"/engine/runs/web__page-0-server__*/told)"; }

check "a start with podman" scheduler_start --listen 127.0.0.1:0
check "a secret is put" sh -c 'printf hush | muster secret put word'
check "the service is deployed, and its check runs inside" muster service add web -f web.yml --wait --timeout 120
same "the task is in the container, with its environment, sandbox and volumes, and not the first process" \
  "a b=c|inside|from the host|read only|not the machine's files|muster-holder" "$(told)"
same "a secret is brought in, as variable and file" "hush hush" "$(cat "$state"/engine/runs/web__page-0-server__*/brought)"
same "one container" 1 "$(containers)"
before=$(tasks)
scheduler_kill
check "a start after a crash" scheduler_start --listen 127.0.0.1:0
same "... adopts it" "$before" "$(tasks)"

check "a restart is a SIGTERM with its grace period" muster pod restart web page-0
kept() { cat "$state"/engine/volumes/*/kept | paste -sd'|'; }
check "... and a new container on the same volume" eval '
  for i in {1..600}; do [[ $(tasks) != "$before" && -n $(tasks) && $(kept) == kept ]] && break; sleep 0.1; done
  [[ $(tasks) != "$before" && $(kept) == kept ]]'

# The executor is killed: the container ends with it, and the pod is started again.
check "it is ready again" muster plan show web deploy
for _ in {1..300}; do [[ -n $(tasks) ]] && break; sleep 0.1; done
victim=$(tasks | sed -n 's/.* page-0-server \([0-9]*\):.*/\1/p')
container_gone() { ! podman ps --all --quiet | grep -q "$1"; }
container=$(podman ps --quiet)
kill -KILL "$(sed -n 's/^PPid:\t//p' "/proc/$victim/status")"
for _ in {1..300}; do container_gone "$container" && break; sleep 0.1; done
check "with a killed executor its container ends" container_gone "$container"
check "... and another is started" eval '
  for i in {1..600}; do [[ $(containers) -eq 1 && -n $(tasks) ]] && break; sleep 0.1; done; [[ $(containers) -eq 1 && -n $(tasks) ]]'

check "a removal" muster service remove web --wait --timeout 120
same "... leaves no container" 0 "$(gone)"
sed 's|muster-test:1|muster-test:none|' web.yml >none.yml
muster service add web -f none.yml >/dev/null
check "an image that is not to be had is a reason that is told" eval '
  for i in {1..600}; do grep -q "getting the container image failed" "$work/log" && break; sleep 0.1; done
  grep -q "getting the container image failed" "$work/log"'
check "everything is taken down" muster uninstall --yes --wait --timeout 120
same "no container is left" 0 "$(gone)"
same "no file of a secret is left" "" "$(find /dev/shm /run -maxdepth 1 -name 'muster-web__*' 2>/dev/null)"
same "no mount is left" "" "$(grep -F "$work" /proc/self/mountinfo)"
finish
