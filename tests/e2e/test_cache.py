# SPDX-License-Identifier: MIT
"""Catalogue replies that lie ready in each child: never older than the last change on their host, at most a second
older than one on another, and free of any command to Redis or the store."""
import re
import threading
import time
import unittest

from amounts import amount, figure
from client import Client
from env import Env, REDIS_AWAY, ShopCase
from servers import Redis

CACHE_LOG = r'''CustomLog logs/cache.log "%m %U%q %>s cache=%{SHOP_CACHE}n db=%{SHOP_DB_COMMANDS}n"'''
BOUND = 1.0         # seconds, as docs/adr/011 states
SOON = 10.0         # seconds, a hundred times what it takes; without the announcement it is a minute
MISSING = 'f' * 24
SUBSCRIBED = 'SHOP0205'


class CacheCase(ShopCase):
    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        super().setUpClass()
        cls.wait_until_listening(cls.env)
        cls.admin = cls.shop.admin()

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, children=1, threads=16, redis_port=cls.redis.port, extra=CACHE_LOG)

    @staticmethod
    def wait_until_listening(env):
        """Everything counts as changed when the listener begins, which is a moment behind httpd's first reply."""
        limit = time.monotonic() + 60
        while SUBSCRIBED not in env.error_text():
            if time.monotonic() > limit:
                raise AssertionError('nobody listens to what other hosts change')
            time.sleep(0.02)

    def kept(self, path, since=0):
        """(where the reply came from, commands to the store) of each GET of path."""
        with open(self.env.access_log.replace('access.log', 'cache.log')) as f:
            f.seek(since)
            found = re.findall(r'^GET /api%s \d+ cache=(\S+) db=(\d+)$' % re.escape(path), f.read(), re.M)
        return [(cache, int(commands)) for cache, commands in found]

    def seen(self, path, count):
        limit = time.monotonic() + 60
        while len(self.kept(path)) < count and time.monotonic() < limit:
            time.sleep(0.02)            # httpd logs behind the reply
        return self.kept(path)

    def product(self, **members):
        return self.shop.add_product(**members)['id']

    def price(self, client, product):
        return self.assert_status(client.get('/products/' + product), 200).json['price']

    def set_price(self, product, price):
        self.assert_status(self.admin.patch('/products/' + product, {'price': price}), 200)


class OneNode(CacheCase):
    def test_a_cart_shows_what_the_catalogue_shows(self):
        c = self.shop.customers(1)[0]
        product, other = self.product(price=5, stock=9), self.product()
        for n, commands in ((1, 4), (2, 3), (3, 3)):     # session, cart, the product once, the change
            reply = self.assert_status(c.post('/cart', {'product_id': product, 'quantity': 1}), 200)
            self.assertEqual(reply.json['items'][0]['quantity'], n)
            self.assertEqual(self.commands('POST', '/cart', n)[-1], commands)
        for change, shown, value in (
                (lambda: self.admin.patch('/products/' + product, {'price': 7.25}), 'price', 7.25),
                (lambda: self.admin.patch('/products/' + product, {'name': 'Renamed'}), 'name', 'Renamed'),
                (lambda: self.admin.post('/products/%s/stock' % product, {'delta': -5, 'reason': 'correction'}),
                 'available', 4)):
            self.assert_status(change(), 200)
            for _ in range(2):
                item = self.assert_status(c.get('/cart'), 200).json['items'][0]
                self.assertEqual(item[shown], value)
        self.assert_problem(c.post('/cart', {'product_id': product, 'quantity': 2}), 409, 'out_of_stock')
        self.assert_status(c.post('/cart', {'product_id': other, 'quantity': 1}), 200)
        self.assert_status(self.admin.delete('/products/' + product), 200)
        items = self.assert_status(c.get('/cart'), 200).json['items']
        self.assertEqual([item['product_id'] for item in items], [other])
        self.assert_problem(c.post('/cart', {'product_id': product, 'quantity': 1}), 404, 'not_found')

    def commands(self, method, path, count):
        """Of each request to path so far: commands to the store."""
        limit = time.monotonic() + 60
        found = []
        while len(found) < count and time.monotonic() < limit:
            time.sleep(0.02)                             # httpd logs behind the reply
            with open(self.env.access_log.replace('access.log', 'cache.log')) as f:
                found = re.findall(r'^%s /api%s \d+ cache=\S+ db=(\d+)$' % (method, path), f.read(), re.M)
        return [int(n) for n in found]

    def test_a_second_read_asks_nobody(self):
        c = self.shop.anonymous()
        product = self.product()
        for path in ('/products/' + product, '/products?limit=3', '/products?q=lamp', '/products/featured',
                     '/categories'):
            with self.subTest(path):
                first = self.assert_status(c.get(path), 200)
                again = self.assert_status(c.get(path), 200)
                self.assertEqual(again.body, first.body)
                for name in ('etag', 'cache-control', 'content-type', 'link', 'x-content-type-options'):
                    self.assertEqual(again.header(name), first.header(name), name)
                self.assertNotEqual(again.header('x-request-id'), first.header('x-request-id'))
                same = c.get(path, headers={'If-None-Match': first.header('etag')})
                self.assertEqual((same.status, same.body), (304, b''))
                self.assertEqual(same.header('etag'), first.header('etag'))
                self.assertEqual(self.seen(path, 3)[-2:], [('local', 0)] * 2)

    def test_another_spelling_of_the_same_question_asks_nobody_either(self):
        c = self.shop.anonymous()
        self.product()
        first = self.assert_status(c.get('/products?limit=4&sort=name'), 200)
        again = self.assert_status(c.get('/products?sort=name&limit=4'), 200)
        self.assertEqual(again.body, first.body)
        self.assertEqual(self.seen('/products?sort=name&limit=4', 1), [('local', 0)])

    def test_that_there_is_none_is_known_too(self):
        c = self.shop.anonymous()
        for _ in range(2):
            self.assert_problem(c.get('/products/' + MISSING), 404, 'not_found')
        self.assertEqual(self.seen('/products/' + MISSING, 2)[-1], ('local', 0))

    def test_refusals_are_as_without_a_cache(self):
        c = self.shop.anonymous()
        path = '/products/' + self.product()
        for _ in range(2):
            self.assert_status(c.get(path), 200)
        self.assert_problem(c.get(path, headers={'Accept': 'text/html'}), 406, 'not_acceptable')
        self.assert_problem(c.get(path + '?x=1'), 422, 'validation_failed')
        self.assert_problem(c.post(path, {}), 405, 'method_not_allowed')
        self.assert_status(c.get(path, headers={'Authorization': 'Bearer nonsense'}), 200)   # ignored here
        head = c.request('HEAD', path)
        self.assertEqual((head.status, head.body), (200, b''))

    def test_an_order_makes_only_its_own_products_anew(self):
        c, other = self.shop.new_customer(), self.product(stock=5)
        product = self.product(stock=5)
        for path in ('/products/' + product, '/products/' + other):
            c.get(path)
        self.shop.put_in_cart(c, product, 2)
        self.assert_status(self.shop.place(c), 201)
        self.assertEqual(c.get('/products/' + product).json['stock'], 3)
        self.assertEqual(c.get('/products/' + other).json['stock'], 5)
        self.assertEqual(self.seen('/products/' + other, 2)[-1], ('local', 0))
        self.assertNotEqual(self.seen('/products/' + product, 2)[-1][0], 'local')
        order = c.get('/orders').json['items'][0]['id']
        self.assert_status(c.post('/orders/%s/cancel' % order), 200)
        self.assertEqual(c.get('/products/' + product).json['stock'], 5)

    def test_lists_by_stock_follow_the_stock(self):
        c = self.shop.new_customer()
        product = self.product(stock=1, category='Only one')
        path = '/products?in_stock=true&category=Only+one'
        self.assertEqual([p['id'] for p in c.get(path).json['items']], [product])
        self.shop.put_in_cart(c, product)
        self.assert_status(self.shop.place(c), 201)
        self.assertEqual(c.get(path).json['items'], [])

    def test_the_list_of_what_is_sold_out_follows_its_last_order(self):
        """The mark comes behind the order's reply, and a list that was read in between must not stay."""
        c = self.shop.new_customer()
        product = self.product(stock=1, category='Last one')
        path = '/products?in_stock=false&category=Last+one'
        self.assertEqual(c.get(path).json['items'], [])
        self.shop.put_in_cart(c, product)
        order = self.assert_status(self.shop.place(c), 201).json['id']
        limit = time.monotonic() + 15
        while not (items := c.get(path).json['items']) and time.monotonic() < limit:
            time.sleep(0.01)                             # long before a kept list would be too old
        self.assertEqual([p['id'] for p in items], [product])
        self.assert_status(c.post('/orders/%s/cancel' % order), 200)
        self.assertEqual(c.get(path).json['items'], [])

    def test_no_reader_sees_an_older_price_after_a_newer_one(self):
        product, over, wrong = self.product(price=1), threading.Event(), []

        def read():
            c, last = Client(self.env), 0.0
            while not over.is_set():
                price = self.price(c, product)
                if price < last:
                    wrong.append((last, price))
                last = price
            c.close()

        readers = [threading.Thread(target=read) for _ in range(4)]
        for r in readers:
            r.start()
        c = Client(self.env)
        writes = amount(60, 500)
        for n in range(2, writes + 2):
            self.set_price(product, n)
            self.assertEqual(self.price(c, product), n, 'this host answers with an older price')
        over.set()
        for r in readers:
            r.join()
        c.close()
        self.assertEqual(wrong, [])
        figure(self, 'cache', '%d prices written, none read older on this host, none older after a newer' % writes)


class TwoNodes(CacheCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Env(cls.__name__ + 'Other', twin_of=cls.env, redis_port=cls.redis.port, children=1, threads=8,
                        extra=CACHE_LOG)
        cls.addClassCleanup(cls.other.stop)
        cls.other.start()
        cls.wait_until_listening(cls.other)

    def setUp(self):
        super().setUp()
        self.judge(self.other)

    def test_a_price_changed_on_one_node_is_read_on_the_other(self):
        c, product, waits = Client(self.other), self.product(price=1), []
        writes = amount(100, 1000)
        for n in range(2, writes + 2):
            self.price(c, product)      # lies ready there
            self.set_price(product, n)
            began = time.monotonic()
            while self.price(c, product) != n:
                self.assertLess(time.monotonic() - began, SOON, 'an old price is served for long')
                time.sleep(0.01)
            waits.append(time.monotonic() - began)
        c.close()
        figure(self, 'cache', '%d prices read on another node, half of them within %d ms, the last within %d ms' % (
            writes, sorted(waits)[writes // 2] * 1000, max(waits) * 1000))

    def test_without_redis_nothing_is_older_than_the_bound(self):
        self.expect_log(*REDIS_AWAY, SUBSCRIBED, 'SHOP0206')
        c, product, longest, old, n = Client(self.other), self.product(price=1), 0.0, 0, 1
        self.price(c, product)
        self.redis.stop()
        try:
            while n < amount(6, 29) or (not old and n < 100):
                n += 1
                self.price(c, product)
                self.set_price(product, n)
                began = time.monotonic()
                while self.price(c, product) != n:
                    self.assert_in_time(BOUND + 0.25, began, what='an old price')
                    old += 1
                    time.sleep(0.01)
                longest = max(longest, time.monotonic() - began)
        finally:
            self.redis.start()
        c.close()
        self.assertGreater(old, 0, 'nothing was kept, so no bound was seen')
        figure(self, 'cache', 'Redis away: another node served an old price for at most %.2f s' % longest)


if __name__ == '__main__':
    unittest.main()
