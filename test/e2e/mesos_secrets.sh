#!/bin/bash
# Secrets, keys and certificates on a cluster: they reach the task by way of the launch, and are in nothing that the scheduler keeps,
# prints or answers.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin mesossecrets
cd "$work" || exit 1
value=Zq7-first-$RANDOM$RANDOM
changed=Zq7-second-$RANDOM$RANDOM
mkdir boxes
master_start --agents 2 --sandboxes "$work/boxes"

cat >svc.yml <<'YML'
name: team/web
pods:
  pod:
    count: 1
    secrets:
      both: {secret: team/password, env-key: PASSWORD, file: conf/password}
      theirs: {secret: vault/key, env-key: VAULT}
    tasks:
      main:
        goal: RUNNING
        cmd: exec sleep 1000
        cpus: 0.05
        memory: 32
        transport-encryption:
          - {name: web, type: TLS}
          - {name: java, type: KEYSTORE}
YML
check "the spec is valid for a cluster" muster check-compat svc.yml --engine mesos
check "a scheduler subscribes" on_mesos "$url" --wire-json
printf %s "$value" >value.txt
check "a secret is put" muster secret put team/password value.txt
check "the service is deployed" muster service add team/web -f svc.yml --wait --timeout 60
box() { echo "boxes/$(muster pod status team/web pod-0 --json | jq -r '.tasks[0].id')"; }
same "its variable has the value" "PASSWORD=$value" "$(grep '^PASSWORD=' "$(box)/.environment")"
same "so has its file" "$value" "$(cat "$(box)/conf/password")"
same "a secret of the agents' is given by its path" "VAULT=vault/key" "$(grep '^VAULT=' "$(box)/.environment")"
muster tls ca >ca.pem
check "the certificate is of the framework's authority" openssl verify -CAfile ca.pem "$(box)/web.crt"
same "... for the reference's names alone" "DNS:pod-0-main.teamweb.autoip.dcos.thisdcos.directory" \
  "$(openssl x509 -in "$(box)/web.crt" -noout -ext subjectAltName | tail -n 1 | tr -d ' ')"
same "the key is the certificate's" "$(openssl x509 -in "$(box)/web.crt" -noout -pubkey)" "$(openssl pkey -in "$(box)/web.key" -pubout)"
check "the authority is beside it" cmp ca.pem "$(box)/web.ca"
check "Java has its keystore" openssl pkcs12 -in "$(box)/java.keystore" -passin pass:notsecure -nokeys -out /dev/null
same "and its truststore" feedfeed "$(head -c 4 "$(box)/java.truststore" | od -An -tx1 | tr -d ' ')"
fingerprint() { openssl x509 -in "$(box)/web.crt" -noout -fingerprint; }
first=$(fingerprint) before=$(box)

printf %s "$changed" >changed.txt
check "a secret is changed" muster secret put team/password changed.txt
check "its pod is restarted" muster pod restart team/web pod-0
restarted() { [[ $(box) != "$before" && -e $(box)/.environment ]]; }
check "... and launched" eventually restarted
same "the next run has the new value" "PASSWORD=$changed" "$(grep '^PASSWORD=' "$(box)/.environment")"
same "... and the same certificate" "$first" "$(fingerprint)"

sed 's/^name: .*/name: other/' svc.yml >other.yml
check "another service may be added" muster service add other -f other.yml
check "... but is told whose the secret is" eventually told other 'its secrets cannot be had: the secret \"team/password\" is only for services named team or team/'

# ---- nowhere else
nowhere() { # FILE OR FOLDER…: neither value is in it, nor its base64 (whose first letters depend on nothing before it)
  ! grep -raqF -e "$value" -e "$changed" -e "$(printf %s "$value" | base64 | head -c 12)" -e "$(printf %s "$changed" | base64 | head -c 12)" "$@"
}
curl -sS --unix-socket "$state/muster.sock" http://localhost/v1/openapi.json | jq -r '.paths | to_entries[] | select(.value.get) | .key' |
  grep -v events | sed 's|{name}|team%2Fweb|; s|{pod}|pod-0|; s|{plan}|deploy|; s|{secret\*}|x|; s|{configuration}|target|; s|{task}|pod-0-main|; s|{path\*}|stdout|' |
  while read -r path; do curl -sS --unix-socket "$state/muster.sock" "http://localhost$path"; done >answers 2>&1
check "the API answered" test "$(wc -c <answers)" -gt 5000
check "no answer has a value" nowhere answers
check "no file of the state folder has one" nowhere "$state"
check "nor has the scheduler's log" nowhere "$work/log"
finds() { ! nowhere "$1"; }
check "what searches finds one where it is" finds value.txt
check "no private key is there either" sh -c '! grep -raq "PRIVATE KEY" "$0" "$1"' "$state" "$work/log"

check "everything is uninstalled" muster uninstall --yes --wait --timeout 60
check "... and nothing runs or is reserved in the cluster" eventually tell clean
finish
