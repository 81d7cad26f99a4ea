#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What may not stand in the sources: functions that cannot be used safely, secrets compared in
# variable time, money in floating point, unfinished business, and what is too long to read.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
cd -- "$srcdir"

MAX_FUNCTION=60
MAX_FILE=500
MAX_COMPLEXITY=15
# tests are tables of cases and suites that read on: twice as long at most
TESTS_TIMES=2

# where (a regex over the path) | what (a regex over the line) | why
read_rules() {
    cat <<'END'
.* | \b(strcpy|strcat|sprintf|vsprintf|gets|strtok)[[:space:]]*\( | writes without a bound or keeps hidden state
.* | \b(atoi|atol|atof)[[:space:]]*\( | cannot tell an error from 0
^(mod_shop|tools)/ | \b(memcmp|strn?(case)?cmp)[[:space:]]*\(.*(secret|token|password|hash|digest|signature|hmac) | takes time that tells how much was right: CRYPTO_memcmp
^mod_shop/[a-rt-z] | (^|[^a-z_])(printf|puts|putchar|perror)[[:space:]]*\( | the library does not own standard output
^mod_shop/ | (err|printf|log|violate|cause)[a-z_]*\(.*%-?[0-9.*]*z[udx] | APR's printf has no %z and crashes: cast and use %d or APR_SIZE_T_FMT
^mod_shop/.*(money|price|amount|order|cart|coupon) | %[0-9.*]*[fgFGeE]\b | money is printed from integers
.* | (TODO|FIXME|XXX:) | finish it or write an issue
.* | [[:cntrl:]] | a tab or another control character
.* | [[:space:]]$ | blanks at the end of the line
^(mod_shop|tests|tools)/.*\.[ch]$ | ^.{101,}$ | more than 100 columns
END
}

# file | words on the line | reason
read_exceptions() {
    cat <<'END'
mod_shop/accounts/account_session.c | (*now)->password_hash, user->password_hash | both come from the store: has it changed?
mod_shop/guard/token.c | tokens->keys[i].kid | a key id is public
mod_shop/drivers/password.c | crypto_pwhash_STRPREFIX | which format; the prefix is public
mod_shop/drivers/password_werkzeug.c | "scrypt:" | which format; the prefix is public
mod_shop/drivers/password_werkzeug.c | "pbkdf2:sha256:" | which format; the prefix is public
tests/gate/q0.c | lines | one file on purpose: it is compiled alone, before the project is
END
}

bad=0
complain() {
    echo "banned: $1"
    bad=1
}

mapfile -t sources < <(find mod_shop tests tools -name '*.[ch]' -o -name '*.def' | sort)
((${#sources[@]} > 50)) || complain "only ${#sources[@]} sources found: the search is broken"

# Comments may name what code may not use; strings may not hide it.
is_excepted() { # FILE LINE
    local file words
    while IFS='|' read -r file words _; do
        file=${file%% *}
        words=${words# }
        words=${words% }
        [[ $1 == "$file" && $2 == *"$words"* ]] && return 0
    done < <(read_exceptions)
    return 1
}

while IFS= read -r rule; do
    where=${rule%% | *}
    rest=${rule#* |}
    rest=${rest# }
    what=${rest%% | *}
    why=${rest##* | }
    mapfile -t some < <(printf '%s\n' "${sources[@]}" | grep -E "$where")
    if ((${#some[@]} == 0)); then
        complain "no file for the rule $rule"
        continue
    fi
    while IFS= read -r hit; do
        file=${hit%%:*}
        line=${hit#*:*:}
        if [[ $line =~ ^[[:space:]]*(/?\*|//) && $what != *TODO* && $what != *'{101'* ]]; then
            continue
        fi
        is_excepted "$file" "$line" || complain "$hit ($why)"
    done < <(grep -nHE -- "$what" "${some[@]}")
done < <(read_rules)

# Functions begin with { and end with } in the first column.
while IFS= read -r hit; do
    is_excepted "${hit%%:*}" "$hit" || complain "$hit"
done < <(awk -v most=$MAX_FUNCTION -v file_most=$MAX_FILE -v times=$TESTS_TIMES '
    function of(most) { return last ~ /^tests\// ? most * times : most }
    FNR == 1 { if (last && lines > of(file_most)) print last ": " lines " lines"; start = 0 }
    { last = FILENAME; lines = FNR }
    /^\{/ { start = FNR }
    /^\}/ && start {
        if (FNR - start - 1 > of(most)) print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
        start = 0
    }
    END { if (lines > of(file_most)) print last ": " lines " lines" }' "${sources[@]}")

while IFS= read -r file; do
    [[ $(head -n 1 -- "$file") == *SPDX-License-Identifier:* ]] || complain "$file: no SPDX line"
done < <(printf '%s\n' "${sources[@]}")

if command -v pmccabe >/dev/null; then
    mapfile -t code < <(printf '%s\n' "${sources[@]}" | grep '\.c$')
    while IFS= read -r hit; do
        complain "$hit"
    done < <(pmccabe -- "${code[@]}" 2>/dev/null |
        awk -v most=$MAX_COMPLEXITY -v times=$TESTS_TIMES '$1 > ($6 ~ /^tests\// ? most * times : most) { print $6 " " $7 " has complexity " $1 }')
fi
exit "$bad"
