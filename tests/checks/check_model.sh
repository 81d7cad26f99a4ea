#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# spin finds no error in the order protocol, and one in each weakened form of it.
set -euo pipefail

srcdir=${srcdir:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
exec bash "$srcdir/tests/model/run"
