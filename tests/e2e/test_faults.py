# SPDX-License-Identifier: MIT
"""The store or Redis is gone, hangs, or breaks off: bounded waits, right answers, and recovery without a restart."""
import threading
import time
import unittest

from client import Client, at_once, redis_command
from env import mpm_name, ALL_BUSY, REDIS_AWAY, STORE_AWAY, Env, ShopCase, first_host, need, proxied_uri
from servers import Proxy, ProxyProcess, Redis

BOUND = 5.5                                              # seconds until a 503 when the store is away
BACK = 15.0                                              # seconds until orders work again (the driver looks each 10 s)
PATIENCE = 90.0                                          # seconds after which nothing more is to be expected


class StoreFaults(ShopCase):
    """httpd reaches the store through a proxy of ours; shopctl and the test reach it directly."""
    audited = True

    @classmethod
    def make_env(cls):
        cls.proxy = Proxy(*first_host(need('SHOP_MONGO_URI')))
        cls.addClassCleanup(cls.proxy.close)
        return Env(cls.__name__, mongo_uri=lambda uri: proxied_uri(uri, cls.proxy.port), threads=16, children=3,
                   patient=False)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY, *STORE_AWAY)
        self.proxy.pass_on()
        self.customer = self.until_ordered()

    def tearDown(self):
        self.proxy.pass_on()
        super().tearDown()

    def until_ordered(self, customer=None, product=None):
        """A customer who places an order, however often it takes."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                customer = customer or self.shop.new_customer()
                product = product or self.shop.add_product(stock=1000)
                self.shop.put_in_cart(customer, product['id'])
                r = self.shop.place(customer)
                if r.status == 201:
                    type(self).product = product
                    return customer
                if r.status != 503:
                    raise AssertionError('placing an order answered %r' % r)
            except AssertionError as e:
                if ' 503 ' not in str(e) or time.monotonic() > limit:
                    raise
            if time.monotonic() > limit:
                raise AssertionError('no order within %.0f s' % PATIENCE)
            time.sleep(0.25)

    def requests(self):
        """What needs the store: (method, path, body)."""
        return [('GET', '/cart', None), ('GET', '/orders', None), ('GET', '/products?q=%d' % time.monotonic_ns(), None),
                ('GET', '/categories', None),
                ('POST', '/cart', {'product_id': self.product['id'], 'quantity': 1}),
                ('POST', '/orders', self.shop.order_body()), ('POST', '/auth/logout', None),
                ('POST', '/auth/login', {'email': 'someone@example.com', 'password': 'not the right one'})]

    def send(self, method, path, body, client=None):
        c = client or Client(self.env, token=self.customer.token)
        extra = {'json_body': body} if body else {}
        r = c.request(method, path, **extra)
        if client is None:
            c.close()
        return r

    def static_is_unharmed(self, seconds=3.0, most=0.5):
        worst, c, limit = 0.0, Client(self.env, prefix=''), time.monotonic() + seconds
        n = 0
        while time.monotonic() < limit:
            r = c.get('/ok.txt', fresh=n % 4 == 0)
            self.assertEqual((r.status, r.body), (200, b'static\n'))
            self.assert_in_time(most, *r.span, 'a static file')
            worst, n = max(worst, r.elapsed), n + 1
            time.sleep(0.02)
        c.close()
        return worst

    def refused_in_time(self, r, cached=False):
        self.assert_in_time(BOUND, *r.span, repr(r))
        if cached and r.status == 200:
            return
        p = self.assert_problem(r, 503)
        self.assertEqual(p['code'], 'unavailable')

    def away(self):
        """The store is away: every request that needs it is 503 in time, one by one and together."""
        for method, path, body in self.requests():
            with self.subTest(request=method + ' ' + path.split('?')[0]):
                r = self.send(method, path, body)
                self.refused_in_time(r, cached=path == '/categories')
        jobs = [lambda q=q: self.send(*q) for q in self.requests() * 3]
        answers, worst = [], []
        crowd = threading.Thread(target=lambda: answers.extend(at_once(jobs)))
        crowd.start()
        worst.append(self.static_is_unharmed())
        crowd.join(60)
        self.assertEqual(len(answers), len(jobs))
        for r in answers:
            if isinstance(r, BaseException):
                raise r
            self.refused_in_time(r, cached=r.path.endswith('/categories'))
        slowest = max(r.elapsed for r in answers)
        print('faults: slowest 503 of %d at once %.2f s; static files at most %.3f s' % (len(jobs), slowest, worst[0]),
              flush=True)
        self.assertEqual(self.send('GET', '/health/live', None).status, 200)

    def back(self, child_pids):
        started = time.monotonic()
        c = self.until_ordered(self.customer, self.product)
        self.assert_in_time(BACK, started, what='orders after the store was back')
        print('faults: orders again %.1f s after the store was back' % (time.monotonic() - started), flush=True)
        self.assertEqual(sorted(child_pids), sorted(set(child_pids) & set(self.env.child_pids())),
                         'children were replaced')
        self.assertGreaterEqual(len(c.get('/orders').json['items']), 2)
        self.until_ready()

    def until_ready(self):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            r = self.shop.anonymous().get('/health/ready')
            if r.status == 200 and r.json['status'] == 'ok':
                return
            time.sleep(0.25)
        self.fail('not ready again: %r' % r)

    def ready_says_down(self):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            r = self.send('GET', '/health/ready', None)
            if r.status == 503:
                break
            time.sleep(0.2)
        self.assert_status(r, 503)
        self.assertEqual(r.json['status'], 'down')
        self.assertTrue(r.header('retry-after'))

    def test_store_stopped_and_back(self):
        children = self.env.child_pids()
        self.proxy.refuse()
        self.away()
        self.ready_says_down()
        self.proxy.pass_on()
        self.back(children)

    def test_store_hangs_and_goes_on(self):
        children = self.env.child_pids()
        self.proxy.stall()
        self.away()
        self.proxy.pass_on()
        self.back(children)

    def test_connections_break_off(self):
        for _ in range(5):
            self.proxy.cut()
            for method, path, body in self.requests()[:5]:
                r = self.send(method, path, body)
                self.assertIn(r.status, (200, 503), r)
                self.assert_in_time(BOUND, *r.span, repr(r))
        self.until_ordered(self.customer, self.product)

    def test_connections_break_off_while_ordering(self):
        """Every 201 is an order and no order is there twice; what is not sold is in stock."""
        buyers = self.shop.customers(12)
        product = self.shop.add_product(stock=1000)
        acknowledged, stop, seen, cuts = [], threading.Event(), [], 0

        def buy(c):
            n = 0
            while not stop.is_set():
                n += 1
                key = {'Idempotency-Key': '%s-%d' % (c.user['id'], n)}
                for _ in range(40):
                    added = c.put('/cart/' + product['id'], {'quantity': 1})
                    if added.status == 404:
                        added = c.post('/cart', {'product_id': product['id'], 'quantity': 1})
                    r = self.shop.place(c, headers=key)
                    seen.append(r.status)
                    if r.status == 201:
                        acknowledged.append(r.json['id'])
                        break
                    if r.status not in (409, 503):
                        raise AssertionError('%r' % r)
                    time.sleep(0.1)
        crowd = threading.Thread(target=lambda: seen.extend(
            r for r in at_once([lambda c=c: buy(c) for c in buyers]) if r is not None))
        crowd.start()
        limit = time.monotonic() + PATIENCE
        while cuts < 12 or (not acknowledged and time.monotonic() < limit):
            time.sleep(0.4)
            self.proxy.cut()
            cuts += 1
        time.sleep(0.5)
        stop.set()
        crowd.join(60)
        for e in seen:
            if isinstance(e, BaseException):
                raise e
        self.assertEqual(len(acknowledged), len(set(acknowledged)), 'one order was acknowledged for two intents')
        self.assertGreater(len(acknowledged), 0)
        limit = time.monotonic() + PATIENCE              # what was left half-way is tidied after its lease
        while True:
            listed = self.all_orders(product['id'])
            stock = self.shop.stock(product['id'])
            if stock == 1000 - len(listed) or time.monotonic() > limit:
                break
            time.sleep(1)
        self.assertEqual(set(acknowledged) - set(listed), set(), 'an acknowledged order is gone')
        self.assertEqual(stock, 1000 - len(listed))
        print('faults: %d orders acknowledged while connections broke, %d listed' % (len(acknowledged), len(listed)),
              flush=True)

    def all_orders(self, product_id):
        admin, found, cursor = self.shop.admin(), [], ''
        while True:
            r = self.shop.must(admin.get('/orders?limit=100' + (cursor and '&cursor=' + cursor)), 200).json
            found += [o['id'] for o in r['items'] if o['items'][0]['product_id'] == product_id]
            if not r['next_cursor']:
                return found
            cursor = r['next_cursor']


class StoreStopped(ShopCase):
    """The store's side is a process that is stopped by SIGSTOP, with its connections open."""
    audited = True

    @classmethod
    def make_env(cls):
        cls.proxy = ProxyProcess(*first_host(need('SHOP_MONGO_URI')))
        cls.addClassCleanup(cls.proxy.close)
        return Env(cls.__name__, mongo_uri=lambda uri: proxied_uri(uri, cls.proxy.port), patient=False)

    product = None
    until_ordered, requests, send = StoreFaults.until_ordered, StoreFaults.requests, StoreFaults.send
    static_is_unharmed, refused_in_time = StoreFaults.static_is_unharmed, StoreFaults.refused_in_time
    away, back, until_ready = StoreFaults.away, StoreFaults.back, StoreFaults.until_ready

    def test_sigstop_and_sigcont(self):
        self.expect_log(*ALL_BUSY, *STORE_AWAY)
        self.customer = self.until_ordered()
        children = self.env.child_pids()
        self.proxy.pause()
        try:
            self.away()
        finally:
            self.proxy.resume()
        self.back(children)


class StoreAbsentAtStart(ShopCase):
    own_env = False

    def test_httpd_starts_without_its_store(self):
        self.expect_log(*STORE_AWAY)
        proxy = Proxy(*first_host(need('SHOP_MONGO_URI')))
        self.addCleanup(proxy.close)
        proxy.refuse()
        env = Env(type(self).__name__, mongo_uri=lambda uri: proxied_uri(uri, proxy.port), patient=False)
        self.addCleanup(env.stop)
        self.judge(env.start())
        c = env.shop.anonymous()
        r = c.get('/products')
        self.assert_problem(r, 503, 'unavailable')
        self.assert_in_time(BOUND, *r.span, repr(r))
        self.assertEqual(c.get('/ok.txt', prefix='').status, 200)
        proxy.pass_on()
        started = time.monotonic()
        while c.get('/products').status != 200:
            self.assert_in_time(BACK, started, what='the catalogue after the store was back')
            time.sleep(0.2)
        self.shop = env.shop
        StoreFaults.until_ordered(self)                  # each child asks the store again by itself


class RedisFaults(ShopCase):
    audited = True

    @classmethod
    def make_env(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        return Env(cls.__name__, redis_port=cls.redis.port, redis_timeout=None, patient=False)

    def setUp(self):
        super().setUp()
        self.expect_log(*REDIS_AWAY)
        if self.redis.process is None:
            self.redis.start()

    def tearDown(self):
        if self.redis.process is not None:
            self.redis.resume()
        super().tearDown()

    def whole_walk(self):
        """A customer's way from register to cancel; every status as with Redis. The slowest reply."""
        shop, mark = self.shop, len(self.env.statuses)
        replies = []

        def step(r, *statuses):
            replies.append(r)
            return self.assert_status(r, *statuses)
        admin, c = shop.admin(), shop.new_customer()
        product = step(admin.post('/products', {'name': 'Kettle', 'price': 25.00, 'category': 'Kitchen', 'stock': 9}),
                       201).json
        path = '/products/' + product['id']
        for _ in range(5):
            step(c.get('/products?limit=5'), 200)
            step(c.get(path), 200)
        step(admin.patch(path, {'price': 26.00}), 200)
        self.assertEqual(step(c.get(path), 200).json['price'], 26)
        step(c.post('/cart', {'product_id': product['id'], 'quantity': 2}), 200)
        order = step(shop.place(c), 201).json
        self.assertEqual(order['total'], 52)
        self.assertEqual(step(c.get(path), 200).json['stock'], 7)
        step(c.post('/orders/%s/cancel' % order['id']), 200)
        self.assertEqual(step(c.get(path), 200).json['stock'], 9)
        step(c.post('/auth/logout'), 200)
        step(c.get('/cart'), 401)
        self.assertEqual([s for s in self.env.statuses[mark:] if s >= 500], [])
        return max(replies, key=lambda r: r.elapsed)

    def ready(self, wanted):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            r = self.shop.anonymous().get('/health/ready')
            if r.status == 200 and r.json.get('status') == wanted:
                return
            time.sleep(0.2)
        self.fail('ready does not say %s: %r' % (wanted, r))

    def test_redis_stopped_and_back(self):
        self.whole_walk()
        self.redis.stop()
        print('faults: slowest answer without Redis %.3f s' % self.whole_walk().elapsed, flush=True)
        self.ready('degraded')
        self.redis.start()
        self.whole_walk()
        self.ready('ok')

    def test_redis_hangs_and_goes_on(self):
        self.redis.pause()
        slowest = self.whole_walk()
        print('faults: slowest answer with Redis hanging %.3f s' % slowest.elapsed, flush=True)
        self.assert_in_time(2.0, *slowest.span, repr(slowest))
        self.redis.resume()
        time.sleep(1.2)
        self.whole_walk()

    def test_redis_emptied_keeps_everything_right(self):
        c, product = self.shop.new_customer(), self.shop.add_product(stock=5)
        self.shop.put_in_cart(c, product['id'], 2)
        redis_command(self.redis.port, 'FLUSHALL')
        self.assertEqual(c.get('/cart').json['items'][0]['quantity'], 2)
        self.assert_status(self.shop.place(c), 201)

    def test_what_stands_in_the_cache_is_no_truth(self):
        """Every value that Redis holds is replaced by rubbish: answers are still right."""
        self.expect_log('SHOP0203')
        c, product = self.shop.new_customer(), self.shop.add_product(name='Cached', stock=5)
        for _ in range(3):
            self.shop.must(c.get('/products/' + product['id']), 200)
            self.shop.must(c.get('/products'), 200)
        keys = redis_command(self.redis.port, 'KEYS', '*').split(b'\r\n')[2::2]
        for key in keys:
            kind = redis_command(self.redis.port, 'TYPE', key)
            if kind == b'+string\r\n':
                redis_command(self.redis.port, 'SET', key, b'\x00\xff{"not": what it was', 'KEEPTTL')
        r = self.assert_status(c.get('/products/' + product['id']), 200)
        self.assertEqual((r.json['id'], r.json['name']), (product['id'], 'Cached'))
        self.assert_status(c.get('/products'), 200)
        self.assert_status(c.get('/cart'), 200)

    def test_nothing_private_stands_in_redis_in_the_clear(self):
        c = self.shop.new_customer()
        c.get('/cart')
        for key in redis_command(self.redis.port, 'KEYS', '*').split(b'\r\n')[2::2]:
            held = key + redis_command(self.redis.port, 'GET', key)
            for secret in (c.token, c.refresh_token, c.credentials['password']):
                self.assertNotIn(secret.encode(), held)


class LimitsWithoutRedis(ShopCase):
    """The limit on requests falls back to shared memory: never open, never closed."""

    @classmethod
    def make_env(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        return Env(cls.__name__, redis_port=cls.redis.port, rate_limit='api 20/10min by=ip', patient=False,
                   children=6 if mpm_name() == 'prefork' else 3, threads=8)   # prefork: a child a kept connection

    def test_the_limit_holds_when_redis_is_stopped(self):
        self.expect_log(*REDIS_AWAY)
        self.redis.stop()
        clients = [Client(self.env) for _ in range(4)]
        statuses = [clients[i % 4].get('/products', fresh=i % 3 == 0).status for i in range(80)]
        self.assertEqual(set(statuses), {200, 429})
        self.assertLessEqual(statuses.count(200), 20)
        self.assertGreaterEqual(statuses.count(200), 15)


if __name__ == '__main__':
    unittest.main()
