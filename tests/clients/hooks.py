# SPDX-License-Identifier: MIT
"""What schemathesis must know of this shop: who asks, and which answers that differ from the schema are explained."""
import itertools, json, os, threading, urllib.request
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from explained import accepted, explained

API = os.environ['SHOP_API']
ROLE = os.environ.get('SHOP_ROLE', 'admin')
# operations that end or change the session they are called with: each gets a user of its own
SPENT = {'logout', 'refresh', 'editMe', 'changePassword'}
_lock = threading.Lock()
_number = itertools.count(1)
_kept = {}


def ask(method, path, body=None, token=None):
    r = urllib.request.Request(API + path, json.dumps(body).encode() if body is not None else None, method=method)
    if body is not None:
        r.add_header('Content-Type', 'application/json')
    if token:
        r.add_header('Authorization', 'Bearer ' + token)
    with urllib.request.urlopen(r) as answer:
        return json.load(answer)


def somebody():
    n = '%d-%d' % (os.getpid(), next(_number))
    who = {'email': 'fuzz-%s@example.com' % n, 'password': 'pass word of ' + n}
    ask('POST', '/auth/register', {**who, 'username': 'fuzz-' + n})
    return ask('POST', '/auth/login', who)


def kept():
    with _lock:
        if ROLE not in _kept:
            if ROLE == 'admin':
                _kept[ROLE] = ask('POST', '/auth/login', {'email': os.environ['SHOP_ADMIN_EMAIL'], 'password': os.environ['SHOP_ADMIN_PASSWORD']})
            else:
                _kept[ROLE] = somebody()
        return _kept[ROLE]


def operation_of(case):
    return case.operation.definition.raw.get('operationId')


@schemathesis.auth(refresh_interval=None)
class Auth:
    def get(self, case, ctx):
        if ROLE == 'nobody':
            return None
        name = operation_of(case)
        if name in SPENT:
            pair = somebody()
            return pair['refresh_token'] if name == 'refresh' else pair['access_token']
        return kept()['access_token']

    def set(self, case, data, ctx):
        case.headers = {**(case.headers or {}), 'Authorization': 'Bearer ' + data}


@schemathesis.check
def accepted_or_explained(ctx, response, case):
    try:
        return positive_data_acceptance(ctx, response, case)
    except AssertionError:
        if explained(operation_of(case), response.status_code, response.json(), case):
            return None
        raise


@schemathesis.check
def rejected_or_explained(ctx, response, case):
    try:
        return negative_data_rejection(ctx, response, case)
    except AssertionError:
        if accepted(operation_of(case), case):
            return None
        raise
