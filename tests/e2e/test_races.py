# SPDX-License-Identifier: MIT
"""Many at once: no oversold stock, no coupon used too often, one order for one intent.

SHOP_RACE_ROUNDS is how often each big race runs (2; 10 in a proof). A 503 with Retry-After is an answer the contract
allows and calls safe to repeat; it is asked again, counted and printed. With SHOP_RACE_STRICT=1 it is a failure.
"""
import json
import os
import random
import select
import socket
import struct
import threading
import time
import unittest

from amounts import amount, figure
from client import at_once
from env import ALL_BUSY, ShopCase

ROUNDS = int(os.environ.get('SHOP_RACE_ROUNDS') or amount(2, 10))
STRICT = os.environ.get('SHOP_RACE_STRICT', '') not in ('', '0')
BUYERS, UNITS = 200, 50


class Races(ShopCase):
    # what scripts/prove makes of it outlives a quarter of an hour
    env_options = {'extra': 'ShopJwtTTL 4h'}
    repeated, _count = 0, threading.Lock()
    audited = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        started = time.monotonic()
        cls.buyers = cls.shop.customers(BUYERS)
        print('races: %d customers registered and signed in within %.1f s' % (BUYERS, time.monotonic() - started),
              flush=True)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)                       # more buyers than workers is what is wanted here

    @classmethod
    def tearDownClass(cls):
        print('races: %d answers were 503 and asked again' % cls.repeated, flush=True)
        super().tearDownClass()

    def patiently(self, act, seconds=240):
        """The answer of act(), asked again while it is 503."""
        limit = time.monotonic() + seconds
        while True:
            r = act()
            if r.status != 503 or STRICT or time.monotonic() > limit:
                return r
            with self._count:
                type(self).repeated += 1
            time.sleep(min(2.0, float(r.header('retry-after', '1'))) * (0.25 + random.random() / 2))

    def counted(self, answers):
        kinds = {}
        for a in answers:
            kind = repr(a)[:200] if isinstance(a, BaseException) else (
                str(a.status) if a.status < 400 else '%d %s' % (a.status, a.code))
            kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def fill_carts(self, buyers, product, quantity=1):
        def one(c):
            c.request('DELETE', '/cart')
            return self.shop.put_in_cart(c, product['id'], quantity)
        for i in range(0, len(buyers), 20):
            for r in at_once([lambda c=c: one(c) for c in buyers[i:i + 20]]):
                if isinstance(r, BaseException):
                    raise r

    def twins(self, customer, n):
        made = []
        for _ in range(n):
            c = self.shop.anonymous()
            c.token, c.user, c.keep_alive = customer.token, customer.user, False
            made.append(c)
        return made

    def test_200_buyers_for_50_units(self):
        for turn in range(ROUNDS):
            with self.subTest(round=turn + 1):
                product = self.shop.add_product(name='Last ones', price=9.99, stock=UNITS)
                self.fill_carts(self.buyers, product)
                started = time.monotonic()
                answers = at_once([lambda c=c: self.patiently(lambda: self.shop.place(c)) for c in self.buyers])
                took = time.monotonic() - started
                kinds = self.counted(answers)
                print('races: %d buyers, %d units: %s in %.1f s' % (BUYERS, UNITS, kinds, took), flush=True)
                self.assertEqual(kinds, {'201': UNITS, '409 out_of_stock': BUYERS - UNITS})
                self.assertEqual(self.shop.stock(product['id']), 0)
                orders = [a.json for a in answers if a.status == 201]
                self.assertEqual(len({o['id'] for o in orders}), UNITS)
                self.assertEqual(len({o['number'] for o in orders}), UNITS)
                for a in answers:
                    if a.status == 409:
                        self.assertEqual(a.json['lines'], [{'product_id': product['id'], 'requested': 1,
                                                            'available': 0}])
                for c, a in zip(self.buyers, answers):
                    left = c.get('/cart').json['items']
                    self.assertEqual(len(left), 0 if a.status == 201 else 1, a)
                self.env.verify({product['id']: UNITS})
        figure(self, 'P1', '%d rounds: %d buyers of %d units: each time %d sold, %d refused, stock 0' % (
            ROUNDS, BUYERS, UNITS, UNITS, BUYERS - UNITS))

    def test_100_buyers_for_the_last_unit(self):
        buyers, rounds = self.buyers[:100], amount(5, 100)
        product = self.shop.add_product(name='The last one', price=9.99, stock=1)['id']
        self.fill_carts(buyers, {'id': product})
        for turn in range(rounds):
            with self.subTest(round=turn + 1):
                answers = at_once([lambda c=c: self.patiently(lambda: self.shop.place(c)) for c in buyers])
                self.assertEqual(self.counted(answers), {'201': 1, '409 out_of_stock': len(buyers) - 1})
                self.assertEqual(self.shop.stock(product), 0)
                winner = next(c for c, a in zip(buyers, answers) if a.status == 201)
                self.assert_status(self.shop.admin().post('/products/%s/stock' % product,
                                                          {'delta': 1, 'reason': 'one more'}), 200)
                self.shop.put_in_cart(winner, product)
        self.env.verify({product: rounds + 1})
        figure(self, 'P1 last', '%d rounds: %d buyers of one unit: each time 1 sold' % (rounds, len(buyers)))

    def test_a_coupon_of_10_under_200_orders(self):
        buyers = self.buyers
        for turn in range(ROUNDS):
            with self.subTest(round=turn + 1):
                product = self.shop.add_product(name='Plenty', price=10.00, stock=1000)
                coupon = self.shop.add_coupon(usage_limit=10)
                self.fill_carts(buyers, product)
                answers = at_once([lambda c=c: self.patiently(
                    lambda: self.shop.place(c, coupon_code=coupon['code'])) for c in buyers])
                kinds = self.counted(answers)
                print('races: a coupon of 10, 200 orders: %s' % kinds, flush=True)
                self.assertEqual(kinds, {'201': 10, '409 coupon_exhausted': 190})
                for a in answers:
                    if a.status == 201:
                        self.assertEqual((a.json['discount'], a.json['total']), (1, 9))
                seen = self.shop.admin().get('/coupons/' + coupon['code']).json
                self.assertEqual((seen['used'], seen['remaining']), (10, 0))
                self.assertEqual(self.shop.stock(product['id']), 990, 'a refused order kept its stock')
                self.env.verify({product['id']: 1000})
        figure(self, 'P2 limit', '%d rounds: a coupon of 10 under 200 orders: each time 10 discounted, 190 refused' % (
            ROUNDS))

    def test_a_coupon_of_1_under_30_orders(self):
        buyers = self.buyers[:30]
        for turn in range(ROUNDS):
            with self.subTest(round=turn + 1):
                product = self.shop.add_product(price=10.00, stock=100)
                coupon = self.shop.add_coupon(usage_limit=1)
                self.fill_carts(buyers, product)
                answers = at_once([lambda c=c: self.patiently(
                    lambda: self.shop.place(c, coupon_code=coupon['code'])) for c in buyers])
                self.assertEqual(self.counted(answers), {'201': 1, '409 coupon_exhausted': 29})
                self.assertEqual(self.shop.stock(product['id']), 99, 'a refused order kept its stock')
                self.env.verify({product['id']: 100})
        figure(self, 'P2 one', '%d rounds: a coupon of 1 by 30 at once: each time used once' % ROUNDS)

    def test_an_audit_beside_a_race_finds_nothing(self):
        """Buying and cancelling at once, and `shopctl verify` over and over in the meantime."""
        product = self.shop.add_product(name='Audited', price=3.00, stock=100000)
        coupon = self.shop.add_coupon(usage_limit=8000, usage_limit_per_user=1000)
        over, audits, buyers = threading.Event(), [], self.buyers[100:108]

        def audit():
            while not over.is_set():
                audits.append(self.shop.verify())

        def buy(c):
            turns, limit = 0, time.monotonic() + 240         # longer when the audit of a large shop takes long
            while turns < 4 or (len(audits) < 2 and turns < 1000 and time.monotonic() < limit):
                for cancels in (False, True):
                    self.shop.put_in_cart(c, product['id'], 2)
                    r = self.patiently(lambda: self.shop.place(c, coupon_code=coupon['code']))
                    self.assert_status(r, 201)
                    if cancels:                              # 409: asked again behind a 503 that had begun to cancel
                        self.assert_status(self.patiently(lambda: c.post('/orders/%s/cancel' % r.json['id'])), 200, 409)
                turns += 2
            return turns

        def race():
            try:
                return at_once([lambda c=c: buy(c) for c in buyers], timeout=280)
            finally:
                over.set()
        for c in buyers:
            c.request('DELETE', '/cart')
        turns, failed = at_once([race, audit], timeout=300)
        self.assertIsNone(failed)
        self.assertEqual([t for t in turns if not isinstance(t, int)], [])
        print('races: %d audits beside %d orders, half of them cancelled' % (len(audits), sum(turns)), flush=True)
        self.assertGreaterEqual(len(audits), 2)
        self.assertEqual(self.shop.stock(product['id']), 100000 - sum(turns))

    def test_50_additions_to_one_line(self):
        c = self.shop.new_customer()
        product = self.shop.add_product(stock=1000)
        answers = at_once([lambda t=t: self.patiently(
            lambda: t.post('/cart', {'product_id': product['id'], 'quantity': 1})) for t in self.twins(c, 50)])
        self.assertEqual(self.counted(answers), {'200': 50})
        items = c.get('/cart').json['items']
        self.assertEqual([(i['product_id'], i['quantity']) for i in items], [(product['id'], 50)])

    def test_20_cancels_give_back_once(self):
        for turn in range(ROUNDS):
            with self.subTest(round=turn + 1):
                c = self.buyers[turn]
                product = self.shop.add_product(stock=40)
                coupon = self.shop.add_coupon(usage_limit=5, usage_limit_per_user=1)
                self.fill_carts([c], product, 7)
                order = self.assert_status(self.shop.place(c, coupon_code=coupon['code']), 201).json
                self.assertEqual(self.shop.stock(product['id']), 33)
                path = '/orders/%s/cancel' % order['id']
                answers = at_once([lambda t=t: self.patiently(lambda: t.post(path)) for t in self.twins(c, 20)])
                kinds = self.counted(answers)
                print('races: 20 cancels: %s' % kinds, flush=True)
                self.assertEqual(sum(kinds.values()), kinds.get('200', 0) + kinds.get('409 invalid_transition', 0),
                                 kinds)
                self.assertGreaterEqual(kinds.get('200', 0), 1)
                self.assertEqual(c.get('/orders/' + order['id']).json['status'], 'cancelled')
                self.assertEqual(self.shop.stock(product['id']), 40)
                seen = self.shop.admin().get('/coupons/' + coupon['code']).json
                self.assertEqual((seen['used'], seen['remaining']), (0, 5))
                self.assert_problem(c.post(path), 409, 'invalid_transition')
                self.fill_carts([c], product, 1)
                self.assert_status(self.shop.place(c, coupon_code=coupon['code']), 201)

    def test_one_key_100_times_is_one_order(self):
        for turn in range(ROUNDS):
            with self.subTest(round=turn + 1):
                c = self.shop.new_customer()
                product = self.shop.add_product(stock=100)
                self.fill_carts([c], product, 2)
                key = {'Idempotency-Key': 'intent-%d-%s' % (turn, c.user['id'])}
                answers = at_once([lambda t=t: self.shop.place(t, headers=key) for t in self.twins(c, 100)])
                kinds = self.counted(answers)
                print('races: one key 100 times: %s' % kinds, flush=True)
                self.assertEqual(set(kinds) - {'201', '409 idempotency_in_progress'}, set(), kinds)
                made = [a for a in answers if a.status == 201]
                self.assertGreaterEqual(len(made), 1)
                self.assertEqual(len({a.body for a in made}), 1, 'two bodies for one key')
                self.assertEqual(len([a for a in made if not a.header('idempotent-replayed')]), 1)
                again = self.assert_status(self.shop.place(c, headers=key), 201)
                self.assertEqual(again.body, made[0].body)
                self.assertEqual(again.header('idempotent-replayed'), 'true')
                self.assertEqual(len(c.get('/orders').json['items']), 1)
                self.assertEqual(self.shop.stock(product['id']), 98)
                other = self.shop.place(c, headers=key, payment_method='paypal')
                self.assert_problem(other, 422, 'idempotency_mismatch')
        figure(self, 'P3 key', '%d rounds: one key 100 times at once: each time one order, the same bytes' % ROUNDS)

    def test_double_clicks_without_a_key(self):
        buyers, product = self.buyers[:amount(40, 100)], self.shop.add_product(stock=1000)
        self.fill_carts(buyers, product, 2)
        for i in range(0, len(buyers), 20):
            part = buyers[i:i + 20]
            pairs = [self.twins(c, 2) for c in part]
            answers = at_once([lambda t=t: self.patiently(lambda: self.shop.place(t)) for pair in pairs for t in pair])
            for k, c in enumerate(part):
                kinds = self.counted(answers[2 * k:2 * k + 2])
                self.assertEqual(kinds.get('201'), 1, kinds)
                self.assertEqual(set(kinds) - {'201', '409 order_in_progress', '409 cart_empty'}, set(), kinds)
        self.assertEqual(self.shop.stock(product['id']), 1000 - 2 * len(buyers))
        self.env.verify({product['id']: 1000})
        figure(self, 'P3 clicks', '%d double-clicks without a key: each one order' % len(buyers))

    def cut(self, c, key, how):
        """Sends the order and takes no reply: 0 resets at once, 1 closes at once, 2 resets in the middle of the work,
        3 closes when the reply has come and nobody has read it."""
        body = json.dumps(self.shop.order_body()).encode()
        head = ('POST /api/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\n'
                'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n' % (c.token, key, len(body))).encode()
        with socket.create_connection(('127.0.0.1', self.env.port), 30) as s:
            s.sendall(head + body)
            if how == 2:
                time.sleep(random.random() * 0.1)
            if how == 3:
                select.select([s], [], [], 30)
            if how in (0, 2):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))

    def test_a_connection_cut_before_the_reply(self):
        n, crowd = amount(60, 200), 10
        product = self.shop.add_product(stock=10000)
        buyers, ids, answered = self.buyers[:crowd], [], [0]

        def intents(c, count):
            for k in range(count):
                key = 'cut-%d' % k
                self.shop.put_in_cart(c, product['id'])
                self.cut(c, key, k % 4)
                limit = time.monotonic() + 180
                while True:
                    r = self.shop.place(c, headers={'Idempotency-Key': key})
                    if r.status == 201 or time.monotonic() > limit or r.status not in (409, 503):
                        break
                    time.sleep(0.1)
                self.shop.must(r, 201)
                answered[0] += r.header('idempotent-replayed') == 'true'
                again = self.shop.must(self.shop.place(c, headers={'Idempotency-Key': key}), 201)
                if (again.body, again.header('idempotent-replayed')) != (r.body, 'true'):
                    raise AssertionError('two answers for one key: %r and %r' % (r, again))
                ids.append(r.json['id'])
        for c in buyers:
            c.request('DELETE', '/cart')
        self.assertEqual(at_once([lambda c=c: intents(c, n // crowd) for c in buyers], 600), [None] * crowd)
        self.assertEqual((len(ids), len(set(ids))), (n, n))
        self.env.verify({product['id']: 10000}, within=180)
        self.assertEqual(self.shop.stock(product['id']), 10000 - n)
        figure(self, 'P3 cut', '%d orders whose connection the client cut before the reply, and repeated: %d orders '
               '(%d had been placed before the repetition)' % (n, len(set(ids)), answered[0]))

    def test_one_key_100_times_is_one_movement(self):
        product = self.shop.add_product(stock=100)
        path = '/products/%s/stock' % product['id']
        key = {'Idempotency-Key': 'count-%s' % product['id']}
        body = {'delta': -3, 'reason': 'broken'}
        admins = self.twins(self.shop.admin(), 100)
        answers = at_once([lambda a=a: a.post(path, body, headers=key) for a in admins])
        kinds = self.counted(answers)
        print('races: one key 100 times, stock: %s' % kinds, flush=True)
        self.assertEqual(set(kinds) - {'200', '409 idempotency_in_progress'}, set(), kinds)
        for busy in (a for a in answers if a.status == 409):
            self.assertGreater(int(busy.header('retry-after')), 0)
        done = [a for a in answers if a.status == 200]
        self.assertEqual(len([a for a in done if not a.header('idempotent-replayed')]), 1)
        self.assertEqual(len({(a.body, a.header('etag')) for a in done}), 1, 'two replies for one key')
        self.assertEqual(self.shop.stock(product['id']), 97)
        self.assert_status(admins[0].post(path, {'delta': 1, 'reason': 'found'}), 200)
        again = self.assert_status(admins[1].post(path, {'reason': 'broken', 'delta': -3}, headers=key), 200)
        self.assertEqual((again.body, again.header('etag')), (done[0].body, done[0].header('etag')))
        self.assertEqual(again.header('idempotent-replayed'), 'true')
        for other in ({'delta': -3, 'reason': 'lost'}, {'delta': -2, 'reason': 'broken'}, {'set': 97, 'reason': 'broken'}):
            self.assert_problem(admins[0].post(path, other, headers=key), 422, 'idempotency_mismatch')
        self.assertEqual(self.shop.stock(product['id']), 98)
        self.assertEqual(len(admins[0].get(path).json['items']), 2)

    def test_30_orders_without_a_key_are_one_order(self):
        c = self.shop.new_customer()
        product = self.shop.add_product(stock=100)
        self.fill_carts([c], product, 2)
        answers = at_once([lambda t=t: self.shop.place(t) for t in self.twins(c, 30)])
        kinds = self.counted(answers)
        self.assertEqual(kinds.get('201'), 1, kinds)
        self.assertEqual(set(kinds) - {'201', '409 order_in_progress', '409 cart_empty'}, set(), kinds)
        self.assertEqual(self.shop.stock(product['id']), 98)
        self.assertEqual(len(c.get('/orders').json['items']), 1)


if __name__ == '__main__':
    unittest.main()
