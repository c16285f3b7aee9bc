#!/bin/bash
# timeout: 300
# The demo's whole story, as root and as an ordinary user.
command -v redis-server >/dev/null && command -v java >/dev/null && [[ -e /usr/share/java/zookeeper.jar ]] || {
  echo "redis-server or zookeeper is not installed"
  exit 77
}
before=$(ls -d "${TMPDIR:-/tmp}"/muster-demo.* 2>/dev/null)
once=1 "$MU_SOURCE/demo/run" || exit 1
[[ $(ls -d "${TMPDIR:-/tmp}"/muster-demo.* 2>/dev/null) == "$before" ]] || { echo "the demo left a folder behind" && exit 1; }
