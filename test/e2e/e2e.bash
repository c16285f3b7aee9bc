# The end-to-end tests' helpers: a scheduler of the test's own (demo/lib.bash), and checks that speak TAP. Sourced.
# shellcheck source=../../demo/lib.bash
. "${MU_SOURCE:?run this with test/run}/demo/lib.bash"
set -uo pipefail

cases=0
failures=0

# The end of every script.
finish() {
  if [[ -n ${serving:-} ]]; then # the server of serve_files: until it has ended
    exec {serving}>&-
    read -r -u "$served"
  fi
  echo "1..$cases"
  exit $((failures > 0))
}

skip_all() {
  echo "1..0 # SKIP $*"
  exit 77
}

passed() {
  cases=$((cases + 1))
  echo "ok $cases - $*"
}

failed() { # DESCRIPTION [DETAIL]…
  cases=$((cases + 1))
  failures=$((failures + 1))
  echo "not ok $cases - $1"
  shift
  printf '%s\n' "$@" | sed 's/^/#   /'
  [[ -z $work || ! -s $work/log ]] || tail -n 15 "$work/log" | sed 's/^/# log: /'
}

# check DESCRIPTION COMMAND…: the command succeeds.
check() {
  local description=$1 status=0
  shift
  "$@" >"$work/said" 2>&1 || status=$? # in this shell: it may set variables
  if [[ $status -eq 0 ]]; then
    passed "$description"
  else
    failed "$description" "exit code $status of: $*" "$(tail -n 20 "$work/said")"
  fi
}

# same DESCRIPTION EXPECTED ACTUAL
same() {
  if [[ $2 == "$3" ]]; then
    passed "$1"
  else
    failed "$1" "expected:" "$2" "found:" "$3"
  fi
}

# refused CODE PART COMMAND…: the command exits with the code, and says PART on standard error.
refused() {
  local code=$1 part=$2 message status=0
  shift 2
  message=$("$@" 2>&1 >/dev/null </dev/null) || status=$?
  if [[ $status -eq $code && $message == *"$part"* ]]; then
    passed "$* (exit $code)"
  else
    failed "$* (exit $code)" "exit code $status, expected $code with: $part" "$message"
  fi
}

# A spec of one pod type: spec NAME COUNT COMMAND [MORE LINES OF THE TASK]…
spec() {
  local name=$1 count=$2 command=$3 line
  shift 3
  cat <<END
name: $name
pods:
  pod:
    count: $count
    tasks:
      server:
        goal: RUNNING
        cmd: |
          $command
        cpus: 0.05
        memory: 32
END
  for line in "$@"; do
    printf '        %s\n' "$line"
  done
}
# shellcheck disable=SC2034 # of the scripts that source this
volume='volume: {path: data, type: ROOT, size: 8}'

# The JSON of a command, read by jq: json FILTER COMMAND…
json() {
  local filter=$1
  shift
  "$@" --json | jq -r "$filter"
}

# eventually COMMAND…: the command succeeds within 30 seconds; the last try's words are shown when it does not.
eventually() {
  local end=$((SECONDS + 30))
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $end ]] || { "$@"; return 1; }
    read -rt 0.05 <><(:) || :
  done
}

# printed SERVICE TASK LINE: the task's standard output has the line.
printed() {
  muster logs "$1" "$2" --stdout | grep -qxF -- "$3"
}

# told SERVICE PART: what is known of the service's pods, as JSON text, has the part.
told() {
  muster pod status "$1" --json | grep -F -- "$2"
}

# serve_files DIR LOG: the folder over HTTP on a free port of the loopback address, $files_port, until the script ends
# (test/support/file_server.c). Each request is a line of LOG.
serve_files() {
  : >"$2"
  rm -f "$work/serving" "$work/port" && mkfifo "$work/serving" "$work/port"
  ("$MU_BUILD/test/file-server" "$1" "$2" <"$work/serving" >"$work/port" &) # no child of ours, for which the end would wait
  exec {serving}>"$work/serving"                                            # it serves as long as this is open
  exec {served}<"$work/port"
  read -r files_port <&"$served"
}

# ---- a Mesos master ----

# master_start OPTION…: the test master (test/mesos-master), its address in $url. It hears lines on its input, and answers each
# with one.
master_start() {
  local master=$MU_BUILD/test/mesos-master/mesos-master
  [[ -x $master ]] || skip_all "the test master is not built"
  mkfifo "$work/to_master" "$work/from_master"
  exec {commands}<>"$work/to_master" {answers}<>"$work/from_master"
  "$master" "$@" <&"$commands" >&"$answers" 2>>"$work/master.log" &
  master_pid=$!
  trap 'status=$?; trap - EXIT; master_end; exit $status' EXIT
  read -r -t 30 url <&"$answers" || {
    failed "the test master starts"
    finish
  }
}

# The master last: the scheduler's uninstall needs it.
master_end() {
  [[ ! -d $state ]] || ! is_alive "$scheduler" || muster uninstall --yes --wait --timeout 30 >/dev/null 2>&1
  kill "$master_pid" 2>/dev/null
  work_end
}

# tell COMMAND…: the master says ok.
tell() {
  local answer
  echo "$*" >&"$commands"
  read -r -t 30 answer <&"$answers" && [[ $answer == ok ]]
}

# on_mesos ADDRESS OPTION…: a scheduler of that master.
on_mesos() {
  scheduler_start --listen 127.0.0.1:0 --engine mesos --master "$@"
}

# ---- programs on libmuster ----

# Installs muster into the test's folder, for sdk_build and for what those programs need when they run.
sdk_install() {
  option() { meson introspect --buildoptions "$MU_BUILD" | jq -r --arg name "$1" '.[] | select(.name == $name) | .value'; }
  [[ $(option b_sanitize) == none ]] || skip_all "a library with a sanitizer in it is for programs with that sanitizer"
  local prefix libdir
  prefix=$(option prefix)
  libdir=$work/root$prefix/$(option libdir)
  check "install" meson install -C "$MU_BUILD" --no-rebuild --destdir "$work/root"
  sed -i "s|^prefix=.*|prefix=$work/root$prefix|" "$libdir/pkgconfig/muster.pc"
  export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir MUSTER_LIBEXEC=$work/root$prefix/libexec/muster
}

# sdk_build PROGRAM FILE… [-- MORE PACKAGES]
sdk_build() {
  local flags program=$1 sources=() packages=(muster)
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    sources+=("$1")
    shift
  done
  [[ $# -eq 0 ]] || packages+=("${@:2}")
  read -ra flags < <(pkg-config --cflags --libs "${packages[@]}")
  cc -std=gnu17 -Wall -Wextra -Werror "${sources[@]}" -o "$program" "${flags[@]}"
}

# sdk_start PROGRAM ARGUMENT…: in the background until it says `ready: …`, which is in $line; what it prints comes from 5.
sdk_start() {
  rm -f out && mkfifo out
  "$@" >out 2>>log </dev/null &
  scheduler=$!
  exec 5<out
  read -r -t 30 line <&5 && [[ $line == ready:* ]]
}
