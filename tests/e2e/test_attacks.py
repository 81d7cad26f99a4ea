# SPDX-License-Identifier: MIT
"""The attack list, played from attacks.json.

A case: `row`, `name`; where it goes: `on` (a route's name, a list, or a set) or `method` and `path`; who sends it:
`as` (none, user, admin, other, idle) or `token` (a forged one, see tokens.py). The body is the route's valid one,
changed by `member` (values), `text_member` (JSON text in place), `without`, `each_text` (every text member in turn),
`each_unknown` (every name in turn that the route does not know), or it is `body`, a list of parts: text, {"hex"},
{"repeat","times"}, {"nest"}, {"members","stem"}, {"pad_valid"}. `raw` is a whole request in such parts. ${name} is
filled in. Wanted: `expect`, `code`, `pointer`, `reason`, `lines`, `max_ms`, `closed`, `no_header`, `empty`; `log` names
messages of httpd's own. Unless `changes` is set or a 2xx is wanted, what the shop shows must be the same afterwards.
A `scenario` is a method here, for what is no single request.
"""
import copy
import json
import os
import re
import select
import socket
import unittest
from string import Template

from client import at_once, send_raw, stamp
from env import REFRESH_REUSED, ShopCase
from tokens import forge, key_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, 'attacks.json'), encoding='utf-8') as _f:
    LIST = json.load(_f)
WANTED_ROWS = (list(range(1, 16)) + list(range(21, 32)) + [33, 38] + list(range(43, 50)) + list(range(55, 59)) +
               list(range(62, 66)) + list(range(75, 79)))
PRINTABLE = [chr(c) for c in range(33, 127) if chr(c) not in '"\\']


def fill(value, names):
    if isinstance(value, str):
        return Template(value).safe_substitute(names)
    if isinstance(value, list):
        return [fill(v, names) for v in value]
    if isinstance(value, dict):
        return {k: fill(v, names) for k, v in value.items()}
    return value


def member_names(n, stem):
    if stem:
        return ['%s%04d' % (stem, i) for i in range(n)]
    short = PRINTABLE + [a + b for a in PRINTABLE for b in PRINTABLE]
    return short[:n]


def text_members(body, at=()):
    """Pointers (as tuples) to every text in a body."""
    for k, v in body.items():
        if isinstance(v, str):
            yield at + (k,)
        elif isinstance(v, dict):
            yield from text_members(v, at + (k,))


def with_member(body, path, value):
    body = copy.deepcopy(body)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return body


def pointer_of(path):
    return ''.join('/' + p.replace('~', '~0').replace('/', '~1') for p in path)


class Attacks(ShopCase):
    ran, variants, rows_run = 0, 0, set()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shop = cls.shop
        cls.admin, cls.user, cls.other, cls.idle = (shop.admin(), shop.new_customer(), shop.new_customer(),
                                                    shop.new_customer())
        cls.nobody = shop.anonymous()
        cls.product = shop.add_product(name='Umbrella', price=20.00, stock=1000)
        cls.scarce = shop.add_product(name='Rare stamp', price=5.00, stock=3)
        cls.plain = shop.add_product(name='Spoon', price=20.00, stock=1000)   # no case changes this one
        cls.coupon = shop.add_coupon('TEN')
        shop.put_in_cart(cls.user, cls.product['id'])
        cls.order = shop.must(shop.place(cls.user), 201).json
        shop.put_in_cart(cls.user, cls.product['id'])
        cls.key = key_bytes(cls.env.key, cls.user.token)
        cls.spare = shop.new_customer()                 # its refresh token is for forging only
        cls.trap = socket.create_server(('127.0.0.1', 0))
        cls.addClassCleanup(cls.trap.close)
        token = cls.user.token
        half = token.index('.') + 5
        login = json.dumps({'email': cls.user.credentials['email'], 'password': cls.user.credentials['password']})
        cls.names = {
            'product': cls.product['id'], 'scarce': cls.scarce['id'], 'order': cls.order['id'],
            'other_id': cls.other.user['id'], 'user_token': token, 'user_token_1': token[:half],
            'user_token_2': token[half:], 'long_token': 'a' * 8000, 'kilobyte': 'a' * 1024,
            'url_2049': 'https://example.com/' + 'a' * (2049 - 20), 'trap_port': str(cls.trap.getsockname()[1]),
            'login_chunk': '%x\r\n%s' % (len(login), login)}
        cls.known = None

    @classmethod
    def tearDownClass(cls):
        print('attack list: %d cases, %d requests or scenarios, rows %s' % (
            cls.ran, cls.variants, ' '.join(map(str, sorted(cls.rows_run)))), flush=True)
        super().tearDownClass()

    def who(self, name):
        return {'none': self.nobody, 'user': self.user, 'admin': self.admin, 'other': self.other,
                'idle': self.idle}[name]

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self):
        looked_at = [(self.admin, '/products?limit=100'), (self.admin, '/products/' + self.product['id']),
                     (self.admin, '/products/' + self.scarce['id']), (self.admin, '/coupons?limit=100'),
                     (self.admin, '/orders?limit=100'), (self.admin, '/orders/' + self.order['id']),
                     (self.user, '/cart'), (self.user, '/auth/me'), (self.other, '/cart'), (self.idle, '/cart')]
        return {who.user['id'] + ' ' + path: (r.status, r.text) for who, path in looked_at
                for r in (who.get(path),)}

    # -- a case becomes requests -----------------------------------------------------------------------------------

    def routes_of(self, case):
        if 'method' in case:
            return [dict(method=case['method'], path=case['path'], **({'as': case['as']} if 'as' in case else {}))]
        on = case['on']
        names = LIST['sets'][on] if isinstance(on, str) and on in LIST['sets'] else [on] if isinstance(on, str) else on
        return [dict(LIST['routes'][r], name=r) if isinstance(r, str) else dict(r) for r in names]

    def bytes_of(self, parts, valid, names):
        out = b''
        for part in [parts] if isinstance(parts, (str, dict)) else parts:
            if isinstance(part, str):
                out += (valid if part == '${valid}' else Template(part).safe_substitute(names)).encode()
            elif 'hex' in part:
                out += bytes.fromhex(part['hex'])
            elif 'repeat' in part:
                out += part['repeat'].encode() * part['times']
            elif 'nest' in part:
                out += b'{"a":' * (part['nest'] - 1) + b'{}' + b'}' * (part['nest'] - 1)
            elif 'members' in part:
                listed = member_names(part['members'], part.get('stem'))
                out += ('{' + ','.join('"%s":1' % n for n in listed) + '}').encode()
                self.assertLessEqual(len(out), 65536)
            elif 'pad_valid' in part:
                out += valid[:-1].encode() + b' ' * (part['pad_valid'] - len(valid)) + b'}'
            else:
                raise AssertionError('unknown part %r' % part)
        return out

    def bodies_of(self, case, route, names):
        """(label, bytes or None, pointer wanted) for each variant of the body."""
        valid = fill(copy.deepcopy(route.get('body', route.get('json'))), names)
        if valid is not None:
            for name in case.get('without', ()):
                valid.pop(name, None)
            for name, value in fill(case.get('member', {}), names).items():
                valid[name] = value
        text = None if valid is None else json.dumps(valid)
        if 'body' in case:
            yield '', self.bytes_of(case['body'], text or '{}', names), None
        elif 'text_member' in case:
            for name, value in case['text_member'].items():
                valid[name] = '@@here@@'
            text = json.dumps(valid)
            for value in case['text_member'].values():
                text = text.replace('"@@here@@"', value, 1)
            yield '', text.encode(), None
        elif 'each_text' in case:
            for path in text_members(valid):
                yield pointer_of(path), json.dumps(with_member(valid, path, case['each_text'])).encode(), \
                    pointer_of(path)
        elif 'each_unknown' in case:
            for name in case['each_unknown']:
                if name not in valid and name not in route.get('also', ()):
                    yield repr(name), json.dumps({**valid, name: 1}).encode(), pointer_of((name,))
        else:
            yield '', None if text is None else text.encode(), None

    def token_for(self, case, route):
        who = self.who(case.get('as') or route.get('as', 'user'))
        if 'token' not in case:
            return who.token
        spec = fill(case['token'], self.names)
        source = self.spare.refresh_token if spec.get('of') == 'refresh' else \
            (self.admin if route.get('as') == 'admin' else self.user).token
        made = forge(self.key, source, spec)
        self.env.secrets.add(made)
        return made

    def requests_of(self, case):
        """Every request of a case: (label, function that sends it, pointer)."""
        if 'raw' in case:
            data = self.bytes_of(case['raw'], '', self.names)

            def send_it():
                return send_raw(self.env, data)
            yield 'raw', send_it, None
            return
        names = {**self.names, **case.get('let', {})}
        for route in self.routes_of(case):
            path = Template(route['path']).safe_substitute(names)
            if 'query' in case:
                path += ('&' if '?' in path else '?') + Template(case['query']).safe_substitute(names)
            for label, body, pointer in self.bodies_of(case, route, names):
                headers = fill(case.get('header_pairs', []), names) or list(
                    fill(case.get('headers', {}), names).items())
                if body is not None and not any(k.lower() == 'content-type' for k, _ in headers):
                    headers.append(('Content-Type', 'application/json'))
                token = self.token_for(case, route)

                def send_it(route=route, path=path, body=body, headers=headers, token=token):
                    return self.nobody.request(route['method'], path, body=body, headers=headers, token=token,
                                               prefix='')
                yield '%s %s %s' % (route['method'], re.sub(r'\?.*', '', path), label), send_it, pointer

    # -- judging ---------------------------------------------------------------------------------------------------

    def judge_answer(self, case, r, pointer):
        expect = case['expect'] if isinstance(case['expect'], list) else [case['expect']]
        if r.status < 400:
            self.assert_status(r, *expect)
        else:
            p = self.assert_problem(r, expect, case.get('code'), form=case.get('form', True))
            pointer = case.get('pointer', pointer)
            if p and pointer is not None and p['code'] == 'validation_failed':
                found = [e['pointer'] for e in p['errors']]
                self.assertTrue(any(f == pointer or f.startswith(pointer + '/') for f in found),
                                '%s is not among %s' % (pointer, found))
            if p and 'reason' in case:
                self.assertEqual(p.get('reason'), case['reason'])
            if p and 'lines' in case:
                self.assertEqual(p.get('lines'), fill(case['lines'], self.names))
        if case.get('empty'):
            self.assertEqual(r.json['items'], [])
        if 'no_header' in case:
            self.assertEqual(r.all(case['no_header']), [])

    def judge_raw(self, case, raw):
        self.assertEqual(len(raw.final), 1, 'wanted one answer: %r' % raw.data[:400])
        if case.get('no_interim'):
            self.assertEqual(len(raw.responses), 1, 'an interim answer asked for the body')
        if case.get('closed') or raw.final[0].status == 400:
            self.assertTrue(raw.closed, 'the connection stayed open')
        return raw.final[0]

    def play(self, case):
        if 'scenario' in case:
            type(self).variants += 1
            getattr(self, case['scenario'])()
            type(self).known = None
            return
        keeps = not case.get('changes')
        before = (self.known or self.state()) if keeps else None
        self.expect_log(*case.get('log', ()))
        count = 0
        for label, send_it, pointer in self.requests_of(case):
            count += 1
            with self.subTest(row=case['row'], case=case['name'], request=label):
                best = bound = None
                for _ in range(30):
                    r = send_it()
                    if 'max_ms' not in case:
                        break
                    best = min(best or 9e9, r.elapsed * 1000)
                    beside = self.env.shop.anonymous().get('/ok.txt', prefix='').elapsed * 1000
                    bound = case['max_ms'] + min(5 * beside, 2 * case['max_ms'])
                    if best <= bound:
                        break
                if 'raw' in case:
                    r = self.judge_raw(case, r)
                elif case.get('closed'):
                    self.assertEqual((r.header('connection') or '').lower(), 'close')
                self.judge_answer(case, r, pointer)
                if best is not None:
                    self.assertLessEqual(best, bound, 'took too long')
        type(self).variants += count
        self.assertGreater(count, 0, 'the case %r made no request' % case['name'])
        if keeps:
            after = self.state()
            type(self).known = after
            with self.subTest(row=case['row'], case=case['name'], request='state'):
                for where, seen in before.items():
                    self.assertEqual(after[where], seen, 'changed: ' + where)
        else:
            type(self).known = None

    def play_row(self, row):
        cases = [c for c in LIST['cases'] if c['row'] == row]
        self.assertTrue(cases, 'the attack list has a row %d without a case' % row)
        for case in cases:
            type(self).ran += 1
            self.rows_run.add(row)
            with self.subTest(row=row, case=case['name']):
                self.play(case)
        self.assertFalse(select.select([self.trap], [], [], 0)[0], 'the server followed an address in a token')

    # -- scenarios -------------------------------------------------------------------------------------------------

    def after_logout(self):
        c = self.shop.new_customer()
        self.assert_status(c.post('/auth/logout'), 200)
        self.refused_everywhere(c.token, 'token_revoked')
        self.assert_problem(self.nobody.post('/auth/refresh', token=c.refresh_token), 401, 'token_revoked')

    def refused_everywhere(self, token, code):
        for method, path, body in (('GET', '/auth/me', None), ('GET', '/cart', None), ('GET', '/orders', None),
                                   ('POST', '/cart', {'product_id': self.plain['id'], 'quantity': 1}),
                                   ('POST', '/auth/logout', None)):
            with self.subTest(request=method + ' ' + path):
                extra = {'json_body': body} if body else {}
                self.assert_problem(self.nobody.request(method, path, token=token, **extra), 401, code)

    def after_family_revoked(self):
        self.expect_log(*REFRESH_REUSED)
        c = self.shop.new_customer()
        second = self.assert_status(self.nobody.post('/auth/refresh', token=c.refresh_token), 200).json
        pair = self.assert_status(self.nobody.post('/auth/refresh', token=second['refresh_token']), 200).json
        self.assert_problem(self.nobody.post('/auth/refresh', token=c.refresh_token), 401, 'token_revoked')
        self.refused_everywhere(pair['access_token'], 'token_revoked')
        self.refused_everywhere(c.token, 'token_revoked')
        self.assert_problem(self.nobody.post('/auth/refresh', token=pair['refresh_token']), 401, 'token_revoked')

    def after_user_deleted(self):
        c = self.shop.new_customer()
        self.env.store().delete('users', c.user['id'])
        self.env.store().set_sessions(c.user['id'], revoked=True)
        r = c.post('/cart', {'product_id': self.plain['id'], 'quantity': 1})
        self.assert_problem(r, 401, 'token_revoked')

    def after_password_change(self):
        c = self.shop.new_customer()
        second = self.shop.sign_in(self._same_user(c))
        new = 'pw-changed-' + c.user['id']
        self.assert_status(c.post('/auth/me/password', {'current_password': c.credentials['password'],
                                                        'new_password': new}), 200)
        self.assert_status(c.get('/auth/me'), 200)
        self.refused_everywhere(second.token, 'token_revoked')
        self.assert_problem(self.nobody.post('/auth/refresh', token=second.refresh_token), 401, 'token_revoked')
        self.shop.login(c.credentials['email'], new)

    def _same_user(self, c):
        twin = self.shop.anonymous()
        twin.credentials = c.credentials
        return twin

    def demoted_admin(self):
        c = self.shop.anonymous()
        c.credentials = self.shop.credentials('chief')
        r = self.assert_status(self.admin.post('/auth/register', {**c.credentials, 'role': 'admin'}), 201)
        self.assertEqual(r.json['role'], 'admin')
        self.shop.sign_in(c)
        body = {'name': 'By the chief', 'price': 1, 'category': 'x'}
        self.assert_status(c.post('/products', body), 201)
        self.env.store().set('users', r.json['id'], role='user')
        self.env.store().set_sessions(r.json['id'], role='user')
        self.assert_problem(c.post('/products', body), 403, 'forbidden')
        self.assert_problem(c.get('/coupons'), 403, 'forbidden')

    def no_account_made(self, client_token):
        body = self.shop.credentials('usurper')
        r = self.nobody.post('/auth/register', {**body, 'role': 'admin'}, token=client_token)
        self.assert_problem(r, 403, 'role_not_allowed')
        r = self.nobody.post('/auth/login', {'email': body['email'], 'password': body['password']})
        self.assert_problem(r, 401, 'invalid_credentials')
        self.assert_status(self.nobody.post('/auth/register', {**body, 'role': 'user'}), 201)

    def admin_by_nobody(self):
        self.no_account_made(None)

    def admin_by_customer(self):
        self.no_account_made(self.user.token)

    def admin_by_admin(self):
        body = self.shop.credentials('second')
        r = self.assert_status(self.admin.post('/auth/register', {**body, 'role': 'admin'}), 201)
        self.assertEqual(r.json['role'], 'admin')

    def address_in_capitals(self):
        one = self.shop.credentials('caps')
        self.assert_status(self.nobody.post('/auth/register', one), 201)
        two = dict(self.shop.credentials('caps'), email=one['email'].title())
        self.assertNotEqual(one['email'], two['email'])
        self.assert_problem(self.nobody.post('/auth/register', two), 409, 'email_taken')

    def parallel_registers(self):
        email = self.shop.credentials('crowd')['email']

        def job():
            c = self.shop.anonymous()
            try:
                return c.post('/auth/register', dict(self.shop.credentials('crowd'), email=email))
            finally:
                c.close()
        answers = at_once([job] * 20)
        statuses = sorted(getattr(a, 'status', repr(a)) for a in answers)
        self.assertEqual(statuses, [201] + [409] * 19)
        for a in answers:
            if a.status == 409:
                self.assert_problem(a, 409, 'email_taken')

    def logins_alike(self):
        c, gone = self.shop.new_customer(), self.shop.new_customer()
        self.env.store().set('users', gone.user['id'], disabled=True)
        self.env.store().set_sessions(gone.user['id'], revoked=True)
        wrong = 'wrong-password-1'
        tries = {'wrong password': (c.credentials['email'], wrong), 'unknown address': ('nobody-here@example.com', wrong),
                 'disabled user': (gone.credentials['email'], gone.credentials['password']),
                 'disabled user, wrong password': (gone.credentials['email'], wrong)}
        seen = {}
        for label, (email, password) in tries.items():
            with self.subTest(login=label):
                r = self.nobody.post('/auth/login', {'email': email, 'password': password})
                p = self.assert_problem(r, 401, 'invalid_credentials')
                seen[label] = (r.text.replace(p['request_id'], ''), sorted(k.lower() for k, _ in r.headers))
        self.assertEqual(len({s[0] for s in seen.values()}), 1, seen)
        self.assertEqual(len({tuple(s[1]) for s in seen.values()}), 1, seen)

    def set_above_stock(self):
        c = self.shop.new_customer()
        self.shop.put_in_cart(c, self.scarce['id'], 3)
        p = self.assert_problem(c.put('/cart/' + self.scarce['id'], {'quantity': 4}), 409, 'out_of_stock')
        self.assertEqual(p['lines'], [{'product_id': self.scarce['id'], 'requested': 4, 'available': 3}])
        self.assertEqual(c.get('/cart').json['items'][0]['quantity'], 3)

    def add_above_stock(self):
        c = self.shop.new_customer()
        self.shop.put_in_cart(c, self.scarce['id'], 3)
        r = c.post('/cart', {'product_id': self.scarce['id'], 'quantity': 1})
        p = self.assert_problem(r, 409, 'out_of_stock')
        self.assertEqual(p['lines'][0]['available'], 3)
        self.assertEqual(c.get('/cart').json['items'][0]['quantity'], 3)

    def two_orders_one_cart(self):
        for _ in range(5):
            c = self.shop.new_customer()
            twin = self._same_user(c)
            twin.token = c.token
            self.shop.put_in_cart(c, self.plain['id'])
            before = self.shop.stock(self.plain['id'])
            answers = at_once([lambda: self.shop.place(c), lambda: self.shop.place(twin)])
            self.assertEqual(sorted(getattr(a, 'status', repr(a)) for a in answers), [201, 409], answers)
            self.assert_problem(max(answers, key=lambda a: a.status), 409, ('order_in_progress', 'cart_empty'))
            self.assertEqual(self.shop.stock(self.plain['id']), before - 1)
            self.assertEqual(len(c.get('/orders').json['items']), 1)

    def buyer(self, quantity=1):
        c = self.shop.new_customer()
        self.shop.put_in_cart(c, self.plain['id'], quantity)
        return c

    def coupon_in_small_letters(self):
        coupon = self.shop.add_coupon('MixedCase-10')
        self.assertEqual(coupon['code'], 'MIXEDCASE-10')
        order = self.assert_status(self.shop.place(self.buyer(), coupon_code='mixedcase-10'), 201).json
        self.assertEqual((order['discount'], order['total'], order['coupon_code']), (2, 18, 'MIXEDCASE-10'))

    def not_applicable(self, coupon, reason, quantity=1):
        c = self.buyer(quantity)
        before = self.shop.stock(self.plain['id'])
        r = self.shop.place(c, coupon_code=coupon['code'])
        p = self.assert_problem(r, 422, 'coupon_not_applicable')
        self.assertEqual(p.get('reason'), reason)
        self.assertEqual(self.shop.stock(self.plain['id']), before)
        self.assertEqual(c.get('/orders').json['items'], [])
        self.assertEqual(c.get('/cart').json['items'][0]['quantity'], quantity)
        self.assertEqual(self.admin.get('/coupons/' + coupon['code']).json['used'], 0)
        return p

    def coupon_ended(self):
        self.not_applicable(self.shop.add_coupon(valid_from=stamp(-100), valid_until=stamp(-1)), 'expired')

    def coupon_not_started(self):
        self.not_applicable(self.shop.add_coupon(valid_from=stamp(5), valid_until=stamp(100)), 'not_started')

    def coupon_min_purchase(self):
        p = self.not_applicable(self.shop.add_coupon(min_purchase=20.01), 'min_purchase')
        self.assertEqual(p.get('missing'), 0.01)
        met = self.shop.add_coupon(min_purchase=20.00)
        self.assert_status(self.shop.place(self.buyer(), coupon_code=met['code']), 201)

    def test_every_row_has_a_case(self):
        self.assertEqual(LIST['rows'], WANTED_ROWS)
        self.assertEqual(set(WANTED_ROWS) - {c['row'] for c in LIST['cases']}, set())


def _add_row(row):
    def test(self):
        self.play_row(row)
    test.__name__ = 'test_row_%02d' % row
    test.__doc__ = 'row %d: %s' % (row, '; '.join(c['name'] for c in LIST['cases'] if c['row'] == row)[:150])
    setattr(Attacks, test.__name__, test)


for _row in WANTED_ROWS:
    _add_row(_row)

if __name__ == '__main__':
    unittest.main()
