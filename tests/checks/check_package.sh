#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the packages install exposes nothing: their configuration is the reference configuration,
# all of it commented out. The packages have the version of configure.ac.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
cd -- "$srcdir"
bad=0
say() {
    echo "package: $*"
    bad=1
}

conf=$(packaging/commented-conf <conf/mod_shop.conf)
active=$(grep -vE '^(#|$)' <<<"$conf" || true)
[[ -z $active ]] || say "the packages' configuration has active lines: $active"
missing=$(comm -23 <(grep -oE '^#?Shop[A-Za-z]+' conf/mod_shop.conf | tr -d '#' | sort -u) \
    <(grep -oE '^#Shop[A-Za-z]+' <<<"$conf" | tr -d '#' | sort -u))
[[ -z $missing ]] || say "the packages' configuration lacks $missing"
! grep -q LoadModule <<<"$conf" || say "the packages' configuration loads a module"
active=$(printf 'head\n\nShopEngine On\n' | packaging/commented-conf | grep -cvE '^(#|$)' || true)
[[ $active == 0 ]] || say 'an active line is not commented out'

version=$(sed -nE 's/^AC_INIT\(\[mod_shop\], \[([^]]+)\].*/\1/p' configure.ac)
[[ $(head -n 1 packaging/deb/changelog) == "libapache2-mod-shop ($version-1) "* ]] ||
    say "packaging/deb/changelog does not begin with version $version-1"
grep -q "global shop_version $version}" packaging/rpm/mod_shop.spec ||
    say "mod_shop.spec has another version than $version"
grep -A1 '^%changelog' packaging/rpm/mod_shop.spec | grep -q -- "- $version-1$" ||
    say "mod_shop.spec's changelog does not begin with $version-1"
for script in packaging/deb/*.p*{inst,rm}; do
    sh -n "$script" || say "$script is no shell script"
done
exit "$bad"
