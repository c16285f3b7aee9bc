#!/bin/bash
# What is installed is complete: programs, both libraries, public headers that stand alone, and a pkg-config file with
# which a program on the library builds and runs. The library shows nothing but mu_*.
set -euo pipefail

step() {
  echo "# $*"
}

root=$TMPDIR/root
DESTDIR=$root meson install -C "$MU_BUILD" --no-rebuild --quiet >/dev/null
option() {
  meson introspect --buildoptions "$MU_BUILD" | jq -r --arg name "$1" '.[] | select(.name == $name) | .value'
}
prefix=$(option prefix)
libdir=$root$prefix/$(option libdir)

step "the programs are there"
"$root$prefix/bin/muster" --version
test -x "$root$prefix/libexec/muster/muster-executor"
test -x "$root$prefix/libexec/muster/muster-bootstrap"
test -x "$root$prefix/libexec/muster/muster-fetch"
test -x "$root$prefix/libexec/muster/muster-secrets"

step "the shells find their completion"
data=$root$prefix/$(option datadir)
bash -c "source '$data/bash-completion/completions/muster.bash' && complete -p muster" | grep -q _muster
grep -q '^#compdef muster$' "$data/zsh/site-functions/_muster"
grep -q '^complete -c muster' "$data/fish/vendor_completions.d/muster.fish"

if [[ $(option b_sanitize) != none ]]; then
  echo "a library with a sanitizer in it is for programs with that sanitizer"
  exit 0
fi

step "the library shows nothing but mu_*"
if nm -D --defined-only "$libdir/libmuster.so" | grep -v ' mu_'; then
  exit 1
fi

sed -i "s|^prefix=.*|prefix=$root$prefix|" "$libdir/pkgconfig/muster.pc"
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir
read -ra cflags < <(pkg-config --cflags muster)
read -ra libs < <(pkg-config --libs muster)

step "every public header stands alone"
for header in "$root$prefix"/include/muster/*.h; do
  cc -std=gnu17 -Wall -Wextra -Werror "${cflags[@]}" -fsyntax-only -include "$header" -x c /dev/null
done

step "the programs of examples/c build against what is installed"
for program in "$MU_SOURCE"/examples/c/*.c; do
  [[ -e $program ]] || continue
  cc -std=gnu17 -Wall -Wextra -Werror "${cflags[@]}" "$program" -o "$TMPDIR/$(basename "$program" .c)" "${libs[@]}"
done
