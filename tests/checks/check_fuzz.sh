#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Replays every fuzz target's corpus. A target without a corpus, or a corpus without a target, is
# an error.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
builddir=${builddir:-$srcdir}
bad=0

targets=$(cd -- "$srcdir/tests/fuzz" && printf '%s\n' fuzz_*.c | sed -E 's/^fuzz_(.*)\.c$/\1/' | sort)
corpora=$(cd -- "$srcdir/tests/fuzz/corpus" && printf '%s\n' * | sort)
if [[ $targets != "$corpora" ]]; then
    printf 'fuzz: targets and corpora differ:\n%s\n' "$(comm -3 <(echo "$targets") <(echo "$corpora"))"
    bad=1
fi
for target in $targets; do
    if said=$("$builddir/tests/fuzz/replay_$target" "$srcdir/tests/fuzz/corpus/$target" 2>&1); then
        echo "$target: ${said##*$'\n'}"
    else
        echo "fuzz: $target failed; the last file is the culprit:"
        tail -n 20 <<<"$said"
        bad=1
    fi
done
exit "$bad"
