#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: tests/gate/test_gate.sh URI [ROUNDS]
#
# The store at URI passes the atomicity gate, and the gate can fail: the same
# purchases run as read-then-write are found out, on the same store.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
store=$here/../../scripts/store
uri=${1:?usage: tests/gate/test_gate.sh URI [ROUNDS]}
rounds=${2:-20}
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
    "$store" gate "$uri" --rounds "$rounds"
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
