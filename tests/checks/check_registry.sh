#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A module is registered in few places; here they are compared: folders that hold a module's record,
# modules.def, Makefile.am, tests/, and every folder's local.mk against its files. So are the codes of
# violations and violations.def.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
cd -- "$srcdir"
bad=0

differ() { # WHAT LEFT RIGHT : two sorted lists
    local only
    if [[ -z $2 || -z $3 ]]; then
        echo "registry: $1: one side is empty"
        bad=1
        return
    fi
    only=$(comm -3 <(printf '%s\n' "$2") <(printf '%s\n' "$3"))
    if [[ -n $only ]]; then
        printf 'registry: %s differ (second column: only in the second):\n%s\n' "$1" "$only"
        bad=1
    fi
}

# ops is no capability of the shop: app.c names it
records=$(for file in mod_shop/*/*_module.c; do
    folder=$(basename -- "${file%/*}")
    [[ $file == "mod_shop/$folder/${folder}_module.c" ]] || echo "$file"
    [[ $folder == ops ]] || echo "$folder"
done | sort)
modules=$(sed -nE 's/^SHOP_MODULE\(([a-z]+)\)$/\1/p' mod_shop/modules.def | sort)
differ 'folders with a <folder>_module.c and modules.def' "$records" "$modules"
for file in mod_shop/*/*_repo.h; do
    if ! grep -qx -- "$(cut -d/ -f2 <<<"$file")" <<<"$modules"; then
        echo "registry: $file is a port, and its folder is no module"
        bad=1
    fi
done

folders=$(find mod_shop -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
included=$(sed -nE 's|^include mod_shop/([a-z]+)/local\.mk$|\1|p' Makefile.am | sort)
differ 'folders of mod_shop and include lines of Makefile.am' "$folders" "$included"

for folder in $modules; do
    if ! compgen -G "tests/unit/$folder/test_*.c" >/dev/null; then
        echo "registry: tests/unit/$folder has no test"
        bad=1
    fi
done

for folder in $folders; do
    files=$(find "mod_shop/$folder" -name '*.[ch]' -o -name '*.def' | sort)
    listed=$(grep -oE "mod_shop/$folder/[a-z0-9_]+\.(c|h|def)" "mod_shop/$folder/local.mk" | sort)
    differ "files of mod_shop/$folder and its local.mk" "$files" "$listed"
done

# A test that is not built tests nothing: each folder of tests lists its files, tests/local.mk the
# folders.
lists=$(find tests -mindepth 2 -name local.mk | sort)
included=$(sed -nE 's/^include (.*)$/\1/p' tests/local.mk | sort)
differ 'lists in tests/ and include lines of tests/local.mk' "$lists" "$included"
for list in $lists; do
    folder=${list%/local.mk}
    files=$(find "$folder" -maxdepth 1 -name '*.[ch]' -o -maxdepth 1 -name '*.sh' | sort)
    listed=$(grep -oE "$folder/[a-z0-9_]+\.(c|h|sh)" "$list" | sort -u)
    differ "files of $folder and its local.mk" "$files" "$listed"
done
# A code of a violation that no page explains means nothing to a client.
used=$(find mod_shop -name '*.c' -exec cat {} + | perl -0777 -ne '
    while (/shop_error_violate\(((?:[^;"]|"(?:[^"\\]|\\.)*")*);/g) {
        my $call = $1;
        print "$1\n" while $call =~ /"([a-z_]+)"\s*[,:]/g;
    }' | sort -u)
explained=$(sed -nE 's/^SHOP_VIOLATION\("([a-z_]+)",.*/\1/p' mod_shop/base/violations.def | sort -u)
differ 'codes of violations in the code and in violations.def' "$used" "$explained"
exit "$bad"
