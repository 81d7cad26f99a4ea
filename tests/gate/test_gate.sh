#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: tests/gate/test_gate.sh URI [ROUNDS [stale]]
#
# The store at URI passes the gate, and the gate can fail: the same purchases
# run as read-then-write are found out, on the same store, and so is a unique
# value that is not given up. With "stale" the store is one that is known to
# keep values an update gave up (SecantusDB's Rust twin): the gate must find
# that out, and let it pass only when told to tolerate it.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
store=$here/../../scripts/store
uri=${1:?usage: tests/gate/test_gate.sh URI [ROUNDS [stale]]}
rounds=${2:-20}
known=${3:-}
tolerate=()
case $known in
'') ;;
stale) tolerate=(--tolerate-stale-unique) ;;
*)
    printf 'test_gate.sh: %s: not "stale"\n' "$known" >&2
    exit 2
    ;;
esac
said='^unique value given up:'
free='by update free, by delete free'
taken='by update STILL TAKEN, by delete STILL TAKEN'
passed=0
failed=0

# expect STATUS WHAT PATTERN COMMAND... : COMMAND ends with STATUS, and its
# output has a line that matches PATTERN.
expect() {
    local wanted=$1 what=$2 pattern=$3 status=0 output

    shift 3
    output=$("$@" 2>&1) || status=$?
    if [ "$status" -eq "$wanted" ] && grep -qE -- "$pattern" <<<"$output"; then
        printf 'ok      %s\n' "$what"
        passed=$((passed + 1))
    else
        printf 'FAILED  %s: exit %s, wanted %s and a line like "%s"\n%s\n' \
            "$what" "$status" "$wanted" "$pattern" "$output"
        failed=$((failed + 1))
    fi
}

expect 0 "the store is atomic in $rounds rounds" \
    "^round $rounds: 200 takes of 50 units: 50 modified, 150 refused, 0 errors, stock 0, " \
    "$store" gate "$uri" --rounds "$rounds" "${tolerate[@]}"
if [ -z "$known" ]; then
    expect 0 "a unique value given up is free, by update and by delete, one field and two" \
        "$said one field $free; two fields $free\$" \
        "$store" gate "$uri" --rounds 1 --threads 10
else
    expect 1 "this store keeps unique values given up, and is found out" \
        "$said .*STILL TAKEN.* WRONG\$" \
        "$store" gate "$uri" --rounds 1 --threads 10
    expect 0 "it passes when that is tolerated, and it is said" \
        "$said .*STILL TAKEN.* \(tolerated\)\$" \
        "$store" gate "$uri" --rounds 1 --threads 10 --tolerate-stale-unique
fi
expect 1 "a unique value that stays taken is found out" \
    '^q0: UNFIT: a unique value that its document gave up stays taken' \
    "$store" gate "$uri" --rounds 1 --threads 10 --selftest-stale
expect 1 "each of the four ways is looked at" \
    "$said one field $taken; two fields $taken WRONG\$" \
    "$store" gate "$uri" --rounds 1 --threads 10 --selftest-stale
expect 0 "tolerated, it is only said" ' \(tolerated\)$' \
    "$store" gate "$uri" --rounds 1 --threads 10 --selftest-stale --tolerate-stale-unique
expect 1 "tolerating that tolerates nothing else" 'q0: NOT ATOMIC' \
    "$store" gate "$uri" --rounds 5 --selftest-broken --tolerate-stale-unique
expect 1 "read-then-write is found out: oversold" 'stock -[1-9][0-9]*, [0-9]+ ms WRONG' \
    "$store" gate "$uri" --rounds 5 --selftest-broken
expect 1 "a missing unique index is found out" 'unique key: 200 inserted, .* WRONG' \
    "$store" gate "$uri" --rounds 5 --selftest-broken
expect 2 "no store: could not find out" 'could not find out' \
    "$store" gate 'mongodb://127.0.0.1:1/' --rounds 1
expect 2 "no URI: could not find out" 'not a MongoDB URI' \
    "$store" gate 'http://127.0.0.1/' --rounds 1

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
