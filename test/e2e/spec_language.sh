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

# ---- what this machine does not do
cat >pod.yml <<'EOF'
name: language
pods:
  p:
    count: 1
    image: ubuntu
    shm-size: 8
    tasks:
      t: {goal: RUNNING, cmd: exec sleep 1000, cpus: 0.1, memory: 32, ports: {http: {port: 0, vip: {port: 80}}}}
EOF
check "a spec with them is valid" sh -c 'muster validate pod.yml >out 2>err'
check "a warning names the field, and what to do" grep -q 'warning: pod.yml: pods.p.image: .*; remove "image"' err
check "so does another" grep -q 'warning: pod.yml: pods.p.shm-size: ' err
check "and that of a field deep down" grep -q 'warning: pod.yml: pods.p.tasks.t.ports.http.vip: ' err
check "there are no others" sh -c '[ "$(wc -l <err)" -eq 3 ]'
check "JSON is not disturbed by them" sh -c 'muster validate --json pod.yml 2>/dev/null | jq -e ".name == \"language\"" >/dev/null'
check "a spec without them is valid without a word" sh -c 'grep -vE "image|shm" pod.yml | sed "s/, vip: {port: 80}//" >plain.yml && muster validate plain.yml 2>err && [ ! -s err ]'

finish
