#!/bin/bash
# The leading master is found in ZooKeeper, and so is the next one.
# timeout: 180
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
beside=$(dirname "$(command -v muster)")/test
master=$beside/mesos-master/mesos-master candidate=$beside/mesos-front/mesos-candidate
[[ -x $master && -x $candidate ]] || skip_all "the test master is not built beside muster"
command -v java >/dev/null && [[ -e /usr/share/java/zookeeper.jar ]] || skip_all "ZooKeeper is not installed"
work_begin mesos_zk
cd "$work" || exit 1
own=() # processes of ours
end() {
  { is_alive "$scheduler" && scheduler_kill; } 2>/dev/null # nothing of it runs on this machine
  [[ ${#own[@]} -eq 0 ]] || kill -KILL "${own[@]}" 2>/dev/null
  rm -rf "$state"
  work_end
}
trap 'status=$?; trap - EXIT; end; exit $status' EXIT

# A server on a port that is free: another one is tried when it is not.
zookeeper_start() {
  local zk try
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    printf 'tickTime=500\ndataDir=%s/zk%s\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' \
      "$work" "$try" "$port" >zoo.cfg
    java -Xmx64m -XX:TieredStopAtLevel=1 -Dzookeeper.jmx.log4j.disable=true \
      -cp /usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar \
      org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg >zk.log 2>&1 &
    zk=$!
    own+=("$zk")
    disown "$zk"
    while is_alive "$zk"; do
      timeout 1 bash -c "</dev/tcp/127.0.0.1/$port" 2>/dev/null && is_alive "$zk" && return
      read -rt 0.2 <><(:) || :
    done
  done
  return 1
}

master_start() { # sets $master_url
  mkfifo "master.$1"
  exec {pipe}<>"master.$1"
  "$master" --agents 2 <&"$pipe" >"master.$1.out" 2>&1 &
  own+=("$!")
  disown "$!"
  eventually test -s "master.$1.out"
  master_url=$(head -n 1 "master.$1.out")
}

candidate_start() { # NAME URL: sets $stand, whose end is the candidate's
  mkfifo "candidate.$1"
  exec {stand}<>"candidate.$1"
  "$candidate" "127.0.0.1:$port" /mesos "${2##*:}" <"candidate.$1" {stand}>&- >"candidate.$1.out" 2>&1 &
  last=$!
  own+=("$last")
  disown "$last"
  eventually test -s "candidate.$1.out"
}
leads() { # URL: it is the master that we are subscribed with
  [[ $(curl -sSf --unix-socket "$state/muster.sock" http://localhost/v1/state/engine |
    jq -r 'select(.state == "SUBSCRIBED") | .master') == "$1" ]]
}
troubled() { # PART: why we are not subscribed
  curl -sSf --unix-socket "$state/muster.sock" http://localhost/v1/state/engine | jq -r .error | grep -qF -- "$1"
}

check "ZooKeeper starts" zookeeper_start
check "a scheduler starts though no master is there" scheduler_start --listen 127.0.0.1:0 --engine mesos \
  --master "zk://127.0.0.1:$port/mesos"
check "... and says why it does nothing" eventually troubled "/mesos in ZooKeeper"
master_start a && first=$master_url
master_start b && second=$master_url
candidate_start a "$first"
one=$last
check "a master takes the lead, and is found" eventually leads "$first"
candidate_start b "$second"
spec web 1 'exec sleep 1000' >web.yml
check "a second candidate changes nothing: a service is deployed" muster service add web -f web.yml --wait --timeout 60
check "... on the first one" leads "$first"
kill -TERM "$one"
check "the first one is gone, and the second one is found" eventually leads "$second"
finish
