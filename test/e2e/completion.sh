#!/bin/bash
# A real bash completes command lines with the real program: commands, options, files, and the names that the running scheduler
# has. zsh and fish are tried where they are installed.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
command -v script >/dev/null || skip_all "the program script is not installed"
work_begin completion
cd "$work" || exit 1
scheduler_start --no-tcp
spec hello 2 'exec sleep 1000' >hello.yml
mkdir folder && touch folder/inside.yml
check "a service" muster service add hello -f hello.yml --wait --timeout 30

# typed TEXT: types it at an interactive bash and presses TAB, then has the line printed; what stands there is in $line.
typed() {
  { printf 'PS1=; bind "set enable-bracketed-paste off"; source <(muster completion bash)\n'
    printf '%s\t\001echo "line=<\005>"\nexit\n' "$1"
  } >keys
  TERM=dumb INPUTRC=/dev/null timeout 60 script -qec 'bash --norc --noprofile -i' /dev/null <keys >screen 2>&1
  line=$(tr -d '\r' <screen | sed -n 's/^line=<\(.*\)>$/\1/p' | tail -1)
}
completes() { # TEXT LINE
  typed "$1"
  same "$1" "$2" "$line"
}
completes 'muster heal' 'muster health '
completes 'muster plan sho' 'muster plan show '
completes 'muster service add x --tim' 'muster service add x --timeout '
completes 'muster plan show hel' 'muster plan show hello '
completes 'muster plan show hello dep' 'muster plan show hello deploy '
completes 'muster pod status hello pod-1' 'muster pod status hello pod-1 '
completes 'muster logs hello pod-0-s' 'muster logs hello pod-0-server '
completes 'muster service add x -f hel' 'muster service add x -f hello.yml '
completes 'muster service add x --depends-on hel' 'muster service add x --depends-on hello '
completes 'muster validate folder/in' 'muster validate folder/inside.yml '
completes 'muster serve --specs fol' 'muster serve --specs folder/'
completes 'muster plan interrupt hello deploy --phase po' 'muster plan interrupt hello deploy --phase pod '
completes 'muster plan interrupt hello deploy --phase pod --step pod-1:' 'muster plan interrupt hello deploy --phase pod --step pod-1:\[server\] '
MUSTER_STATE=nowhere completes 'muster plan show hel' 'muster plan show hel'
MUSTER_STATE=nowhere completes "muster --state $state plan show hel" "muster --state $state plan show hello "

same "without a shell's name: usage" 2 "$(muster completion >/dev/null 2>&1; echo $?)"
refused 2 "bash, zsh or fish" muster completion csh
check "the script is good bash" bash -n <(muster completion bash)
if command -v zsh >/dev/null; then
  check "the script is good zsh" zsh -n <(muster completion zsh)
fi
if command -v fish >/dev/null; then
  check "the script is good fish" fish --no-execute <(muster completion fish)
  same "fish completes" "hello" "$(fish -c 'muster completion fish | source; complete -C "muster plan show hel"')"
fi
finish
