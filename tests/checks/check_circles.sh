#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# No circles among the units of mod_shop/: a unit is a .c/.h pair, and it depends on another when its
# object has an undefined symbol that the other's object defines. `check_circles.sh --selftest`
# compiles small units and must see their circles; a plain run does that too, so that a check that
# sees nothing cannot pass.
set -euo pipefail

self=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/check_circles.sh
srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
builddir=${builddir:-.}
CC=${CC:-cc}
NM=${NM:-nm}

# "UNIT TYPE SYMBOL" for every global symbol of every object below a folder. libtool makes two objects
# of a source, in the folder and in its .libs; both are the same unit. automake puts la- before the
# names of the module's own objects. An object whose source is gone is of an earlier build.
read_symbols() { # SOURCES OBJECTS
    {
        (cd -- "$1" && find . -name '*.c')
        (cd -- "$2" && find . -name '*.o' -exec "$NM" -gA {} +)
    } | awk '
        /\.c$/ { sources[substr($0, 3, length($0) - 4)]; next }
        {
            cut = index($0, ".o:")
            unit = substr($0, 3, cut - 3)
            sub(/\.libs\//, "", unit)
            sub(/(mod_shop_)?la-/, "", unit)
            if (unit in sources) print unit, $(NF - 1), $NF
        }'
}

# Prints each circle with what its units need of each other; fails when there is one. shop_module is
# httpd's: its macros name the module's record in every file of server/.
find_circles() { # LEAST : of the lines that read_symbols prints
    awk -v least="$1" '
        function reach(from, at,    i) {
            if ((from, at) in seen) return
            seen[from, at]
            for (i = 1; i <= edges[at]; i++) reach(from, edge[at, i])
        }
        !($1 in units) { units[$1]; unit[++count] = $1 }
        $3 == "shop_module" { next }
        $2 ~ /^[Uw]$/ { if (!(($1, $3) in asked)) { asked[$1, $3]; needer[++needs] = $1; need[needs] = $3 }; next }
        { owner[$3] = $1 }
        END {
            for (i = 1; i <= needs; i++) {
                from = needer[i]
                to = owner[need[i]]
                if (to == "" || to == from) continue
                if (!((from, to) in symbols)) edge[from, ++edges[from]] = to
                symbols[from, to] = symbols[from, to] " " need[i]
                total++
            }
            for (i = 1; i <= count; i++)
                for (j = 1; j <= edges[unit[i]]; j++) reach(unit[i], edge[unit[i], j])
            for (i = 1; i <= count; i++) {
                first = unit[i]
                if (!((first, first) in seen) || first in printed) continue
                print "circles: these units need each other:"
                circles++
                for (j = 1; j <= count; j++) {
                    from = unit[j]
                    if (!((first, from) in seen) || !((from, first) in seen)) continue
                    printed[from]
                    for (k = 1; k <= edges[from]; k++) {
                        to = edge[from, k]
                        if ((to, first) in seen) print "    " from ".c needs " to ".c:" symbols[from, to]
                    }
                }
            }
            if (count < least || total < least) {
                printf "circles: only %d units with %d symbols between them were found: " \
                    "the search is broken\n", count, total
                exit 1
            }
            exit circles > 0
        }'
}

check_tree() { # SOURCES OBJECTS LEAST
    read_symbols "$1" "$2" | find_circles "$3"
}

write_unit() { # NAME TEXT : of the tree that is being planted
    mkdir -p "$work/one/.libs"
    printf '%s\n' "$2" >"$work/one/$1.c"
    $CC -c -o "$work/one/.libs/$1.o" "$work/one/$1.c"
}

plant() { # WHAT UNITS... : a circle of these, which must be seen, each of them named
    local what=$1 said unit

    shift
    if said=$(check_tree "$work" "$work" 1); then
        echo "circles: did not see $what"
        failed=1
    fi
    for unit; do
        if [[ $said != *"    one/$unit.c needs "* ]]; then
            echo "circles: saw $what without $unit.c: $said"
            failed=1
        fi
    done
    rm -rf -- "$work/one"
}

selftest() {
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    failed=0
    write_unit error 'int json(void); int error(void); int error(void) { return json(); }'
    write_unit json 'int error(void); int json(void); int json(void) { return error(); }'
    plant 'two units that call each other' error json

    write_unit routes 'int handler(void); int (*const routes)(void) = handler;'
    write_unit handler 'int path(void); int handler(void); int handler(void) { return path(); }'
    write_unit path 'extern int (*const routes)(void); int path(void);
        int path(void) { return routes != 0; }'
    write_unit below 'int below(void); int below(void) { return 0; }'
    plant 'a circle of three through a table' routes handler path

    write_unit above 'int below(void); int above(void); int above(void) { return below(); }'
    write_unit below 'int below(void); int below(void) { return 0; }'
    if ! check_tree "$work" "$work" 1; then
        echo 'circles: a unit above another is no circle'
        failed=1
    fi
    rm -- "$work"/one/*.c
    if check_tree "$work" "$work" 1 >/dev/null; then
        echo 'circles: objects without a source passed'
        failed=1
    fi
    return "$failed"
}

if [[ ${1-} == --selftest ]]; then
    selftest
    exit
fi
check_tree "$srcdir/mod_shop" "$builddir/mod_shop" 100
bash "$self" --selftest
