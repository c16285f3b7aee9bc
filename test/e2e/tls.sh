#!/bin/bash
# Keys and certificates of tasks: a client that trusts the framework's authority talks TLS with a task; they are kept over
# restarts of the task and of the scheduler, nobody else sees the key, and they go with the service.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin tls
cd "$work" || exit 1
command -v openssl >/dev/null || skip_all "needs openssl"

cat >svc.yml <<'END'
name: team/web
pods:
  node:
    count: 1
    tasks:
      server:
        goal: RUNNING
        cmd: |
          openssl x509 -in web.crt -noout -fingerprint -sha256
          openssl x509 -in web.crt -noout -subject -nameopt RFC2253
          openssl x509 -in web.crt -noout -ext subjectAltName | tail -n 1 | tr -d ' '
          openssl verify -CAfile web.ca web.crt
          stat -L -c 'key mode %a' web.key
          openssl pkcs12 -in java.keystore -passin pass:notsecure -nodes | grep -c 'BEGIN'
          head -c 4 java.truststore | od -An -tx1 | tr -d ' '
          echo "port $PORT_HTTPS"
          exec openssl s_server -accept 127.0.0.1:$PORT_HTTPS -cert web.crt -key web.key -www -quiet
        cpus: 0.05
        memory: 64
        ports: {https: {port: 0, vip: {prefix: www, port: 443}}}
        transport-encryption:
          - {name: web, type: TLS}
          - {name: java, type: KEYSTORE}
END
check "the spec is valid, without a word about it" sh -c 'muster validate svc.yml 2>err >/dev/null; ! grep -q transport err'
check "the scheduler starts" scheduler_start --listen 127.0.0.1:0
check "the service is deployed" muster service add team/web -f svc.yml --wait --timeout 60
check "the authority's certificate is printed" sh -c 'muster tls ca >ca.pem && openssl x509 -in ca.pem -noout -subject | grep -q "muster CA"'

task=node-0-server
check "the subject is the task's name" eventually printed team/web $task "subject=O=muster,CN=$task.teamweb"
check "the names are the reference's, and this machine's" eventually printed team/web $task \
  "DNS:$task.teamweb.autoip.dcos.thisdcos.directory,DNS:www.teamweb.l4lb.thisdcos.directory,DNS:$(hostname),DNS:localhost,IPAddress:127.0.0.1,IPAddress:0:0:0:0:0:0:0:1"
check "it was signed by the authority beside it" eventually printed team/web $task "web.crt: OK"
check "the key is its user's alone" eventually printed team/web $task "key mode 600"
check "the keystore holds a key and two certificates" eventually printed team/web $task 3
check "the truststore is one of Java's" eventually printed team/web $task feedfeed

port() {
  muster logs team/web $task --stdout | sed -n 's/^port //p'
}
talk() { # OPTION…
  curl -sS --max-time 10 "$@" "https://localhost:$(port)/"
}
check "a client that trusts the authority talks with the task" eventually talk --cacert ca.pem
check "one that does not will not" sh -c '! curl -sS --max-time 10 "https://localhost:$0/" 2>err && grep -qi "certificate" err' "$(port)"

fingerprint() {
  muster logs team/web $task --stdout | grep -i fingerprint
}
first=$(fingerprint)
check "the pod is restarted" muster pod restart team/web node-0
changed_run() {
  [[ $(muster logs team/web $task --stdout | grep -c 'web.crt: OK') == 1 ]] && talk --cacert ca.pem
}
check "it comes up again" eventually changed_run
same "with the same certificate" "$first" "$(fingerprint)"
scheduler_kill
check "the scheduler starts again" scheduler_start --listen 127.0.0.1:0
same "the authority is the same" "$(cat ca.pem)" "$(muster tls ca)"
check "the task still answers" eventually talk --cacert ca.pem

check "no private key lies in the state folder" sh -c '! grep -raq "PRIVATE KEY" "$0"' "$state"
check "the certificates are among the sealed" sh -c 'ls -A "$0/secrets/values" | grep -q "^.tls"' "$state"
same "and are not listed as secrets" "" "$(json '.secrets[].name' muster secret list)"
check "the service is removed" muster service remove team/web --wait --timeout 60
check "its keys are gone with it" eventually sh -c '! ls -A "$0/secrets/values" | grep -q "^.tls"' "$state"

check "all is uninstalled" muster uninstall --yes --wait --timeout 60
check "the scheduler ends" scheduler_wait
check "the authority is gone" test ! -e "$state/secrets"

finish
