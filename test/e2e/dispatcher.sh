#!/bin/bash
# timeout: 400
# The dispatcher of examples/c: Spark's submission protocol with the requests of its documentation, the ends that a driver can
# come to, a restart, and a thousand drivers.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
pkg-config --exists jansson || skip_all "the dispatcher needs the headers of jansson"
work_begin dispatcher
cd "$work" || exit 1
sdk_install
check "dispatcher builds with pkg-config" sdk_build dispatcher "$MU_SOURCE"/examples/c/dispatcher/*.c -- jansson

# In place of spark-submit: ends as the driver's first argument says, and writes down what it was started with.
cat >submit <<END
#!/bin/sh
printf '%s\\n' "\$@" >"$work/started"
printf '%s\\n' "\$GREETING" >>"$work/started"
for argument; do last_but_none=\$argument; done
case \$last_but_none in
  fails) exit 3 ;;
  runs) exec sleep 1000 ;;
esac
END
chmod +x submit

# request LAST-ARGUMENT [JQ FILTER]: the documentation's CreateSubmissionRequest, with one more argument.
request() {
  jq -n --arg last "$1" '{
    action: "CreateSubmissionRequest", appArgs: ["80", "it'"'"'s {{here}}", $last],
    appResource: "file:/opt/spark/examples/jars/spark-examples_2.12-3.5.0.jar", clientSparkVersion: "3.5.0",
    environmentVariables: {SPARK_ENV_LOADED: "1", GREETING: "hello"}, mainClass: "org.apache.spark.examples.SparkPi",
    sparkProperties: {"spark.jars": "file:/opt/spark/examples/jars/spark-examples_2.12-3.5.0.jar",
      "spark.driver.supervise": "false", "spark.app.name": "SparkPi", "spark.submit.deployMode": "cluster",
      "spark.driver.memory": "64m", "spark.driver.cores": "1", "spark.master": "spark://127.0.0.1:6066"}} | '"${2:-.}"
}
post() { curl -s --max-time 60 -X POST "$url/v1/submissions/$1" --data-binary "${2:-}"; }
create() { post create "$(request "$@")"; }
status() { curl -s --max-time 60 "$url/v1/submissions/status/$1"; }
field() { jq -r ".$1 // \"-\""; }
# until_state ID STATE
until_state() {
  local tries=0
  until [[ $(status "$1" | field driverState) == "$2" ]]; do
    tries=$((tries + 1))
    [[ $tries -lt 600 ]] || return 1
    read -r -t 0.1 <> <(:) || : # a tenth of a second
  done
}
dispatch() { sdk_start ./dispatcher --state "$state" --listen 127.0.0.1:0 --spark-submit "$work/submit" --cpus 16 --mem 64000 "$@"; }

check "it starts" dispatch
url=${line#ready: }
same "without a token it answers nobody" "401" "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/submissions/status/x")"
kill -TERM "$scheduler"
check "it ends in order" scheduler_wait
check "it starts open, as Spark's clients need it" dispatch --open
url=${line#ready: }
same "muster's own routes still ask for the token" 401 "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/multi")"

created=$(create works '. + {color: "red"}')
id=$(field submissionId <<<"$created")
same "create: the answer" "CreateSubmissionResponse true Driver successfully submitted as $id 3.5.0 color" \
  "$(jq -r '[.action, .success, .message, .serverSparkVersion, .unknownFields[0]] | join(" ")' <<<"$created")"
check "a driver finishes" until_state "$id" FINISHED
same "... with what it was submitted with" "--master local[*] --class org.apache.spark.examples.SparkPi \
--conf spark.jars=file:/opt/spark/examples/jars/spark-examples_2.12-3.5.0.jar --conf spark.app.name=SparkPi \
--conf spark.driver.memory=64m --conf spark.driver.cores=1 \
file:/opt/spark/examples/jars/spark-examples_2.12-3.5.0.jar 80 it's {{here}} works hello" "$(paste -sd' ' started)"
same "status: the answer" "SubmissionStatusResponse FINISHED 3.5.0 $id true local-0" \
  "$(status "$id" | jq -r '[.action, .driverState, .serverSparkVersion, .submissionId, .success, .workerId] | join(" ")')"
same "kill: too late" "KillSubmissionResponse false Driver $id has already finished or does not exist" \
  "$(post "kill/$id" | jq -r '[.action, .success, .message] | join(" ")')"
same "status: of nobody" "SubmissionStatusResponse false" "$(status driver-1 | jq -r '[.action, .success] | join(" ")')"

failed=$(create fails | field submissionId)
check "a driver fails, and is not tried again" until_state "$failed" FAILED
supervised=$(create fails '.sparkProperties["spark.driver.supervise"] = "true"' | field submissionId)
check "a supervised one is" until_state "$supervised" RELAUNCHING
running=$(create runs | field submissionId)
check "a driver runs" until_state "$running" RUNNING
for id in "$running" "$supervised"; do
  same "kill: the answer" "KillSubmissionResponse true Kill request for $id submitted $id" \
    "$(post "kill/$id" | jq -r '[.action, .success, .message, .submissionId] | join(" ")')"
  same "... and the driver is killed" KILLED "$(status "$id" | field driverState)"
done

# error NAME CODE PART ACTUAL-BODY-AND-CODE
error() {
  same "$1" "ErrorResponse $2 true" \
    "$(jq -rs --arg part "$3" '[.[0].action, .[1], (.[0].message | contains($part))] | join(" ")' <<<"$4")"
}
ask() { curl -s --max-time 60 -w '\n%{http_code}' "$@"; }
error "no JSON" 400 "the body is not JSON: line 1" "$(ask "$url/v1/submissions/create" -d '{')"
error "a field is missing" 400 'field "mainClass" is missing' "$(ask "$url/v1/submissions/create" -d "$(request works 'del(.mainClass)')")"
error "no name" 400 '"spark.app.name" is missing' "$(ask "$url/v1/submissions/create" -d "$(request works 'del(.sparkProperties["spark.app.name"])')")"
error "a bad amount" 400 '"lots" is no amount of memory' "$(ask "$url/v1/submissions/create" -d "$(request works '.sparkProperties["spark.driver.memory"] = "lots"')")"
error "bad cores" 400 '"cpus": expected' "$(ask "$url/v1/submissions/create" -d "$(request works '.sparkProperties["spark.driver.cores"] = "many"')")"
error "an unknown request" 400 "unexpected request" "$(ask "$url/v1/submissions/nonsense")"
error "another version" 468 "Unknown protocol version 'v2'" "$(ask "$url/v2/submissions/status/x")"

# A driver that ends while no dispatcher runs, and the memory of those that ended before.
waiting=$(create runs | field submissionId)
check "one more runs" until_state "$waiting" RUNNING
kill -TERM "$scheduler"
check "the dispatcher ends, the driver does not" scheduler_wait
check "it starts again" dispatch --open
url=${line#ready: }
check "... and knows the driver that runs" until_state "$waiting" RUNNING
same "... and those that ended" "FINISHED FAILED KILLED" \
  "$(for id in "$(field submissionId <<<"$created")" "$failed" "$running"; do status "$id" | field driverState; done | paste -sd' ')"
post "kill/$waiting" >/dev/null

# A thousand drivers, and in the middle of it the dispatcher dies: what it has answered for is done.
kill -TERM "$scheduler"
check "it ends" scheduler_wait
check "... and starts with a longer memory" dispatch --open --history 3000
url=${line#ready: }
drivers=1000
mkdir answers
request works '.sparkProperties["spark.driver.cores"] = "0.5"' >work.json
submit_from() { curl -s --max-time 300 "$url/v1/submissions/create?n=[$1-$drivers]" --data-binary @work.json -o 'answers/#1'; }
taken() { cat answers/* 2>/dev/null | jq -r 'select(.success) | .submissionId'; }
submit_from 1 &
submitter=$!
until [[ $(taken | wc -l) -ge 300 ]]; do :; done
kill -KILL "$scheduler"
wait "$submitter"
scheduler_wait
before=$(taken | wc -l)
check "... it starts again after $before of them" dispatch --open --history 3000
url=${line#ready: }
submit_from $((before + 1))
same "$drivers drivers are taken" "$drivers" "$(taken | sort -u | wc -l)"
all_done() { [[ $(curl -s --unix-socket "$state/muster.sock" http://localhost/v1/multi) == "[]" ]]; }
tries=0
until all_done || [[ $tries -ge 1500 ]]; do
  tries=$((tries + 1))
  read -r -t 0.1 <> <(:) || :
done
check "... finish, and are no services any more" all_done
same "... all that were taken" "" "$(taken | sort | comm -23 - <(jq -r 'select(.state == "FINISHED").id' "$state/drivers.jsonl" | sort))"
same "... as many as there is room for" FINISHED \
  "$(status "$(tail -n 1 "$state/drivers.jsonl" | jq -r .id)" | field driverState)"
kill -TERM "$scheduler"
check "it ends in order" scheduler_wait
finish
