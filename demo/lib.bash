# What the demo and the end-to-end tests share: a scheduler of one's own in a temporary folder, and what the system itself
# says about its processes. Sourced; `muster` is first in PATH.
#
#   work_begin NAME         $work, a new folder; $state in it, where MUSTER_STATE points; everything ends with the script
#   scheduler_start [ARG]…  `muster serve` on $state: sets $scheduler, its process, when it is ready
#   scheduler_kill          kill -9
#   scheduler_wait          its exit code, once it ends by itself
#   processes               the processes that work in $state, tasks and executors, one id a line
#   tasks [SERVICE]         "SERVICE TASK PID:START", one line for each running task: the same line, the same process
#   volumes                 the folders of persistent volumes

scheduler=
work=
state=

work_begin() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/muster-$1.XXXXXX")
  chmod 755 "$work"
  state=$work/state
  export MUSTER_STATE=$state
  unset MUSTER_URL MUSTER_TOKEN
  trap 'status=$?; trap - EXIT; work_end; exit $status' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Leaves nothing behind: asks the scheduler, and ends by force only what did not go then.
work_end() {
  trap '' INT TERM
  if [[ -d $state ]] && { is_alive "$scheduler" || { [[ -n $(processes) ]] && scheduler_start --quiet; }; } >/dev/null 2>&1; then
    muster uninstall --yes --wait --timeout 30 >/dev/null 2>&1
  fi
  local pid
  for pid in $(processes) $scheduler; do
    kill -KILL "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  [[ -z $work ]] || rm -rf "$work"
}

is_alive() {
  [[ -n $1 ]] && kill -0 "$1" 2>/dev/null
}

# In a session of its own, so that a Ctrl-C in this terminal is for the script alone to act on.
scheduler_start() {
  local line=
  rm -f "$work/ready" && mkfifo "$work/ready"
  exec {ready}<>"$work/ready"
  setsid muster serve --state "$state" "$@" >&"$ready" 2>>"$work/log" </dev/null {ready}>&- &
  scheduler=$!
  while is_alive "$scheduler" && ! read -t 1 -r line <&"$ready"; do :; done
  [[ $line == *"is ready"* ]] && return
  echo "the scheduler did not start:" >&2
  tail -n 5 "$work/log" >&2
  return 1
}

scheduler_kill() {
  kill -KILL "$scheduler"
  wait "$scheduler" 2>/dev/null
  scheduler=
}

scheduler_wait() {
  local status=0
  wait "$scheduler" || status=$?
  scheduler=
  return "$status"
}

processes() {
  find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$state/*" 2>/dev/null | cut -d/ -f3
}

# The executors note the processes that they start; those that are still there are told.
tasks() {
  local record id pid start line fields
  grep -haso '{"is":"process"[^}]*}' "$state"/engine/executors/*/log |
    sed 's/.*"task_id":"\([^"]*\)","pid":\([0-9]*\),"start":\([0-9]*\).*/\1 \2 \3/' |
    while read -r id pid start; do
      { read -r line <"/proc/$pid/stat"; } 2>/dev/null || continue
      read -ra fields <<<"${line##*) }"
      record=${id%__*}
      [[ ${fields[19]} == "$start" && ${fields[0]} != Z && ${record%%__*} == "${1:-${record%%__*}}" ]] &&
        echo "${record%%__*} ${record#*__} $pid:$start"
    done | sort
}

volumes() {
  find "$state/engine/volumes" -mindepth 1 -maxdepth 1 -type d 2>/dev/null
}

# The first of these ports that nobody listens on.
free_port() {
  local port
  for port in "$@"; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
  done
  return 1
}
