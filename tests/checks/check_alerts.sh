#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The alert rules and the dashboard: promtool accepts the rules and their tests, every metric, route,
# code and log number that they name exists, every alert is tested, and docs/alerts.md has a section
# for each with the severity and the time of the rule. Without promtool (Debian: prometheus) the check
# is skipped, which scripts/test counts as a failure.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
cd -- "$srcdir"
rules=packaging/prometheus/mod_shop.rules.yml
tests=tests/alerts/mod_shop.rules.test.yml
dashboard=packaging/grafana/mod_shop.json
page=docs/alerts.md
bad=0

known() { # WHAT PATTERN KNOWN-LIST : each match of PATTERN in the files is a line of KNOWN-LIST
    local name found

    found=$(grep -ohE "$2" "$rules" "$dashboard" | sort -u || true)
    if [[ -z $found ]]; then
        echo "alerts: no $1 found: the search is broken"
        bad=1
    fi
    while read -r name; do
        [[ -z $name ]] && continue
        if ! grep -qxF -- "$name" <<<"$3"; then
            echo "alerts: $name is no $1"
            bad=1
        fi
    done <<<"$found"
}

metrics=$(sed -nE 's/^SHOP_METRIC(_COUNTER)?\((mod_shop_[a-z_]+),.*/\2/p' mod_shop/metrics/metrics.def)
histograms=$(sed -nE 's/^SHOP_METRIC\((mod_shop_[a-z_]+), histogram,.*/\1/p' mod_shop/metrics/metrics.def)
numbers=$(sed -nE 's/^SHOP_LOG_ROW\(([0-9]+),.*/\1/p' mod_shop/base/log.def | xargs printf 'SHOP%04d\n')
series=$(while read -r name; do printf '%s\n' "${name}_bucket" "${name}_sum" "${name}_count"; done <<<"$histograms")
known metric '\bmod_shop_[a-z_]+' "$metrics
$series"
known 'number of the log' 'SHOP[0-9]{4}' "$numbers"

named() { # LABEL : the values of a label in the rules and the dashboard, one a line
    grep -ohE "\\b$1(=|=~|!~)\\\\?\"[A-Za-z0-9_|]+" "$rules" "$dashboard" | sed -E 's/.*"//' | tr '|' '\n' |
        sort -u
}
for name in $(named route); do
    grep -q "\"operationId\": *\"$name\"" docs/openapi.json || {
        echo "alerts: there is no route $name"
        bad=1
    }
done
for name in $(named problem); do
    grep -q "\"$name\"" mod_shop/base/errors.def || {
        echo "alerts: there is no problem $name"
        bad=1
    }
done

# one line an alert: its name, severity and time
alerts=$(awk '$2 == "alert:" { name = $3; time = "at once"; severity = "" }
    $1 == "for:" { time = "after " $2 }
    $1 == "severity:" { print name ": " $2 ", " time }' "$rules")
explained=$(awk '/^## / { name = $2 }
    /^\*\*(critical|warning|info)/ { sub(/^\*\*/, ""); sub(/\.\*\*.*/, ""); print name ": " $0 }' "$page")
if ! diff -u --label "$page" --label "$rules" <(sort <<<"$explained") <(sort <<<"$alerts"); then
    echo "alerts: $page does not have the alerts of $rules"
    bad=1
fi
while read -r name; do
    grep -q "alertname=\"$name\"" "$tests" || {
        echo "alerts: no test lets $name fire"
        bad=1
    }
done < <(cut -d: -f1 <<<"$alerts")
((bad == 0)) || exit 1

command -v promtool >/dev/null || {
    echo 'alerts: promtool is missing (Debian: prometheus)'
    exit 77
}
# the dashboard is JSON, and its queries are PromQL: each becomes a rule that promtool reads
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 - "$dashboard" >"$work/queries.yml" <<'END'
import json
import sys

with open(sys.argv[1]) as f:
    panels = json.load(f)['panels']
queries = [t['expr'] for p in panels for t in p.get('targets', ())]
assert len(queries) > 10, 'hardly a query found'
print('groups:\n  - name: dashboard\n    rules:')
for i, query in enumerate(queries):
    text = query.replace('$__rate_interval', '5m').replace('$shop', '.*')
    print('      - record: query:%d\n        expr: %s' % (i, json.dumps(text)))
END
promtool check rules "$work/queries.yml"
promtool check rules "$rules"
promtool test rules "$tests"
