#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The generated pages are those of the tables (`make docs` writes them), the reference configuration
# names every directive and no other, docs/collections.md names every index and docs/redis-keys.md
# every key, and each ADR has a number of its own, a status and a date.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
builddir=${builddir:-$srcdir}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
bad=0

same() { # FILE COMMAND...
    local file=$1
    shift
    if ! "$@" >"$work/fresh" 2>"$work/said"; then
        echo "docs: '$*' failed: $(head -n 3 "$work/said")"
        bad=1
    elif [[ ! -s $work/fresh ]]; then
        echo "docs: '$*' printed nothing"
        bad=1
    elif ! diff -u --label "$file" --label fresh "$srcdir/$file" "$work/fresh" | head -n 20 |
        tee "$work/diff" || [[ -s $work/diff ]]; then
        echo "docs: $file is not up to date: run make docs"
        bad=1
    fi
}

same docs/openapi.json "$builddir/shopctl" openapi
for page in directives errors log metrics shopctl; do
    same "docs/$page.md" "$builddir/gendocs" "$page"
done
same conf/mod_shop.conf "$builddir/gendocs" conf

# ShopEngine is a row of its own in the httpd layer, not of the table.
known=$({
    echo ShopEngine
    sed -nE 's/^SHOP_DIRECTIVE(_SAID|_OF)?\((Shop[A-Za-z]+),.*/\2/p' "$srcdir/mod_shop/directives/directives.def"
} | sort -u)
named=$(cat -- "$srcdir"/conf/*.conf | grep -oE '^[[:space:]]*#?[[:space:]]*Shop[A-Z][A-Za-z]+ ' |
    grep -oE 'Shop[A-Za-z]+' | sort -u)
if (($(wc -l <<<"$known") < 10)); then
    echo 'docs: hardly a directive found in directives.def: the search is broken'
    bad=1
fi
while read -r name; do
    [[ -z $name ]] && continue
    echo "docs: conf/ names $name, which directives.def does not have"
    bad=1
done < <(comm -13 <(echo "$known") <(echo "$named"))
for name in $known; do
    if ! grep -qw -- "$name" "$srcdir/conf/mod_shop.conf"; then
        echo "docs: conf/mod_shop.conf does not show $name"
        bad=1
    fi
done

# Numbers of the log: unique, and used by name.
rows=$(sed -nE 's/^SHOP_LOG_ROW\(([0-9]+), *([A-Z0-9_]+),.*/\1 \2/p' "$srcdir/mod_shop/base/log.def")
doubled=$(cut -d' ' -f1 <<<"$rows" | sort | uniq -d)
if [[ -z $rows || -n $doubled ]]; then
    echo "docs: log.def has no rows or uses a number twice: $doubled"
    bad=1
fi
levels='ERROR|WARN|NOTICE|INFO|DEBUG|ROW|END_'
used=$(grep -rhoE --include='*.[ch]' '\bSHOP_LOG_[A-Z0-9_]+' "$srcdir/mod_shop" "$srcdir/tools" |
    sed 's/^SHOP_LOG_//' | grep -vxE "$levels" | sort -u)
while read -r name; do
    [[ -z $name || $name == H ]] && continue
    echo "docs: SHOP_LOG_$name is used and not in log.def"
    bad=1
done < <(comm -23 <(echo "$used") <(cut -d' ' -f2 <<<"$rows" | sort))

# Indexes and Redis keys: each has a row in its page.
# Those of records as well, which no text of the code names.
indexes=$("$builddir/gendocs" indexes)
keys=$(grep -vE '^ ?[/*]' "$srcdir/mod_shop/hosts/redis_keys.h" | grep -oE '"(%sr:|[a-z]+:?)' | tr -d '"' |
    sed 's/^%s//' | sort -u)
if (($(wc -l <<<"$indexes") < 20 || $(wc -l <<<"$keys") < 6)); then
    echo 'docs: hardly an index or a Redis key found: the search is broken'
    bad=1
fi
indexes_of() { # COLLECTION : the rows of the table of indexes in its section
    awk -v title="## $1" '/^## / { in_section = $0 == title; in_table = 0 }
        in_section && /^\| Index/ { in_table = 1 }
        in_table && /^\|/' "$srcdir/docs/collections.md"
}
while read -r collection name; do
    if ! indexes_of "$collection" | grep -q -- "^|.*\`$name\`"; then
        echo "docs: the section $collection of docs/collections.md has no index $name"
        bad=1
    fi
done <<<"$indexes"
for name in $(grep -rhoE '\.collection = "[a-z_]+"' "$srcdir/mod_shop" | cut -d'"' -f2 | sort -u); do
    if ! grep -qx -- "## $name" "$srcdir/docs/collections.md"; then
        echo "docs: docs/collections.md has no section $name"
        bad=1
    fi
done
for name in $keys; do
    if ! grep -q -- "^| \`$name" "$srcdir/docs/redis-keys.md"; then
        echo "docs: docs/redis-keys.md does not name the key $name"
        bad=1
    fi
done

# Decisions.
doubled=$(cd -- "$srcdir/docs/adr" && printf '%s\n' *.md | cut -c1-3 | sort | uniq -d)
if [[ -n $doubled ]]; then
    echo "docs: two decisions have the number $doubled"
    bad=1
fi
for page in "$srcdir"/docs/adr/*.md; do
    if ! sed -n '3,5p' "$page" | tr '\n' ' ' |
        grep -qE '^Status: (proposed|accepted|rejected|superseded).* Date: [0-9]{4}-[0-9]{2}-[0-9]{2}\.'; then
        echo "docs: ${page#"$srcdir/"} has no status and date below its title"
        bad=1
    fi
done
exit "$bad"
