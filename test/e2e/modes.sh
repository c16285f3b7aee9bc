#!/bin/bash
# One service as the whole scheduler, a fixed list of services, and services from a folder of specs.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin modes
cd "$work" || exit 1

# ask METHOD PATH [BODY]: sets $code and $body.
ask() {
  local data=()
  [[ $# -lt 3 ]] || data=(--data-binary "$3" -H 'Content-Type: application/json')
  code=$(curl -sS --max-time 20 --unix-socket "$state/muster.sock" -X "$1" -o body -w '%{http_code}' "${data[@]}" "http://muster$2")
  body=$(<body)
}
answers() { # CODE PART METHOD PATH [BODY]
  local expected=$1 part=$2
  shift 2
  ask "$@"
  [[ $code == "$expected" && $body == *"$part"* ]] || { echo "$code $body"; return 1; }
}

# ---- one service is the whole scheduler
spec one '{{COUNT}}' 'exec sleep 1000' >one.yml
refused 3 'COUNT' muster serve --no-tcp --mono one.yml
refused 2 'exclude each other' muster serve --no-tcp --mono one.yml --service one.yml -p COUNT=1
check "a mono-scheduler starts" scheduler_start --no-tcp --mono one.yml -p COUNT=1
check "... deploys its service" eventually answers 200 '"COMPLETE"' GET /v1/plans/deploy
check "... its routes have no name" answers 200 '["pod-0"]' GET /v1/pod
check "... its health is the service's" answers 200 '"value":200' GET /v1/health
check "... its plan has the old name too" answers 200 '"COMPLETE"' GET /v1/plan
check "... the framework has the service's name" answers 200 '"framework":"one"' GET /v1/framework
check "... the routes with the name are there" answers 200 '["pod-0"]' GET /v1/service/one/pod
spec two 1 'exec sleep 1000' >two.yml
refused 5 'mono-scheduler of service "one"' muster service add two -f two.yml
before=$(tasks)
scheduler_kill
check "another count, another start" scheduler_start --no-tcp --mono one.yml -p COUNT=2
check "... deploys the difference" eventually answers 200 '"pod-1"' GET /v1/pod
check "... and is complete" eventually answers 200 '"COMPLETE"' GET /v1/plans/deploy
same "... and leaves the first task alone" "$before" "$(tasks | grep pod-0)"
scheduler_kill
check "a start with a change that is not allowed" scheduler_start --no-tcp --mono one.yml -p COUNT=1
check "... tells of it" eventually grep -q "goes on as it was" log
check "... and goes on" answers 200 '"pod-1"' GET /v1/pod
ask DELETE /v1/multi/one
check "with its service the scheduler ends" scheduler_wait
same "... and leaves nothing" "" "$(processes)$(volumes)"

# ---- a fixed list
spec three 1 'exec sleep 1000' >three.yml
spec team/web 1 'exec sleep 1000' >alike.yml
spec team.web 1 'exec sleep 1000' >unlike.yml
refused 2 'collides with service team/web' muster serve --no-tcp --service alike.yml --service unlike.yml
refused 2 'another file has' muster serve --no-tcp --service alike.yml --service alike.yml
check "a fixed list of services" scheduler_start --no-tcp --service two.yml --service three.yml
check "... is deployed" eventually answers 200 '"status":"COMPLETE"' GET /v1/service/three
refused 5 'fixed list of services (two, three)' muster service add one -f one.yml -p COUNT=1
refused 5 'fixed list' muster service remove two
check "there is no plan of the whole" answers 404 '/v1/service/{name}/plans of one of them' GET /v1/plans
scheduler_kill
check "a start with a shorter list" scheduler_start --no-tcp --service three.yml
check "... removes what it lacks" eventually answers 404 'no service' GET /v1/service/two
check "... and keeps the other" answers 200 three GET /v1/service/three
check "it is uninstalled" muster uninstall --yes --wait --timeout 30
scheduler_wait

# ---- a folder of specs
mkdir specs
spec '{{NAME}}' '{{COUNT}}' 'exec sleep 1000' >specs/svc.yml
printf 'other' >specs/notes.txt
refused 4 'nowhere' muster serve --no-tcp --specs nowhere
check "a folder of specs" scheduler_start --no-tcp --specs specs
check "... is listed" answers 200 '["svc"]' GET /v1/multi/yaml
check "... a service is added from it" answers 200 '{"name":"first","yaml":"svc"}' POST '/v1/multi/first?yaml=svc' '{"NAME":"first","COUNT":1}'
check "... and deployed" eventually answers 200 '"COMPLETE"' GET /v1/service/first/plans/deploy
check "... whose row names it" answers 200 '"yaml":"svc"' GET /v1/multi
check "... a variable without a value is told" answers 400 '"COUNT\" has no value' POST '/v1/multi/second?yaml=svc' '{"NAME":"second"}'
check "... so is a file that is not there" answers 404 'there are: svc' POST '/v1/multi/second?yaml=svcc' '{}'
check "... a name that leads elsewhere is refused" answers 400 'no name of a spec file' POST '/v1/multi/second?yaml=..%2Fone' '{}'
check "... parameters are an object" answers 400 'no object of parameters' POST '/v1/multi/second?yaml=svc' '[1]'
check "... bad JSON is told" answers 400 'refused' POST '/v1/multi/second?yaml=svc' '{'
check "... a file has to be named" answers 400 'yaml=FILE' POST '/v1/multi/second' '{}'
check "... nothing of that was added" answers 200 '"service":"first"' GET /v1/multi
same "... only one" 1 "$(jq length body)"
check "it is removed" answers 202 UNINSTALLING DELETE /v1/multi/first
check "... and gone" eventually answers 404 'no service' GET /v1/service/first
finish
