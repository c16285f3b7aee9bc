#!/bin/bash
# A master and agents that speak TLS alone, know their clients by certificates, and want a secret: what is wrong is said with the option
# that helps, and what is put right holds without a restart.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
command -v openssl >/dev/null || skip_all "needs openssl"
work_begin mesostls
cd "$work" || exit 1

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() { # NAME AUTHORITY
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null &&
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.pem" \
      -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") 2>/dev/null
}
check "authorities and certificates are made" eval 'authority ours && authority other && certificate master ours && certificate client ours && certificate stranger other'
put() { # FROM TO: as an operator should, in one step
  cp "$1" "$2.new" && mv "$2.new" "$2"
}
put other.pem ca.pem
put stranger.pem cert.pem
put stranger.key key.pem
echo wrong >secret

mkdir boxes
master_start --agents 2 --sandboxes "$work/boxes" --cert master.pem --key master.key --client-ca ours.pem
same "the master speaks TLS" https "${url%%:*}"
check "... and wants a secret" tell authorize Basic "$(printf 'me:right' | base64)"
refused 3 "go together" muster serve --state "$work/other" --engine mesos --master "$url" --cert-file cert.pem
refused 3 "cannot read" muster serve --state "$work/other" --engine mesos --master "$url" --ca-file /no/such/file
check "a scheduler starts" on_mesos "$url" --ca-file ca.pem --cert-file cert.pem --key-file key.pem --principal me --secret-file secret

trouble() { # TEXT: it is why there is no subscription
  curl -sS --unix-socket "$state/muster.sock" http://localhost/v1/state/engine | jq -r '.error // ""' | grep -qF -- "$1"
}
check "the authority is not known" eventually trouble "(--ca-file) has to hold the authority that signed its certificate"
put ours.pem ca.pem
check "then it does not know us" eventually trouble "(--key-file) have to be a certificate and its key, as PEM, and it has to know the authority"
put client.key key.pem
put client.pem cert.pem
check "then the secret is wrong" eventually trouble "401"
echo right >secret.new && mv secret.new secret

spec web 1 'exec sleep 1000' >web.yml
check "then services are deployed" muster service add web -f web.yml --wait --timeout 60
id=$(muster pod status web pod-0 --json | jq -r '.tasks[0].id')
mkdir -p "boxes/$id"
echo hello >"boxes/$id/stdout"
same "agents are spoken to in the same way" hello "$(muster logs web pod-0 --stdout)"

check "the master wants another secret" tell authorize Basic "$(printf 'me:newer' | base64)"
echo newer >secret.new && mv secret.new secret
check "... the file has it, and nothing is noticed" muster service add more -f web.yml --wait --timeout 60
same "no secret is in the state or the log" "" "$(grep -rlE 'newer|bWU6' "$state" "$work/log" 2>/dev/null)"
check "everything is uninstalled" muster uninstall --yes --wait --timeout 60
check "... and nothing runs or is reserved in the cluster" eventually tell clean
finish
