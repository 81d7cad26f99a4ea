# SPDX-License-Identifier: MIT
"""Why the shop refuses a request that is valid by its schema: what JSON Schema cannot say, or what depends on the state
of the shop. One row each; a refusal that no row names is a failure. Pointers and codes are regular expressions over a
violation's pointer and code."""
import re

# code of the problem -> reason
CODES = {
    'precondition_failed': 'If-Match names another representation',
    'stock_not_editable': 'a PUT with another stock than the present one',
    'cart_full': 'the cart has 100 lines',
    'amount_too_large': 'a sum over lines',
    'coupon_not_applicable': 'depends on coupon and cart',
    'idempotency_mismatch': 'the key was used for another request',
}

# (pointer, code, reason)
VIOLATIONS = [(re.compile(p), re.compile(c), why) for p, c, why in (
    (r'\?cursor', r'.*', 'a cursor is opaque: only what a list gave out'),
    (r'\?user_id', r'unknown', 'for admins'),
    (r'\?sort', r'.*', 'relevance goes with q only'),
    (r'.*(price|amount|total|min_purchase|max_discount)', r'decimals|format|exponent|type',
     'two decimals at most: multipleOf is inexact in doubles'),
    (r'/valid_(from|until)', r'.*', 'until after from; times from 1970 to 9999, no leap seconds'),
    (r'/(set|delta)', r'.*', 'either delta or set'),
    (r'/quantity', r'range', 'a line has 10,000 units at most, with those it has already'),
    (r'/(status|tracking_number|note)', r'.*', 'depends on the status of the order'),
    (r'/(password|new_password)', r'common', 'one of the most common passwords'),
    (r'/current_password', r'wrong', 'not the password'),
    (r'/email', r'format', 'the form of e-mail addresses is narrower than JSON Schema\'s'),
    (r'/image_url', r'format', 'http, https or an absolute path'),
    (r'[/?].*', r'format|control|nul|characters', 'control, separator and other characters that text must not hold'),
)]


def explained(problem):
    if problem.get('code') in CODES:
        return True
    if problem.get('detail') == 'send exactly one Authorization header field':
        return True             # a made-up token with a comma: httpd joins repeated fields so, and no token has one
    errors = problem.get('errors') or []
    return problem.get('code') in ('validation_failed', 'malformed_json') and bool(errors) and all(
        any(p.fullmatch(e['pointer']) and c.fullmatch(e['code']) for p, c, _ in VIOLATIONS) for e in errors)
