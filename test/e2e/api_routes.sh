#!/bin/bash
# timeout: 240
# Every GET route of a running scheduler, as its own OpenAPI document lists them: answered well, and of the documented shape; of
# many services, and of a single one. Then what is asked wrongly.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin routes
cd "$work" || exit 1

# A value against a schema of the document: prints what is wrong with it.
cat >valid.jq <<'END'
def resolve($doc): if has("$ref") then .["$ref"] | ltrimstr("#/") | split("/") as $p | $doc | getpath($p) else . end;
def faults($doc; $schema; $where):
  ($schema | resolve($doc)) as $s | . as $value | type as $is |
  if $s.nullable and $is == "null" then empty
  elif ($s.type // "any") == "any" then empty
  elif $s.type == "array" then
    if $is != "array" then "\($where) is \($is), not array" else
      range(length) as $i | $value[$i] | faults($doc; $s.items; "\($where)[\($i)]") end
  elif $s.type == "object" then
    if $is != "object" then "\($where) is \($is), not object" else
      (($s.required // [])[] as $k | select($value | has($k) | not) | "\($where) lacks \($k)"),
      (keys[] as $k | ($s.properties[$k] // $s.additionalProperties) | select(. != null) as $m |
        $value[$k] | faults($doc; $m; "\($where).\($k)")) end
  elif $s.type == "integer" then select($is != "number" or . != floor) | "\($where) is no integer"
  else select($is != $s.type) | "\($where) is \($is), not \($s.type)" end;
$doc[0].paths[$path].get.responses["2XX"].content["application/json"].schema as $schema |
select($schema != null) | [faults($doc[0]; $schema; "it")] | .[]
END

ask() { # METHOD PATH [CURL'S ARGUMENTS]…: sets $code; the body is in the file body
  local method=$1 path=$2
  shift 2
  code=$(curl -sS --max-time 20 --unix-socket "$state/muster.sock" -X "$method" -o body -w '%{http_code} %{content_type}' "$@" "http://muster$path")
}

# The path with what there is in the places of its captures.
filled() {
  sed -e "s/{name}/app/; s/{plan}/deploy/; s/{pod}/pod-0/; s/{pod-type}/pod/; s/{config}/main/; s/{endpoint}/web/; s/{file}/notes/" \
    -e "s/{configuration}/$target/; s/{key}/deployment-completed/; s/{path}/stdout/; s/{address}/$host/" \
    -e "/template/s/{task}/server/; s/{task}/pod-0-server/" <<<"$1"
}

walk() {
  local path concrete faults expected
  ask GET /v1/openapi.json
  cp body openapi.json
  for path in $(jq -r '.paths | to_entries[] | select(.value.get) | .key' openapi.json); do
    [[ $path != /v1/events ]] || continue # it does not end: test_event_stream.c
    concrete=$(filled "$path")
    ask GET "$concrete"
    expected=2
    [[ $path != */zone/* || $path == */zone/tasks ]] || expected=404 # this machine has no zone
    if [[ $code != "$expected"* ]]; then
      failed "GET $concrete" "$code" "$(head -c 400 body)"
    elif [[ $code == *json* && $expected == 2 ]]; then
      faults=$(jq -r --slurpfile doc openapi.json --arg path "$path" -f valid.jq body 2>&1)
      same "GET $concrete" "" "$faults"
    else
      passed "GET $concrete"
    fi
  done
}

cat >app.yml <<'END'
name: app
pods:
  pod:
    count: 1
    tasks:
      server:
        goal: RUNNING
        cmd: echo hello; exec sleep 1000
        cpus: 0.05
        memory: 32
        ports: {web: {port: 0, advertise: true}}
        configs: {main: {template: main.in, dest: main.conf}}
END
echo 'port={{PORT_WEB}}' >main.in
echo remember >notes

scheduler_start --no-tcp --ports 20000-20100
check "a service" muster service add app -f app.yml --wait --timeout 30
check "... with a file" muster state put-file app notes notes
target=$(muster config target app)
host=$(muster state engine --json | jq -r '.agents[0].hostname')
walk

# ---- what is asked wrongly: wrong METHOD PATH CODE PART [CURL'S ARGUMENTS]…
wrong() {
  local method=$1 path=$2 expected=$3 part=$4
  shift 4
  ask "$method" "$path" "$@"
  if [[ $code == "$expected"* && $(<body) == *"$part"* ]]; then
    passed "$method $path: $expected"
  else
    failed "$method $path: $expected" "$code" "$(head -c 400 body)" "expected: $part"
  fi
}
yaml_body=(-H 'Content-Type: application/yaml')
json_body=(-H 'Content-Type: application/json')
wrong GET /v1/mutli 404 'the nearest is /v1/multi'
wrong GET /v1/service/app/plnas 404 'the nearest is /v1/service/app/plans'
wrong GET /v1/service/ap/plans 404 'no service \"ap\"'
wrong DELETE /v1/service/app/plans 405 'it has GET, HEAD'
wrong PATCH /v1/service/app 405 'it has PUT, GET, HEAD, DELETE'
wrong GET /v1/service/app/configurations/x 400 'a uuid was expected'
wrong GET /v1/service/app/configurations/00000000-0000-4000-8000-000000000000 404 'muster config list app'
wrong GET /v1/service/app/endpoints/wbe 404 'there is: web'
wrong GET '/v1/service/app/debug/plans?step=x' 400 'a step needs its phase'
wrong GET '/v1/service/app/debug/plans?plan=x' 404 'there is: deploy'
wrong GET '/v1/service/app/why?pod=pod-7' 404 'no pod \"pod-7\"'
wrong GET '/v1/service/%ff' 400 'UTF-8'
wrong GET '/v1/service/%zz' 400 '%'
wrong GET /v1/service/app/sandbox/pod-0-server/../x 400 '' --path-as-is
wrong PUT /v1/service/app 409 'is at version 1, not 7' "${yaml_body[@]}" -H 'If-Match: "7"' --data-binary @main.in
wrong PUT /v1/service/app 409 'exists already' "${yaml_body[@]}" -H 'If-None-Match: *' --data-binary @main.in
wrong PUT /v1/service/app 400 'If-Match' "${yaml_body[@]}" -H 'If-Match: x' --data-binary @main.in
wrong PUT /v1/service/app 400 'refused' "${json_body[@]}" --data-binary '{"yaml":'
wrong PUT /v1/service/app 400 'not an object' "${json_body[@]}" --data-binary '[]'
wrong PUT /v1/service/app 400 'unknown key' "${json_body[@]}" --data-binary '{"yaml":"name: app","x":1}'
wrong PUT /v1/service/app 400 'UTF-8' -H 'Content-Type: application/yaml' --data-binary $'name: \xff'
wrong PUT /v1/service/app 400 'empty' --data-binary ''
wrong PUT /v1/service/app 415 'type' -H 'Content-Type: image/png' --data-binary 'x'
head -c 9000000 /dev/zero | tr '\0' 'x' >big
wrong PUT /v1/service/app 413 'too-large' -H 'Content-Type: text/yaml' --data-binary @big
head -c 70000 big >less
wrong PUT /v1/service/app/state/files/less 413 'MU_FILE_MAX_BYTES' -H 'Content-Type: text/plain' --data-binary @less
wrong PUT /v1/service/app/state/refresh 409 'nothing to refresh'
wrong POST /v1/service/app/plans/nosuch/interrupt 404 'no plan'
wrong POST '/v1/service/app/plans/deploy/interrupt?phase=x' 404 'x'
wrong POST /v1/service/app/pod/pod-9/restart 404 'pod-9'
same "nothing of that changed the service" 1 "$(json .version muster service show app)"
same "... or its target" "$target" "$(muster config target app)"

# ---- the same when it is the only service
check "it is uninstalled" muster uninstall --yes --wait --timeout 30
scheduler_wait
check "a mono-scheduler" scheduler_start --no-tcp --ports 20000-20100 --mono app.yml
deployed() { ask GET /v1/plans/deploy; [[ $code == 200* ]]; }
check "... deploys" eventually deployed
check "... keeps a file" muster state put-file app notes notes
target=$(muster config target app)
walk
finish
