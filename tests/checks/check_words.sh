#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The tree speaks of itself alone: no paths of the machine it was written on, no hosts that
# strangers could come to own. `check_words.sh --selftest` must see one planted.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}

# pattern, built in pieces so that this file does not match itself
slash=/
PATTERNS=(
    "${slash}(work|root|home)${slash}[A-Za-z0-9.]"
    "${slash}tmp${slash}[a-z_]+${slash}build"
    "(registry|proxy|mirror|index)\\.[a-z-]+\\.(internal|local|corp)"
    "(BEGIN|END) [A-Z ]*PRIVATE ""KEY"
)
# file and words that are allowed, with the reason
read_exceptions() {
    cat <<'END'
END
}

search() { # ROOT : prints hits; true when there is one
    local pattern hit found=1
    for pattern in "${PATTERNS[@]}"; do
        while IFS= read -r hit; do
            if ! grep -qxF -- "${hit%%:*}" <(read_exceptions | cut -d' ' -f1); then
                printf 'words: %s\n' "$hit"
                found=0
            fi
        done < <(cd -- "$1" && grep -rnIE --exclude-dir=.git --exclude=.git --exclude-dir=build \
            --exclude-dir=build-aux --exclude-dir=_build --exclude-dir=_inst --exclude-dir=autom4te.cache --exclude-dir=m4 \
            --exclude-dir=__pycache__ --exclude=configure --exclude='configure~' \
            --exclude=aclocal.m4 --exclude=Makefile.in --exclude=Makefile --exclude='config.*' \
            --exclude=libtool --exclude='*.log' --exclude='*.trs' --exclude='*.la' \
            --exclude='*.lo' --exclude='*.Plo' --exclude='*.Po' --exclude=compile_commands.json \
            -- "$pattern" . | sed 's|^\./||' | cut -c1-200)
    done
    return "$found"
}

if [[ ${1-} == --selftest ]]; then
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    printf 'see %sroot%s.profile\n' "$slash" "$slash" >"$work/page.md"
    search "$work" >/dev/null || {
        echo 'words: did not see a planted path'
        exit 1
    }
    exit 0
fi
if search "$srcdir"; then
    exit 1
fi
bash "${BASH_SOURCE[0]}" --selftest
