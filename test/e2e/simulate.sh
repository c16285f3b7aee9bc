#!/bin/bash
# muster simulate with the built program: results, exit codes, traces, JSON, and errors that say what to do.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin simulate
cd "$work" || exit 1
spec svc 2 'exec sleep 1000' "$volume" >svc.yml

cat >good.scn <<'END'
# svc comes up
cluster 1 agents cpus 1 mem 1GB disk 1GB ports 1000-2000
service svc from svc.yml
expect plan svc/deploy complete within 1m
END
sed 's/# svc comes up/# svc does not fit/; s/mem 1GB/mem 50MB/' good.scn >tight.scn
sed 's/complete/compelte/' good.scn >typo.scn

for file in "$MU_SOURCE"/examples/scenarios/*.scn; do
  check "${file#"$MU_SOURCE"/}" muster simulate "$file"
done

# ---- results
same "a scenario that holds" "passed  good.scn  svc comes up  (0.0 s)" "$(muster simulate good.scn)"
same "the last line of several" "2 scenarios, 1 failed" "$(muster simulate good.scn tight.scn 2>/dev/null | tail -n 1)"
refused 1 "tight.scn:4: expect plan svc/deploy complete within 1m: does not hold; found: " muster simulate tight.scn
refused 1 "wanted 32 MB, best offer had 18 MB (agent-0)" muster simulate good.scn tight.scn
refused 3 'typo.scn:4: "compelte" does not fit here; expected STATUS' muster simulate typo.scn
refused 3 "typo.scn:4" muster simulate tight.scn typo.scn good.scn
refused 4 "cannot read the scenario" muster simulate none.scn
refused 2 "muster simulate" muster simulate
refused 2 "expected a whole number" muster simulate good.scn --seed x

# ---- specs
sed 's/svc.yml/none.yml/' good.scn >nospec.scn
refused 1 "nospec.scn:3: service svc from none.yml: cannot read the spec" muster simulate nospec.scn
sed -i 's/count: 2/count: {{N}}/' svc.yml
refused 1 'variable "N" has no value' muster simulate good.scn
check "a value by -p" muster simulate good.scn -p N=3
check "a value from the environment" env N=2 muster simulate good.scn
sed 's/svc.yml/svc.yml N=1/; $ a expect running 1' good.scn >own.scn
check "the scenario's own value is the strongest" muster simulate own.scn -p N=3
check "from another folder" sh -c 'cd / && muster simulate "$1"' - "$work/own.scn"

# ---- for programs, and for finding out
same "--json" '[{"file":"own.scn","intent":"svc comes up","passed":true,"seed":9,"runs":1}]' \
  "$(muster simulate own.scn --json --seed 9 | jq -c '[.[]|{file,intent,passed,seed,runs}]')"
same "--json of a failure" '["tight.scn",false,true]' \
  "$(muster simulate tight.scn -p N=2 --json | jq -c '.[0]|[.file,.passed,(.error|test("tight.scn:4"))]')"
same "--trace shows the launch" "yes" "$(muster simulate own.scn --trace | grep -q 'LAUNCH_GROUP svc__pod-0-server__' && echo yes)"
same "the same seed, the same run" "$(muster simulate own.scn --trace --seed 5)" "$(muster simulate own.scn --trace --seed 5)"
same "another seed, another run" "yes" \
  "$([[ "$(muster simulate own.scn --trace --seed 5)" != "$(muster simulate own.scn --trace --seed 6)" ]] && echo yes)"
finish
