# SPDX-License-Identifier: MIT
"""How much the big tests do: SHOP_PROVE=1 (scripts/prove sets it) is the full number, otherwise a short one. Nobody
else reads that variable."""
import os

PROVE = os.environ.get('SHOP_PROVE', '') not in ('', '0')


def amount(short, full):
    return full if PROVE else short


def figure(test, promise, text):
    """One line of what was measured, for the end of a test; scripts/prove collects these. None if a subtest failed."""
    if test._outcome.success:
        print('figure %s: %s' % (promise, text), flush=True)
