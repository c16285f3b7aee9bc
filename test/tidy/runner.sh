#!/bin/bash
# The test runner counts what it is to count, leaves nothing running, and never calls a failure a success.
set -euo pipefail

tree=$TMPDIR/tree
mkdir -p "$tree"/test/{e2e,tidy} "$tree/build/test"
cp "$MU_SOURCE/test/run" "$tree/test/run"
ln -s "$MU_BUILD/test/confine" "$tree/build/test/confine"
: >"$tree/build/test/tests.list"

number=0
failed=0

script() { # NAME; the body on stdin
  { echo '#!/bin/bash'; cat; } >"$tree/test/e2e/$1.sh"
  chmod +x "$tree/test/e2e/$1.sh"
}

expect() { # WHAT STATUS LAST-LINE [ARG...]
  local what=$1 status=$2 last=$3 out got=0
  shift 3
  out=$("$tree/test/run" "$@" 2>&1) || got=$?
  number=$((number + 1))
  if [[ $got == "$status" && $(tail -n 1 <<<"$out") == "$last" ]]; then
    echo "ok $number - $what"
  else
    sed 's/^/# /' <<<"$out"
    echo "not ok $number - $what (status $got)"
    failed=1
  fi
  rm -f "$tree"/test/e2e/*.sh
}

is() { # WHAT CONDITION...
  number=$((number + 1))
  local what=$1
  shift
  if "$@"; then
    echo "ok $number - $what"
  else
    echo "not ok $number - $what"
    failed=1
  fi
}

expect "nothing that ran is a failure" 1 "0 passed, 0 failed"
script good <<<'exit 0'
script bad <<<'exit 3'
expect "a script is one case" 1 "1 passed, 1 failed"
script good <<<'exit 0'
script bad <<<'exit 3'
expect "a filter chooses" 0 "1 passed, 0 failed" good
script good <<<'exit 0'
expect "a loop repeats" 0 "5 passed, 0 failed" --loop 5
script skipped <<<'echo "no such thing here"; exit 77'
script good <<<'exit 0'
expect "a skipped script is counted apart" 0 "1 passed, 0 failed, 1 skipped"
script tap <<<'printf "1..3\nok 1 a\nnot ok 2 b\nok 3 c # SKIP no d\n"; exit 1'
expect "cases of TAP are counted" 1 "1 passed, 1 failed, 1 skipped"
script tap <<<'printf "1..4\nok 1 a\n"; kill -SEGV $$'
expect "cases that did not run have failed" 1 "1 passed, 3 failed"
script tap <<<'printf "1..1\nok 1 a\n"; exit 1'
expect "a bad end after good cases is a failure" 1 "1 passed, 1 failed"
script tap <<<'printf "ok 1 a\n"'
expect "TAP without its plan is a failure" 1 "1 passed, 1 failed"
script slow <<<'exec tail -f /dev/null'
expect "a test that does not end is ended" 1 "0 passed, 1 failed" --timeout 1

# A process that daemonizes out of its session, with a child that ignores signals.
script daemon <<EOF2
setsid -f bash -c 'trap "" TERM INT HUP; tail -f /dev/null & echo "\$\$ \$!" >"$TMPDIR/pids"; wait'
until [[ -s "$TMPDIR/pids" ]]; do :; done
EOF2
expect "a test that leaves processes is not failed for it" 0 "1 passed, 0 failed"
gone() {
  local pid
  for pid in $(cat "$TMPDIR/pids"); do
    [[ ! -e /proc/$pid ]] || return 1
  done
}
is "but they are gone" gone

script interrupt <<<'trap "exit 0" INT; kill -INT $$; exit 1'
expect "a test finds SIGINT as a terminal gives it" 0 "1 passed, 0 failed"
script home <<<'[[ $HOME == "$TMPDIR/home" && -d $HOME && ! -v MUSTER_STATE ]] && touch "$HOME/x"'
MUSTER_STATE=/nowhere expect "a test has a home of its own" 0 "1 passed, 0 failed"

# Ctrl-C on the runner takes the tests along.
rm -f "$TMPDIR/pids"
script long <<EOF2
setsid -f bash -c 'echo \$\$ >"$TMPDIR/pids"; exec tail -f /dev/null'
exec tail -f /dev/null
EOF2
"$tree/test/run" >/dev/null 2>&1 &
runner=$!
until [[ -s $TMPDIR/pids ]]; do read -r -t 0.05 <> <(:) || true; done
kill -TERM $runner
wait $runner || true
is "a stopped runner leaves nothing running" gone

echo "1..$number"
exit $failed
