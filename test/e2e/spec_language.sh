#!/bin/bash
# What tells an author of the language: the schema, the reference page, and warnings of what this machine does not do.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin language
cd "$work" || exit 1

# ---- muster schema
check "the schema is JSON" sh -c 'muster schema | jq -e ".\"\$defs\".pod.properties.count" >/dev/null'
check "it describes every key of a pod" sh -c 'muster schema | jq -e "[.\"\$defs\".pod.properties[].description | length > 0] | all" >/dev/null'
check "the reference page is Markdown" sh -c 'muster schema --markdown | grep -q "^### pod$"'
check "it is what docs/spec.md has" sh -c 'muster schema --markdown >ours && sed -n "/: begin -->/,/: end -->/p" "$MU_SOURCE/docs/spec.md" | sed "1d;\$d" | cmp - ours'
check "the example of docs/spec.md is valid, without a warning" sh -c 'sed -n "/^\`\`\`yaml/,/^\`\`\`\$/p;/^\`\`\`\$/q" "$MU_SOURCE/docs/spec.md" | grep -v "^\`" >example.yml && muster validate example.yml 2>err && [ ! -s err ]'
check "a field is explained" sh -c 'muster schema pods.tasks.health-check >out && grep -q "engine local: honoured" out && grep -Eq "^  interval +Seconds" out'
refused 4 'did you mean "pods.tasks.cpus"?' muster schema pods.task.cpus

# ---- what this machine does not do
cat >pod.yml <<'EOF'
name: language
pods:
  p:
    count: 1
    external-volumes: [{type: DOCKER, driver-name: d, container-path: c}]
    networks: {dcos: {}}
    tasks:
      t: {goal: RUNNING, cmd: exec sleep 1000, cpus: 0.1, memory: 32, ports: {http: {port: 0, vip: {port: 80}}}}
EOF
check "a spec with them is valid" sh -c 'muster validate pod.yml >out 2>err'
check "a warning names the field, and what to do" grep -q 'warning: pod.yml: pods.p.external-volumes: .*; remove "external-volumes"' err
check "so does another" grep -q 'warning: pod.yml: pods.p.networks: ' err
check "and that of a field deep down" grep -q 'warning: pod.yml: pods.p.tasks.t.ports.http.vip: ' err
check "there are no others" sh -c '[ "$(wc -l <err)" -eq 3 ]'
check "of another engine, other ones" sh -c 'muster validate pod.yml --engine mesos 2>err && [ ! -s err ]'
refused 2 "expected local or mesos" muster validate pod.yml --engine other
check "JSON is not disturbed by them" sh -c 'muster validate --json pod.yml 2>/dev/null | jq -e ".name == \"language\"" >/dev/null'
check "a spec without them is valid without a word" sh -c 'grep -vE "external|networks" pod.yml | sed "s/, vip: {port: 80}//" >plain.yml && muster validate plain.yml 2>err && [ ! -s err ]'

# ---- muster check-compat: every field, and what each engine does with it
refused 1 "" muster check-compat pod.yml
check "a table names the field and both engines" sh -c 'muster check-compat pod.yml >out; [ $? -eq 1 ] && grep -Eq "^FIELD +LOCAL +MESOS" out && grep -Eq "^pods.external-volumes +refused +honoured" out'
check "a field deep down has its keys alone" grep -Eq '^pods.tasks.ports.vip.port +ignored +honoured' out
check "why is said once, with the place" sh -c '[ "$(grep -c "  refused: pods.p.external-volumes: .*; remove \"external-volumes\"" out)" -eq 1 ]'
check "and on what condition it is honoured" grep -q '  honoured: pods.p.external-volumes: needs agents with the isolator docker/volume' out
check "each engine has its verdict" sh -c 'grep -qx "local: refuses this spec" out && grep -qx "mesos: runs this spec" out'
check "one engine alone" sh -c 'muster check-compat pod.yml --engine mesos >out && ! grep -q LOCAL out'
check "as JSON" sh -c 'muster check-compat pod.yml --json | jq -e ".runs == {local: false, mesos: true} and ([.fields[] | select(.field == \"pods.external-volumes\")][0] | .local.use == \"refused\" and .count == 1)" >/dev/null'
refused 2 "expected local or mesos" muster check-compat pod.yml --engine other
refused 3 "pod.yml:5:5" sh -c 'sed "s/external/externol/" pod.yml >bad.yml; sed -i s/bad/pod/ bad.yml; cp bad.yml "$0/pod.yml" && cd "$0" && muster check-compat pod.yml' "$(mktemp -d)"

finish
