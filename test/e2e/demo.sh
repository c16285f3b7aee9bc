#!/bin/bash
# timeout: 300
# The demo's whole story, as root and as an ordinary user.
command -v redis-server >/dev/null && command -v java >/dev/null && [[ -e /usr/share/java/zookeeper.jar ]] || {
  echo "redis-server or zookeeper is not installed"
  exit 77
}

run_demo() { # TMPDIR COMMAND…
  local tmp=$1
  shift
  TMPDIR=$tmp once=1 "$@" "$MU_SOURCE/demo/run" || exit 1
  [[ -z $(ls -A "$tmp") ]] || { echo "the demo left a folder behind" && exit 1; }
}

mkdir "$TMPDIR/demo"
run_demo "$TMPDIR/demo" env
[[ $(id -u) -eq 0 ]] || exit 0
# And once more as somebody who may nothing.
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if ! "${nobody[@]}" test -x "$MU_BUILD/muster" -a -x "$MU_SOURCE/demo/run"; then
  echo "# as an ordinary user: not run, who cannot reach $MU_BUILD"
  exit 0
fi
chmod go+x "$(dirname "$TMPDIR")" "$TMPDIR"
chown 65534 "$TMPDIR/demo"
run_demo "$TMPDIR/demo" "${nobody[@]}" env HOME="$TMPDIR/demo"
