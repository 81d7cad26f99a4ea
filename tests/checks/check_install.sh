#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `make install` below a DESTDIR prints nothing, fails when it fails, and leaves no libtool file.
set -euo pipefail

builddir=${builddir:-.}
make=${MAKE:-make}
unset MAKEFLAGS MFLAGS MAKELEVEL MAKE
target=$(mktemp -d)
trap 'rm -rf -- "$target"' EXIT
bad=0
say() {
    echo "install: $*"
    bad=1
}

said=$("$make" -C "$builddir" -s --no-print-directory install DESTDIR="$target" 2>&1) || say 'it fails'
[[ -z $said ]] || say "it prints: $said"
module=$(find "$target" -name mod_shop.so)
[[ -n $module ]] || say 'there is no mod_shop.so'
left=$(find "$target" -name '*.la')
[[ -z $left ]] || say "it leaves $left"
: >"$target/file"
! "$make" -C "$builddir" -s --no-print-directory install DESTDIR="$target/file" >/dev/null 2>&1 ||
    say 'it succeeds where nothing can be written'
exit "$bad"
