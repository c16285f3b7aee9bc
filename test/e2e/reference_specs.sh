#!/bin/bash
# Every spec of the reference that this machine can honour deploys as it is, side by side with the others; one that it cannot is
# refused with the reason. `muster check-compat` says which is which. They are not part of the project: MUSTER_SHARED, or
# ../shared, has them.
# timeout: 180
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
specs=${MUSTER_SHARED:-${MU_SHARED:-$MU_SOURCE/../shared}}/specs
[[ -e $specs/svc.yml ]] || skip_all "there is no $specs/svc.yml"
least_deployed=28 # of the 39: fewer would mean that this test has stopped to test
user=$(id -un)
work_begin reference
chmod go+x "$(dirname "$TMPDIR")" "$TMPDIR" # the tasks' user must reach the folder
[[ $user == root ]] && user=nobody          # an ordinary user can run tasks as nobody else

# ---- what the specs fetch, from files: no test reaches further than this machine
files=$work/files
mkdir -p "$files/bootstrap" "$work/specs" "$work/out" "$work/disk" "$work/fast1" "$work/fast2"
for file in README.md generate.sh java app.jar; do echo "this is $file" >"$files/$file"; done
printf '#!/bin/sh\nexit 0\n' >"$files/bootstrap/bootstrap"
chmod 755 "$files/bootstrap/bootstrap"
tar -C "$files/bootstrap" -czf "$files/bootstrap.tar.gz" bootstrap
chmod -R go+rX "$work/files"
for spec in "$specs"/*.yml; do
  sed "s|https://github.com/[^\"]*/|file://$files/|" "$spec" >"$work/specs/$(basename "$spec")"
done
# An image would come from a registry; the tasks of these two do without theirs.
sed -i '/^ *image: ubuntu:/d' "$work/specs/secrets.yml" "$work/specs/host-volume.yml"

cat >"$work/values" <<END
FRAMEWORK_USER=$user
HELLO_COUNT=1
WORLD_COUNT=1
HELLO_MEM=32
WORLD_MEM=32
HELLO_DISK=8
WORLD_DISK=8
BOOTSTRAP_URI=file://$files/bootstrap.tar.gz
JAVA_URI=file://$files/java
KEYSTORE_APP_URI=file://$files/app.jar
DEPLOY_STRATEGY=parallel
DEPLOY_STEPS=[[first], [second, third]]
HELLO_EXTERNAL_VOLUME_NAME=volume
EXTERNAL_VOLUME_DRIVER_OPTIONS=size=1
HELLO_SECRET1=hello-one
HELLO_SECRET2=hello-two
WORLD_SECRET1=world-one
WORLD_SECRET2=world-two
WORLD_SECRET3=world-three
HELLO_VOLUME_PROFILE=fast
TEST_PROFILE_VOLUME_COMMAND=ls
PORT_API=8080
TASKCFG_ALL_OUTPUT_FILENAME=output
TASKCFG_ALL_SLEEP_DURATION=1000
END
on() { # COMMAND… FILE: with the values
  local file=${*: -1}
  muster "${@:1:$#-1}" "$work/specs/$file" --env-file "$specs/hello-world.env" --env-file "$work/values"
}

# ---- what becomes of each
# Those that never finish by design, and those that ask this machine for what a spec cannot say.
waits_for() { # FILE: why it is not expected to deploy; nothing when it is
  case $1 in
    crash-loop.yml | non_recoverable_state.yml) echo "its task fails for ever" ;;
    discovery.yml) echo "its task asks the DNS of a cluster" ;;
    share_pid_namespace.yml) sh -c '[ a == a ]' 2>/dev/null || echo "its task needs an sh that knows ==" ;;
    multiport.yml) for nc in ncat nc netcat; do command -v $nc >/dev/null && echo "its task looks for a DNS server" && break; done ;;
    secrets.yml) muster help secret put >/dev/null 2>&1 || echo "there are no secrets" ;;
  esac
}
kind() { # FILE: deploys, waits, refused
  on check-compat --engine local --json "$1" >"$work/out/$1.json" 2>"$work/out/$1.err"
  jq -r 'if .runs.local | not then "refused" elif any(.fields[]; .local.use == "waits") then "waits"
    elif any(.fields[]; .field == "pods.image") then "image" else "deploys" end' "$work/out/$1.json"
}

deploy() { # FILE: adds it, waits until it is deployed, and makes room for the next one
  local name=${1%.yml} verb=add
  name=${name//_/-}
  if [[ $1 == canary.yml ]]; then # an operator lets each phase go on, for its first instance and for the others
    on service add "$name" -f "$1" >"$work/out/$1.add" 2>&1
    for phase in hello-deploy hello-deploy world-deploy world-deploy; do
      muster plan continue "$name" deploy --phase $phase >>"$work/out/$1.add" 2>&1
    done
    verb=update
  fi
  on service $verb "$name" --wait --timeout 90 -f "$1" >>"$work/out/$1.add" 2>&1
  echo $? >"$work/out/$1.status"
  muster service remove "$name" --wait --timeout 60 >"$work/out/$1.remove" 2>&1
  echo $? >"$work/out/$1.removed"
}

scheduler_start --listen 127.0.0.1:0 --agents 2 --cpus 32 --mem 64G --disk 16G --ports 1025-32000 --gpus 2 \
  --mount "$work/disk" --mount "$work/fast1=fast" --mount "$work/fast2=fast"
if muster help secret put >/dev/null 2>&1; then
  for secret in hello-one hello-two world-one world-two world-three; do echo "$secret" | muster secret put $secret >/dev/null; done
fi
jobs=() deployed=()
for spec in "$work"/specs/*.yml; do
  file=$(basename "$spec")
  why=$(waits_for "$file")
  what=$(kind "$file")
  case $what in
    deploys)
      if [[ -n $why ]]; then
        passed "$file is valid (not deployed: $why)"
        continue
      fi
      deployed+=("$file")
      deploy "$file" &
      jobs+=($!)
      ;;
    refused) refused 3 "" on service add refused -f "$file" ;;
    waits | image) passed "$file is valid (not deployed: this machine lacks what it asks for)" ;;
    *) failed "$file: check-compat has no answer" "$(cat "$work/out/$file.err")" ;;
  esac
done
wait "${jobs[@]}"
for file in "${deployed[@]}"; do
  if [[ $(cat "$work/out/$file.status") == 0 ]]; then
    passed "$file deploys"
  else
    failed "$file deploys" "$(tail -n 12 "$work/out/$file.add")"
  fi
  same "$file leaves nothing behind" 0 "$(cat "$work/out/$file.removed")"
done
check "at least $least_deployed deployed (${#deployed[@]})" [ "${#deployed[@]}" -ge "$least_deployed" ]
same "no process is left" "" "$(tasks)"
finish
