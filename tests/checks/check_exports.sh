#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The module exports its record and nothing else: httpd loads all modules into one name space.
set -euo pipefail

builddir=${builddir:-.}
module=$builddir/.libs/mod_shop.so
[[ -r $module ]] || {
    echo "exports: $module is not there"
    exit 1
}
names=$(nm -D --defined-only -- "$module" | awk '{ print $3 }')
# gcov's run time exports its own words in coverage builds
names=$(grep -vE '^(__gcov_|mangle_path$|_(init|fini|edata|end|_bss_start)$)' <<<"$names" || true)
if [[ $names != shop_module ]]; then
    printf 'exports: wanted shop_module alone, got:\n%s\n' "$names"
    exit 1
fi
