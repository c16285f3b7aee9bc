#!/bin/bash
# How long offers of a Mesos cluster are refused and held is said on the command line: --refuse-offers, --refuse-offers-idle and
# --hold-offers, as the master hears it.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
command -v prlimit >/dev/null || skip_all "there is no prlimit to make the store unwritable with"
work_begin mesos_offers
cd "$work" || exit 1
trap '' XFSZ # a file that may not grow is an error for the scheduler, and not its end

master_start --agents 2
spec small 1 'exec sleep 1000' >small.yml
spec big 1 'exec sleep 1000' >big.yml
sed -i 's/memory: 32/memory: 1000000/' big.yml

for flag in --refuse-offers --refuse-offers-idle --hold-offers; do
  refused 2 "${flag}" muster serve --state "$work/other" --listen 127.0.0.1:0 --engine mesos --master "$url" "$flag" soon
done
check "a scheduler subscribes" on_mesos "$url" --refuse-offers 1 --refuse-offers-idle 543 --hold-offers 2
check "offers that nobody needs are refused for as long as --refuse-offers-idle says" eventually tell refused 543
check "... and not for an hour" eval '! tell refused 3600'
check "a service that fits nowhere is added" muster service add big -f big.yml
check "offers are refused for as long as --refuse-offers says while it waits" eventually tell refused 1
check "... and not for 30 seconds" eval '! tell refused 30'
check "... none was held for too long" eval '! tell refused 2'

check "the store cannot be written any more" prlimit --pid "$scheduler" --fsize=1:
muster service add small -f small.yml --wait --timeout 60 >added 2>&1 &
adding=$!
check "offers that wait for it are given back when --hold-offers is over" eventually tell refused 2
check "the store can be written again" prlimit --pid "$scheduler" --fsize=unlimited:
check "... and what was asked meanwhile is done" wait "$adding"
check "uninstall" muster uninstall --yes --wait --timeout 60
check "nothing is left" tell clean
finish
