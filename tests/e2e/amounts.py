# SPDX-License-Identifier: MIT
"""How much the big tests do: SHOP_PROVE=1 (scripts/prove sets it) is the full number, otherwise a short one. Nobody
else reads that variable. A figure is printed only behind the last assertion of its test."""
import os

PROVE = os.environ.get('SHOP_PROVE', '') not in ('', '0')


def amount(short, full):
    return full if PROVE else short


def figure(promise, text):
    """One line of what was measured; scripts/prove collects these."""
    print('figure %s: %s' % (promise, text), flush=True)
