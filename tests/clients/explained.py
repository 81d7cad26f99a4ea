# SPDX-License-Identifier: MIT
"""Why the shop answers other than a request's schema says: what JSON Schema cannot say, or what depends on the state of
the shop. One row each, as narrow as its reason; what no row names is a failure. tests/clients/run prints how often each
row was used, and which never."""
import atexit
import collections
import json
import os
import re
import unicodedata

PRODUCT = ('createProduct', 'changeProduct', 'replaceProduct')
COUPON = ('createCoupon', 'changeCoupon')
LISTS = ('listCoupons', 'listOrders', 'listProducts', 'listFeaturedProducts', 'listStockMovements')
NAMES = ('register', 'editMe')
ORDER = ('placeOrder', 'quoteCart')
# those with If-Match
CONDITIONAL = ('editMe', 'clearCart', 'removeCartLine', 'setCartLine', 'deleteCoupon', 'changeCoupon', 'changeOrder',
               'deleteProduct', 'changeProduct', 'replaceProduct')

# Of whole requests: operations, status, code of the problem, reason
PROBLEMS = (
    (CONDITIONAL, 412, 'precondition_failed', 'If-Match names another representation'),
    (('changeProduct', 'replaceProduct'), 422, 'stock_not_editable', 'another stock than the present one'),
    (('addToCart',), 422, 'cart_full', 'the cart has 100 lines'),
    (('addToCart', 'setCartLine', 'quoteCart', 'placeOrder'), 422, 'amount_too_large', 'a sum over lines'),
    (('placeOrder',), 422, 'coupon_not_applicable', 'depends on the coupon and the cart'),
    (('placeOrder', 'moveStock', 'refundOrder'), 422, 'idempotency_mismatch', 'the key was used for another request'),
)

# Of one member or parameter, in a 422: operations, pointer, code of the violation, start of the detail, reason
VIOLATIONS = (
    (LISTS, r'\?cursor', 'format', 'is not a cursor', 'a cursor is opaque: only what a list gave out'),
    (('listOrders',), r'\?user_id', 'unknown', 'is for admins', 'for admins'),
    (('listProducts',), r'\?sort', 'enum', 'relevance needs', 'relevance goes with q only'),
    (('listProducts',), r'\?(min|max)_price', 'decimals', '', 'two decimals: multipleOf is inexact in doubles'),
    (('listProducts',), r'\?(min|max)_price', 'format', 'must be a plain', 'money is written without an exponent'),
    (PRODUCT, '/price', 'decimals', '', 'two decimals: multipleOf is inexact in doubles'),
    (PRODUCT, '/price', 'format', 'must be a plain', 'money is written without an exponent'),
    (COUPON, '/(min_purchase|max_discount)', 'decimals', '', 'two decimals: multipleOf is inexact in doubles'),
    (COUPON, '/(min_purchase|max_discount)', 'format', 'must be a plain', 'money is written without an exponent'),
    (('placeOrder',), '/expected_total', 'decimals', '', 'two decimals: multipleOf is inexact in doubles'),
    (('placeOrder',), '/expected_total', 'format', 'must be a plain', 'money is written without an exponent'),
    (('refundOrder',), '/amount', 'decimals', '', 'two decimals: multipleOf is inexact in doubles'),
    (('refundOrder',), '/amount', 'format', 'must be a plain', 'money is written without an exponent'),
    (COUPON, '/valid_until', 'range', 'must be after', 'until is after from'),
    (COUPON, '/valid_(from|until)', 'format', '', 'times from 1970 to 9999, no leap seconds'),
    (('moveStock',), '/delta', 'required', '', 'either delta or set'),
    (('moveStock',), '/set', 'conflict', '', 'either delta or set'),
    (('moveStock',), '/delta', 'too_large', 'would raise', 'with the present stock'),
    (('addToCart',), '/quantity', 'too_large', 'would make', 'with the units that the line has already'),
    (('changeOrder',), '/tracking_number', 'unknown', 'goes with', 'not with a cancelled order'),
    (('register',), '/password', 'common', '', 'one of the most common passwords'),
    (('changePassword',), '/new_password', 'common', '', 'one of the most common passwords'),
    (('changePassword',), '/current_password', 'wrong', '', 'not the password'),
    (('register', 'editMe', 'login'), '/email', 'format', '', 'domains by IDNA; no quoted local parts, no IP addresses'),
    (PRODUCT, '/image_url', 'format', 'must be an http', 'http, https or an absolute path'),
    (NAMES, '/username', 'format', 'must be letters', 'invisible characters alone'),
)

COMMA = 'a made-up token with a comma: httpd joins repeated fields so, and no token has one'
PLANE_14 = 'blank by tags or variation selectors of plane 14, which the pattern leaves out'
UNASSIGNED = 'accepted: a username with code points that Unicode has not assigned yet'

uses = collections.Counter()


def rows():
    """The key and the reason of every row."""
    for operations, status, code, why in PROBLEMS:
        yield '%s %d %s' % (','.join(operations), status, code), why
    for operations, pointer, code, _, why in VIOLATIONS:
        yield '%s 422 %s %s' % (','.join(operations), pointer, code), why
    yield '400 bad_request Authorization', COMMA
    yield '422 format must not be blank', PLANE_14
    yield 'register,editMe 2xx /username', UNASSIGNED


def use(key):
    uses[key] += 1
    return True


def _value(pointer, case):
    if pointer.startswith('?'):
        return (case.query or {}).get(pointer[1:])
    value = case.body
    for name in pointer.split('/')[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_blank(text):
    return isinstance(text, str) and any(0xe0000 <= ord(c) < 0xe1000 for c in text)


def _violation(operation, violation, case):
    for operations, pointer, code, detail, _ in VIOLATIONS:
        if (operation in operations and re.fullmatch(pointer, violation['pointer']) and violation['code'] == code
                and violation['detail'].startswith(detail)):
            return '%s 422 %s %s' % (','.join(operations), pointer, code)
    if (violation['code'] == 'format' and violation['detail'] == 'must not be blank'
            and _is_blank(_value(violation['pointer'], case))):
        return '422 format must not be blank'
    return None


def explained(operation, status, problem, case):
    """Is there a row for this refusal of a valid request?"""
    for operations, of_status, code, _ in PROBLEMS:
        if operation in operations and status == of_status and problem.get('code') == code:
            return use('%s %d %s' % (','.join(operations), status, code))
    if status == 400 and problem.get('detail') == 'send exactly one Authorization header field':
        return ',' in (case.headers or {}).get('Authorization', '') and use('400 bad_request Authorization')
    errors = problem.get('errors') or []
    if status != 422 or problem.get('code') != 'validation_failed' or not errors:
        return False
    keys = [_violation(operation, e, case) for e in errors]
    return all(keys) and all(use(key) for key in keys)


def accepted(operation, case):
    """Is there a row for this invalid request, which was carried out?"""
    name = case.body.get('username') if operation in NAMES and isinstance(case.body, dict) else None
    return (isinstance(name, str) and 2 <= len(name.strip()) <= 64
            and any(unicodedata.category(c) == 'Cn' for c in name)
            and all(unicodedata.category(c)[0] in 'LM' or unicodedata.category(c) in ('Nd', 'Cn') or c in '_.-'
                    for c in name.strip())
            and use('register,editMe 2xx /username'))


def _keep():
    with open(os.environ['SHOP_EXPLAINED_USES'], 'w') as out:
        json.dump(uses, out)


if 'SHOP_EXPLAINED_USES' in os.environ:
    atexit.register(_keep)
