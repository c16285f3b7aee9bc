#!/bin/bash
# Bad input gets an error that names the thing, the exit code that fits, and leaves every service as it was.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin bad
scheduler_start --listen 127.0.0.1:0
cd "$work" || exit 1
spec good 1 'exec sleep 1000' "$volume" >good.yml
check "a service that must not be disturbed" muster service add good -f good.yml --wait --timeout 30
before=$(tasks)

# ---- the command line (exit 2)
refused 2 "did you mean \`muster service add\`" muster service ad x -f good.yml
refused 2 "goes on with one of" muster service
refused 2 "did you mean --wait" muster service add x -f good.yml --wiat
refused 2 "needs --file FILE" muster service add x
refused 2 "one argument too many" muster service list all
refused 2 "number of seconds" muster service add x -f good.yml --wait --timeout soon
refused 2 "--timeout goes with --wait" muster service add x -f good.yml --timeout 5
refused 2 "expected KEY=VALUE" muster service add x -f good.yml -p NAME
refused 2 "not the URL of a scheduler" muster service list --url localhost:1
refused 2 "--step needs --phase" muster plan interrupt good deploy --step s
echo "no assignment" >bad.env
refused 2 "bad.env:1" muster service add x -f good.yml --env-file bad.env

# ---- files that cannot be read (exit 4)
refused 4 "nowhere.yml" muster service add x -f nowhere.yml
refused 4 "nowhere.env" muster service add x -f good.yml --env-file nowhere.env
printf 'name: x\npods:\n  p:\n    count: 1\n    tasks:\n      t: {goal: RUNNING, cmd: "true", cpus: 1, memory: 32, configs: {c: {template: gone.conf, dest: c}}}\n' >template.yml
refused 4 "gone.conf" muster service add x -f template.yml

# ---- specs (exit 3): bad NAME PART, with the spec on standard input
bad() { # PART
  cat >bad.yml
  refused 3 "$1" muster service add x -f bad.yml
}
bad "YAML" <<<'name: [x'
bad 'bad.yml:3:6' <<<$'name: x\npods:\n  p: 5'
bad '"HELLO_COUNT" has no value' < <(sed 's/count: 1/count: {{HELLO_COUNT}}/' good.yml)
bad "cmnd" < <(sed 's/cmd:/cmnd:/' good.yml)
bad "count" < <(sed 's/count: 1/count: many/' good.yml)
bad "cpus" < <(sed 's/cpus: .*/cpus: -1/' good.yml)
bad "memory" < <(sed 's/memory: 32/memory: lots/' good.yml)
bad "goal" < <(sed 's/RUNNING/WALKING/' good.yml)
bad "UTF-8" < <(printf 'name: x\xff\n')
bad "ser__ver" < <(sed 's/server:/ser__ver:/' good.yml)
bad "pods" <<<'name: x'
bad "" < <(cat good.yml good.yml)
refused 3 "" muster service add "no spaces" -f good.yml
refused 3 "__" muster service add "a__b" -f good.yml
refused 3 "" muster service add "$(printf 'x%.0s' {1..201})" -f good.yml
refused 3 "" muster service add .. -f good.yml
{ sed 's/cmd:.*/cmd: |/' good.yml && head -c 9000000 /dev/zero | tr '\0' 'x'; } >big.yml
refused 3 "" muster service add x -f big.yml
refused 3 "cmnd" muster validate <(sed 's/cmd:/cmnd:/' good.yml)

# ---- what does not exist (exit 4), what contradicts (exit 5)
refused 4 "nosuch" muster service show nosuch
refused 4 "nosuch" muster service update nosuch -f good.yml
refused 4 "nosuch" muster service remove nosuch
refused 4 "nosuch" muster plan show nosuch
refused 4 "nosuch" muster plan show good nosuch
refused 4 "nosuch" muster plan interrupt good deploy --phase nosuch
refused 4 "nosuch" muster pod status good nosuch-0
refused 4 "nosuch" muster pod restart good nosuch-0
refused 4 "nosuch" muster logs good nosuch
refused 5 "exists" muster service add good -f <(sed 's/1000/2000/' good.yml)
spec good 1 'exec sleep 1000' >other.yml
check "two names with one sanitized form: the first" muster service add a/b -f other.yml
refused 5 "a/b" muster service add a.b -f other.yml

# ---- no scheduler (exit 7), no token (exit 9), no time (exit 6)
refused 7 "muster serve --state $work/none" muster service list --state "$work/none"
refused 7 "no scheduler answers" muster service list --url http://127.0.0.1:1
url=$(cat "$state/url")
refused 9 "--token-file" muster service list --url "$url" --state "$work/none"
echo wrong >wrong
refused 9 "--token-file" muster service list --url "$url" --token-file wrong
spec huge 1 'exec sleep 1000' >huge.yml
sed -i 's/cpus: .*/cpus: 9999/' huge.yml
refused 6 "wanted 9999 cpus" muster service add huge -f huge.yml --wait --timeout 0.5
same "... and its pod says why" "true" \
  "$(json '.waiting.summary | contains("wanted 9999 cpus")' muster pod status huge pod-0)"

# ---- the scheduler's own options
refused 2 "--listen" muster serve --state "$work/none" --url http://h:1
refused 2 "exclude each other" muster serve --state "$work/none" --no-tcp --listen 127.0.0.1:0
refused 2 "megabytes" muster serve --state "$work/none" --mem lots
refused 3 "engine" muster serve --state "$work/none" --engine cloud --listen 127.0.0.1:0
refused 2 "ADDRESS:PORT" muster serve --state "$work/none" --listen nonsense
refused 3 "" muster serve --state "$work/none" --listen 127.0.0.1:0 --ports 5-1
refused 5 "${url##*:}" muster serve --state "$work/none" --listen "${url#http://}"

# ---- errors for programs
same "--json: the error too" "not-found" "$(muster service show nosuch --json 2>&1 | jq -r .error.code)"
same "... of the command line" "usage" "$(muster service shwo --json 2>&1 | jq -r .error.code)"

same "the service was not disturbed" "$before" "$(tasks good)"
same "... its version is the first" 1 "$(json .version muster service show good)"
check "uninstall" muster uninstall --yes --wait --timeout 30
finish
