#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# scripts/new-resource writes what this tree compiles and registers: in a copy, the skeleton's files
# are compiled without warnings, and the checks of layers and of the registry pass.
set -euo pipefail

srcdir=$(cd -- "${srcdir:-$(dirname -- "${BASH_SOURCE[0]}")/../..}" && pwd)
builddir=$(cd -- "${builddir:-$srcdir}" && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
bad=0

mkdir "$work/docs"
cp -r -- "$srcdir/mod_shop" "$srcdir/tests" "$srcdir/scripts" "$srcdir/Makefile.am" "$work/"
cp -- "$srcdir/docs/collections.md" "$work/docs/"
chmod -R u+w -- "$work" # a distribution's tree is read-only
if ! "$work/scripts/new-resource" --no-build widgets >"$work/said" 2>&1; then
    echo "new-resource: failed: $(tail -n 3 "$work/said")"
    exit 1
fi

flag_of() { # VARIABLE of the build's Makefile
    sed -n "s/^$1 = //p" "$builddir/Makefile"
}
read -ra flags <<<"$(flag_of APR_CPPFLAGS) $(flag_of DEPS_CFLAGS)"
read -ra cc <<<"${CC:-cc}"
count=0
for file in "$work"/mod_shop/widgets/*.c "$work"/tests/unit/widgets/*.c; do
    count=$((count + 1))
    if [[ $file == */tests/* ]] && ! "${cc[@]}" -fsyntax-only -xc - <<<'#include <CUnit/Basic.h>' 2>/dev/null; then
        continue # configured --without-unit-tests
    fi
    if ! "${cc[@]}" -std=gnu11 -fsyntax-only -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror \
        -D_GNU_SOURCE -I"$work" -I"$builddir" "${flags[@]}" "$file"; then
        bad=1
    fi
done
if ((count < 5)); then
    echo "new-resource: wrote $count files of C"
    bad=1
fi
for check in registry layers; do
    script=$work/tests/checks/check_$check.sh
    [[ $check == layers ]] && sed -i 's/^bash .* --selftest$//' "$script"
    if ! srcdir=$work bash "$script"; then
        echo "new-resource: its skeleton does not pass check_$check.sh"
        bad=1
    fi
done
exit "$bad"
