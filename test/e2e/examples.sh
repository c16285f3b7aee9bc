#!/bin/bash
# The specs of examples/ are valid without a parameter, and every example of the help is a command line that is understood.
. "${MU_SOURCE:?run this with test/run}/test/e2e/e2e.bash"
work_begin examples
for file in "$MU_SOURCE"/examples/*/*.yml; do
  check "${file#"$MU_SOURCE"/} is valid" muster validate "$file"
done
for program in "$MU_SOURCE"/examples/c/*.c; do
  check "$(basename "$program") has less than 100 lines" test "$(wc -l <"$program")" -lt 100
done
cd "$MU_SOURCE" || exit 1
while IFS= read -r example; do
  read -ra words <<<"${example%% -- *}" # what follows is another program's
  check "$example" "${words[@]}" --help
done < <(muster help --markdown | sed -n 's/^Example: `\(.*\)`$/\1/p')
finish
