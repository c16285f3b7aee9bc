#!/bin/bash
# muster as a framework of a Mesos master (the test master, a virtual cluster behind the real API): deploy, failures, broken
# connections, restarts, another id, uninstall.
# timeout: 180
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin mesos
cd "$work" || exit 1

master_start --agents 3 --public 1
plan_is() { # SERVICE STATUS
  [[ $(json .status muster plan show "$1" deploy) == "$2" ]]
}

spec web 3 'exec sleep 1000' "$volume" "readiness-check: {cmd: 'true', interval: 5, delay: 0, timeout: 10}" >web.yml

refused 2 "go together" muster serve --state "$work/other" --engine mesos
refused 2 "go together" muster serve --state "$work/other" --master "$url"
refused 3 "expected zk://" muster serve --state "$work/other" --listen 127.0.0.1:0 --engine mesos --master ftp://x

check "a scheduler subscribes" on_mesos "$url"
check "a service is deployed" muster service add web -f web.yml --wait --timeout 60
check "... and runs on the agents" told web '"status": "RUNNING"'

lacks() { # TEXT COMMAND…: its output does not have it
  local text=$1
  shift
  ! "$@" | grep -qF -- "$text"
}
check "... whose checks' reasons are nothing to read" lacks CHECK_STATUS_UPDATED muster pod status web

# What agents fetch, without a token, and what it does with the templates that the task carries in its environment.
api=$(<"$state/url")
check "agents can fetch muster-bootstrap" curl -sSf -o boot "$api/v1/artifacts/bootstrap"
same "... and nothing else without a token" 401 "$(curl -s -o /dev/null -w '%{http_code}' "$api/v1/multi")"
chmod +x boot
template=$(printf 'port={{PORT}} {{#ON}}on{{/ON}}\n%s\n' "$(head -c 1000 /dev/zero | tr '\0' x)" | base64 -w0)
check "... it renders a template that came in parts" env PORT=8080 ON=true MUSTER_TEMPLATE_0="${template:0:100}" \
  MUSTER_TEMPLATE_0_1="${template:100:100}" MUSTER_TEMPLATE_0_2="${template:200}" \
  ./boot --template-env MUSTER_TEMPLATE_0 --dest conf/a.conf
same "... as it should" "port=8080 on 1014" "$(head -n 1 conf/a.conf) $(wc -c <conf/a.conf)"
boot_without_port() {
  MUSTER_TEMPLATE_0=$template ./boot --template-env MUSTER_TEMPLATE_0 --dest conf/a.conf
}
refused 1 "PORT" boot_without_port
refused 1 "MUSTER_TEMPLATE_7" ./boot --template-env MUSTER_TEMPLATE_7 --dest conf/a.conf

check "a task that fails" tell fail web/pod-1-server
check "... is launched again" eventually plan_is web COMPLETE
check "the stream is cut" tell cut
check "... which is told once" test "$(grep -c 'closed with outstanding\|ended the event stream' "$work/log")" = 1
check "... and a service is deployed all the same" muster service add more -f web.yml --wait --timeout 60
check "a stream that breaks after a few bytes" tell fault cut-after 40
check "... is made again, while calls are refused, too" tell fault unavailable 3
check "... and a service is removed meanwhile" muster service remove more --wait --timeout 60

scheduler_kill
check "after a kill a scheduler goes on under the stored id" on_mesos "$url" --wire-json
check "... in JSON, too" eventually plan_is web COMPLETE
before=$(muster pod status web --json | jq -S '[.. | .id? // empty]')
scheduler_kill
check "... and once more" on_mesos "$url"
check "... the plan stands as before" eventually plan_is web COMPLETE
same "... with the same tasks" "$before" "$(muster pod status web --json | jq -S '[.. | .id? // empty]')"

# A pod for the agents that are reserved for a role, and the scheduler's own role changed under what is reserved.
cat >edge.yml <<'END'
name: edge
pods:
  proxy:
    count: 1
    pre-reserved-role: slave_public
    tasks: {server: {goal: RUNNING, cmd: proxy, cpus: 0.5, memory: 32}}
END
check "a pod of a pre-reserved role is deployed" muster service add edge -f edge.yml --wait --timeout 60
same "... on the agent that is reserved for it" agent-4 \
  "$(muster pod status edge proxy-0 --json | jq -r '[.. | objects | .agent? // empty] | unique | join(" ")')"
scheduler_kill
check "a scheduler with another role goes on" on_mesos "$url" --role newer
check "... with what it has under the old ones" eventually plan_is web COMPLETE
same "... it has them all" "newer muster-role slave_public/muster-role slave_public/newer" "$(json '.roles | join(" ")' muster state engine)"
check "... and gives them back" muster service remove edge --wait --timeout 60

check "an agent is lost" tell lose agent-1
check "... and comes back" tell return agent-1
check "... and all is well" eventually plan_is web COMPLETE

check "everything is uninstalled" muster uninstall --yes --wait --timeout 60
check "... the scheduler ends with success" scheduler_wait
check "... and nothing runs or is reserved in the cluster" eventually tell clean
finish
