# SPDX-License-Identifier: MIT
"""Reservations are confirmed behind the reply: a product that is full of them, a child that is killed with what it had to
confirm, and an httpd that stops."""
import contextlib
import datetime
import http.client
import json
import signal
import threading
import time
import unittest

from amounts import amount
from audit import Books
from client import Client, at_once
from env import ALL_BUSY, Env, ShopCase, mpm_name, shopctl
from servers import free_port
from test_crashes import Twin
from wire import ObjectId

RESERVATIONS_MAX = 200                                   # of one product
LONG_AGO = datetime.timedelta(seconds=61)                # longer than two leases
NOT_YET = ('idempotency_in_progress', 'order_in_progress')
PATIENCE = 300.0


class Confirming(ShopCase):
    def product(self, product):
        found, = self.env.store().find('products', {'_id': ObjectId(product)})
        return found

    def holds(self, product):
        return [h['o'] for h in self.product(product).get('holds') or ()]

    def until(self, what, seconds=PATIENCE):
        limit = time.monotonic() + seconds
        while not (seen := what()) and time.monotonic() < limit:
            time.sleep(0.1)
        return seen

    def until_confirmed(self, product, stock):
        self.until(lambda: not self.holds(product))
        seen = self.product(product)
        self.assertEqual((seen.get('holds') or [], seen['stock'], bool(seen.get('sold_out'))), ([], stock, stock == 0))

    def age(self, product):
        self.env.store().command({'update': 'products', 'updates': [{
            'q': {'_id': ObjectId(product), 'holds.o': {'$exists': True}},
            'u': {'$set': {'holds.$[].at': datetime.datetime.now(datetime.timezone.utc) - LONG_AGO}}}]})

    def buy(self, c, product, quantity=1):
        """The cart has the product, and one order of it is asked for."""
        r = c.put('/cart/' + product, {'quantity': quantity})
        if r.status == 404:
            r = c.post('/cart', {'product_id': product, 'quantity': quantity})
        return self.shop.place(c) if r.status == 200 else r


class Full(Confirming):
    """200 reservations of one product."""

    def test_a_full_product_is_503_and_never_out_of_stock(self):
        left, buyers = 5, self.shop.customers(8)
        product = self.shop.add_product(stock=RESERVATIONS_MAX + left)['id']
        with Twin(self.env, 'FullTwin', 'dropping.begun:pause:%d' % amount(20, 40)) as twin:
            nodes = {c: Client(twin, token=c.token) for c in buyers}
            for node in nodes.values():
                node.keep_alive = False                  # fewer workers than buyers
            full = threading.Event()
            self.expect_log('SHOP0300')

            def fill(c):
                while not full.is_set():
                    r = self.buy(nodes[c], product)
                    if r.status == 503:
                        full.set()
                        self.assertEqual(r.code, 'unavailable')
                        self.assertTrue(r.header('retry-after'))
                    elif r.status != 201:
                        return r
                return None
            self.assertEqual([r for r in at_once([lambda c=c: fill(c) for c in buyers], PATIENCE) if r], [])
            self.assertEqual(len(self.holds(product)), RESERVATIONS_MAX)
            one, many = self.shop.new_customer(), self.shop.new_customer()
            self.assert_problem(self.buy(one, product), 503, 'unavailable')
            self.assert_problem(self.buy(many, product, left + 1), 409, 'out_of_stock')
            self.assertEqual(self.shop.stock(product), left)
            self.assert_status(one.post('/cart/quote', {}), 200)
            self.env.audit()
            self.assertTrue(self.until(lambda: self.buy(one, product).status == 201))
            for _ in range(left - 1):                    # the last ones
                self.assertTrue(self.until(lambda: self.buy(one, product).status == 201))
            self.assertEqual(self.buy(one, product).code, 'out_of_stock')
            self.until_confirmed(product, 0)
            loud = twin.loud_lines('SHOP0300', *ALL_BUSY)
            self.assertEqual(loud, [])
        self.env.verify({product: RESERVATIONS_MAX + left}, within=60)


class Drain(Confirming):
    """Two hosts of 16 children each sell one product."""
    STOCK, BUYERS = amount(300, 3000), 24

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, children=16, threads=None if mpm_name() == 'prefork' else 4, extra='ShopNodes 2')

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)

    def test_one_product_is_sold_exactly(self):
        buyers, product = self.shop.customers(self.BUYERS), self.shop.add_product(stock=self.STOCK)['id']
        twin = Env('DrainOther', twin_of=self.env, children=self.env.children, threads=self.env.threads,
                   extra='ShopNodes 2')
        answers, most, over = [], [0], threading.Event()

        def look():
            store = twin.store()
            while not over.is_set():
                found, = store.find('products', {'_id': ObjectId(product)})
                most[0] = max(most[0], len(found.get('holds') or ()))
                time.sleep(0.05)

        def sell(i, c):
            nodes = [c, Client(twin, token=c.token)]
            for node in nodes:
                node.keep_alive = False
            for turn in range(10 * self.STOCK):
                r = self.buy(nodes[(i + turn) % 2], product)
                answers.append(r)
                if r.code == 'out_of_stock':
                    return None
                if r.status not in (201, 503):
                    return r
            return 'never sold out'
        self.judge(twin)
        with twin:
            watcher = threading.Thread(target=look, daemon=True)
            watcher.start()
            try:
                self.assertEqual([r for r in at_once([lambda a=a: sell(*a) for a in enumerate(buyers)], PATIENCE) if r], [])
            finally:
                over.set()
                watcher.join(30)
            sold = [r for r in answers if r.status == 201 and r.method == 'POST' and r.path.endswith('/orders')]
            self.assertEqual(len(sold), self.STOCK)
            over_at = min(r.span[1] for r in answers if r.code == 'out_of_stock')
            self.assertEqual([r for r in sold if r.span[0] > over_at], [], 'sold after out_of_stock')
            for r in answers:
                if r.status == 503:
                    self.assertTrue(r.header('retry-after'))
            self.until_confirmed(product, 0)
            self.env.verify({product: self.STOCK}, within=60)
        full = len([r for r in answers if r.status == 503])
        print('drain: %d units sold by 32 children of two hosts, at most %d reservations seen, %d answers 503' % (
            self.STOCK, most[0], full), flush=True)


class Lost(Confirming):
    """A child ends with what it had to confirm."""

    def lose(self, mode, *products):
        """One order of all products, whose confirmation nobody has."""
        c = self.shop.new_customer()
        for product in products:
            self.shop.put_in_cart(c, product)
        with Twin(self.env, 'Lost_' + mode, 'dropping.begun:' + ('exit' if mode == 'exit' else 'pause')) as twin:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.shop.place(Client(twin, token=c.token), headers={'Idempotency-Key': 'lost'})
            twin.until_reached('dropping.begun')
            if mode == 'kill':
                twin.strike(signal.SIGKILL)
            self.assertEqual(twin.loud_lines(crashed=True), [])
        r = self.assert_status(self.shop.place(c, headers={'Idempotency-Key': 'lost'}), 201)
        return r.json['id']

    def is_lost(self, product, order):
        """After a clean claim the order's twin in the cart would have confirmed it."""
        return [str(o) for o in self.holds(product)] == [order]

    def listed(self, product):
        """Among what is sold out."""
        found = self.shop.anonymous().get('/products?in_stock=false&category=' + self.category).json['items']
        return product in [p['id'] for p in found]

    def setUp(self):
        super().setUp()
        self.category = 'Lost%d' % free_port()

    def sold_by(self, mode, *stocks):
        for _ in range(5):                               # killed before its reply, the repeated request cleans up
            products = [self.shop.add_product(stock=n, category=self.category)['id'] for n in stocks]
            order = self.lose(mode, *products)
            if all(self.is_lost(p, order) for p in products):
                return products, order
        self.fail('nothing was lost')

    def test_the_next_order_of_the_product_confirms_it(self):
        for mode in ('exit', 'kill'):
            with self.subTest(mode=mode):
                (first, second), order = self.sold_by(mode, 2, 2)
                self.env.audit()
                self.assertEqual(self.product(first)['stock'], 1)
                c = self.shop.new_customer()             # younger than two leases it is left alone
                self.assert_status(self.buy(c, first), 201)
                self.until(lambda: len(self.holds(first)) == 1)
                self.assertTrue(self.is_lost(first, order))
                self.assertEqual(self.product(first)['stock'], 0)
                self.assertTrue(self.until(lambda: self.listed(first)))      # the mark follows the confirmation
                self.age(second)
                self.assert_status(self.buy(c, second), 201)
                self.until_confirmed(second, 0)
                self.assertTrue(self.until(lambda: self.listed(second)))
                shopctl(self.env.store_uri, 'reap')
                self.assertTrue(self.is_lost(first, order), 'the reaper does not look for them')
                self.age(first)
                self.assertEqual(shopctl(self.env.store_uri, 'verify', '--repair').returncode, 0)
                self.until_confirmed(first, 0)
                self.env.audit()

    def test_what_nobody_orders_is_confirmed_by_repair(self):
        (product,), order = self.sold_by('kill', 1)
        seen = self.product(product)
        self.assertEqual((seen['stock'], bool(seen.get('sold_out')), self.listed(product)), (0, False, False))
        self.env.audit()
        self.age(product)
        said = shopctl(self.env.store_uri, 'verify')
        self.assertIn(order, said.stdout)
        report = json.loads(shopctl(self.env.store_uri, 'verify', '--json').stdout)
        self.assertEqual((report['clean'], report['drifts'], report['leftovers'], report['completed']), (True, 0, 1, 0))
        self.assertRegex(said.stdout, 'placed and not confirmed')
        self.assertTrue(self.is_lost(product, order), 'looking changed something')
        self.assertEqual(shopctl(self.env.store_uri, 'verify', '--repair').returncode, 0)
        self.until_confirmed(product, 0)
        self.assertTrue(self.until(lambda: self.listed(product), 30))
        self.env.audit()
        self.assert_status(self.shop.admin().post('/products/%s/stock' % product, {'delta': 1, 'reason': 'correction'},
                                                  headers={'Idempotency-Key': 'back'}), 200, 201)
        self.assertFalse(bool(self.product(product).get('sold_out')))

    def test_a_cancelled_order_whose_confirmation_was_lost_is_returned_once(self):
        (product,), order = self.sold_by('exit', 1)
        self.assert_status(self.shop.admin().post('/orders/%s/cancel' % order), 200)
        self.assertEqual(self.product(product)['stock'], 1)
        self.age(product)
        c = self.shop.new_customer()
        self.assert_status(self.buy(c, product), 201)
        self.until_confirmed(product, 0)
        self.env.verify({product: 1}, within=60)


class Stopping(Confirming):
    """What waits is confirmed when httpd stops, or starts again, gracefully."""

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, children=8 if mpm_name() == 'prefork' else 2, threads=4, extra='ShopJobs Off')

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)

    @contextlib.contextmanager
    def buyers(self, env, product, count=4):
        """Customers who buy until the end of the block, or until nobody answers: the orders they were told of."""
        orders, over = [], threading.Event()

        def sell(c):
            node = Client(env, token=c.token)
            while not over.is_set():
                try:
                    r = self.buy(node, product)
                except (OSError, http.client.HTTPException):
                    time.sleep(0.05)
                    continue
                if r.status == 201:
                    orders.append(r.json['id'])
            node.close()
        crowd = [threading.Thread(target=sell, args=(c,), daemon=True) for c in self.shop.customers(count)]
        for one in crowd:
            one.start()
        try:
            self.assertTrue(self.until(lambda: len(orders) >= 5))
            yield orders
        finally:
            over.set()
            for one in crowd:
                one.join(70)

    def test_a_graceful_stop_confirms_what_waits(self):
        for how in (signal.SIGWINCH, signal.SIGTERM):
            with self.subTest(how=how.name):
                product = self.shop.add_product(stock=10000)['id']
                env = Env('Stopped_' + how.name, twin_of=self.env, children=self.env.children, threads=4,
                          extra='ShopJobs Off')
                with env, self.buyers(env, product) as orders:
                    env.process.send_signal(how)
                    env.process.wait(60)
                    books = Books(self.env.store_uri, self.env.database, products=[ObjectId(product)])
                    left = self.holds(product)
                if how == signal.SIGWINCH:
                    self.assertEqual(left, [])
                else:                                    # a request was cut off: its claim leads to what is left
                    claims = [str(c['ordering']['o']) for c in books.carts.values() if c.get('ordering')]
                    self.assertEqual([str(o) for o in left if str(o) not in claims], [])
                print('stopping: %d orders before %s, none left unconfirmed' % (len(orders), how.name), flush=True)

    def test_a_graceful_restart_confirms_what_waits(self):
        product = self.shop.add_product(stock=10000)['id']
        with self.buyers(self.env, product) as orders:
            for _ in range(3):
                before, count = set(self.env.child_pids()), len(orders)
                self.env.graceful()
                self.assertTrue(self.until(lambda: not before.intersection(self.env.child_pids()), 60))
                self.assertTrue(self.until(lambda: len(orders) > count + 5))
        self.until(lambda: not self.holds(product), 30)
        self.assertEqual(self.holds(product), [])
        self.env.verify({product: 10000}, within=60)


if __name__ == '__main__':
    unittest.main()
