#!/bin/bash
# Every check of tools/check-source is able to fail: each fault is planted once in a small tree, and exactly the check
# that is meant to finds it, where it is. What only looks like a fault is found by none.
set -euo pipefail

tree=$TMPDIR/tree
number=0
failed=0

small_tree() {
  rm -rf "$tree"
  mkdir -p "$tree"/{src/{base,spec,store},include/muster,test/unit,docs,examples}
  cat >"$tree/meson.build" <<'MESON'
core = ['base', 'spec']
law = {
  'base':            [[], ['glib', 'jansson']],
  'spec':            [['base'], ['glib', 'fyaml']],
  'store':           [core + ['config'], ['glib', 'sqlite']],
}
MESON
  echo 'int mu_arena_size(void);' >"$tree/src/base/arena.h"
  cat >"$tree/src/base/arena.c" <<'C'
#include "arena.h"
/* We never call time() or fopen() here; "strcpy(" neither. */
static const char *text = "fopen(x) \" sleep(1)";
struct Door {
  int (*open)(void);
};
static int through(struct Door *door) {
  return door->open();
}
#define LONG_MACRO(x) \
  do { \
    x; \
  } while (0)
int mu_arena_size(void) {
  return 1;
}
C
  echo '#include <sqlite3.h>' >"$tree/src/store/disk.c"
  echo "sources += files('arena.c')" >"$tree/src/base/meson.build"
  echo "sources += files('a.c')" >"$tree/src/spec/meson.build"
  echo "sources += files('disk.c', 'a.c', 'b.c') tests += ['a']" >"$tree/src/store/meson.build"
  echo 'See `src/base/arena.c:mu_arena_size` and arena.c:14.' >"$tree/docs/tour.md"
}

result() { # OK NAME
  number=$((number + 1))
  if [[ $1 == yes ]]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    failed=1
  fi
}

# The check's case alone fails, and names the place.
expect() { # CHECK PLACE WHAT
  local out failing good=yes
  out=$("$MU_SOURCE/tools/check-source" "$tree" || true)
  failing=$(grep -c '^not ok' <<<"$out" || true)
  [[ $failing == 1 ]] || good=no
  grep -qF "# $2" <<<"$out" || good=no
  "$MU_SOURCE/tools/check-source" --only "$1" "$tree" >/dev/null && good=no
  [[ $good == yes ]] || sed 's/^/# /' <<<"$out"
  result "$good" "$1 finds $3"
  small_tree
}

function_of() { # LINES [COMMENT]
  echo "int mu_long(int a,"
  echo "            int b) {"
  echo "  ${2:-}"
  for ((i = 0; i < $1 - 4; i++)); do echo "  a++;"; done
  echo "}"
}

small_tree
clean=yes
"$MU_SOURCE/tools/check-source" "$tree" >"$TMPDIR/clean" || { clean=no && sed 's/^/# /' "$TMPDIR/clean"; }
result "$clean" "nothing is found in a tree without a fault"

echo 'static void f(void) { g_get_real_time (); }' >>"$tree/src/spec/a.c"
expect core_calls src/spec/a.c:1: "a clock in the core"
echo 'static void f(void) { FILE *file = fopen(name, "r"); }' >>"$tree/src/base/arena.c"
expect core_calls src/base/arena.c:17: "a file opened in the core"
echo '#include <sys/socket.h>' >>"$tree/src/spec/a.c"
expect core_headers src/spec/a.c:1: "a header of I/O in the core"
echo '#include <sqlite3.h>' >"$tree/src/spec/a.c"
sed -i 's/^  .spec.*/&\n/; s/core = .*/core = ['"'base'"']/' "$tree/meson.build"
expect library_headers src/spec/a.c:1: "a library outside its folder"
echo '#include "base/arena.h"' >"$tree/src/spec/a.c"
expect include_style src/spec/a.c:1: "an include with a path"
echo '#include <muster/gone.h>' >"$tree/src/spec/a.c"
expect include_style src/spec/a.c:1: "a public header that is not there"
echo '#include "arena.h"' >"$tree/include/muster/spec.h"
expect public_headers include/muster/spec.h:1: "a private header in a public one"
cp "$tree/src/base/arena.h" "$tree/src/spec/arena.h"
expect unique_headers src/spec/arena.h:1: "two headers of one name"
echo 'int mu_unbuilt;' >"$tree/src/store/c.c"
expect all_built src/store/c.c:1: "a source file that is not built"
echo 'int main(void);' >"$tree/test/unit/test_c.c"
expect all_built test/unit/test_c.c:1: "a unit test that is not run"
echo 'static void f(void) { strcpy(a, b); }' >"$tree/src/store/a.c"
expect banned_calls src/store/a.c:1: "an unsafe call"
echo 'static void f(void) { sleep(1); }' >"$tree/test/unit/test_a.c"
expect sleeping test/unit/test_a.c:1: "a test that sleeps"
for ((i = 0; i < 801; i++)); do echo "extern int line_$i;"; done >"$tree/src/store/a.c"
expect file_sizes src/store/a.c:1: "a file of 801 lines"
function_of 71 >"$tree/src/store/a.c"
expect function_sizes src/store/a.c:1: "a function of 71 lines"
echo 'and `arena.c:mu_arena_gone`' >>"$tree/docs/tour.md"
expect tour_names docs/tour.md:2: "a function that the tour names and is gone"
echo 'and `gone.c:mu_arena_size`' >>"$tree/docs/tour.md"
expect tour_names docs/tour.md:2: "a file that the tour names and is gone"
echo '// TODO later' >>"$tree/src/base/arena.h"
expect unfinished src/base/arena.h:2: "a mark of unfinished work"
echo 'Look in /wo''rk/main/src.' >>"$tree/docs/tour.md"
expect own_paths docs/tour.md:2: "a path of a developer's machine"

function_of 70 >"$tree/src/store/a.c"
function_of 90 '/* long: one table */' >"$tree/src/store/b.c"
short=yes
"$MU_SOURCE/tools/check-source" "$tree" >/dev/null || short=no
result "$short" "a function of 70 lines, and one that says why it is longer, are let be"

echo "1..$number"
exit $failed
