# SPDX-License-Identifier: MIT
"""The version before and this one side by side on one database, under load, from the first `shopctl migrate` over a
return to `--finish`: no request fails, and the books are right at every stage.

SHOP_BEFORE_MODULE and SHOP_BEFORE_SHOPCTL are a build of the version before; `scripts/prove upgrade` makes one.
"""
import contextlib
import datetime
import http.client
import os
import random
import signal
import threading
import time
import unittest

from amounts import amount, figure
from audit import Books
from client import Client, at_once
from env import ALL_BUSY, Env, ShopCase, mpm_name, shopctl
from test_crashes import Twin
from wire import ObjectId

BEFORE_MODULE, BEFORE_SHOPCTL = os.environ.get('SHOP_BEFORE_MODULE', ''), os.environ.get('SHOP_BEFORE_SHOPCTL', '')
BUYERS, PRODUCTS, STOCK, USES, OWN_USES = 4, 5, 100000, 100000, 1000
ROUNDS = amount(12, 100)                                   # of each buyer in each stage
LEASE = 30.0
NOT_YET = ('idempotency_in_progress', 'order_in_progress')
PATIENCE = 120.0


class Buyer:
    """One customer at several nodes. Counts what came into the cart, so that every unit can be looked for later."""

    def __init__(self, case, customer, products, coupon):
        self.case, self.customer, self.products, self.coupon = case, customer, products, coupon
        self.random = random.Random(customer.user['id'])
        self.added, self.orders, self.cancelled = dict.fromkeys(products, 0), {}, set()
        self.serial, self.waits, self.away = 0, 0, 0
        self.maybe, self.edits_any = set(), False        # products that may be in the cart

    def client(self, node):
        c = Client(node, token=self.customer.token)
        c.keep_alive = False                             # under prefork each kept connection holds a process
        return c

    def ask(self, act, nodes):
        """At any of the nodes. One that was taken out of service may refuse a connection, as behind a balancer."""
        while True:
            node = self.random.choice(nodes())
            try:
                return act(self.client(node))
            except ConnectionRefusedError:
                if node in nodes():
                    raise

    def insist(self, act, nodes, *more):
        """The answer, asked again while it is 503 or says "not yet", each time where it may be."""
        limit = time.monotonic() + PATIENCE
        while True:
            r = self.ask(act, nodes)
            wait = r.status == 503 or r.status == 409 and r.code in NOT_YET
            if wait and r.code != 'order_in_progress' and not r.header('retry-after'):
                raise AssertionError('without Retry-After: %r' % r)
            if not wait:
                if r.status >= 400 and r.code not in more:
                    raise AssertionError('%r' % r)
                return r
            self.waits += r.status == 409
            self.away += r.status == 503
            if time.monotonic() > limit:
                raise AssertionError('no answer within %.0f s: %r' % (PATIENCE, r))
            time.sleep(0.05 + self.random.random() / 4)

    def add(self, nodes, product=None):
        product, quantity = product or self.random.choice(self.products), self.random.randint(1, 3)
        r = self.ask(lambda c: c.post('/cart', {'product_id': product, 'quantity': quantity}), nodes)
        if r.status != 200:
            raise AssertionError('%r' % r)
        self.added[product] += quantity
        self.maybe.add(product)

    def edited(self):
        """What comes into the cart while it is ordered: the version before takes an ordered product out of the cart, with
        what was added of it meanwhile."""
        return self.random.choice([p for p in self.products if self.edits_any or p not in self.maybe])

    def took(self, r):
        if r.status == 201:
            known = self.orders.setdefault(r.json['id'], r.body)
            if known != r.body:
                raise AssertionError('two bodies of one order: %r and %r' % (known, r.body))
        return r

    def order(self, nodes):
        """At one node or at two at once, with the same key or as another intent, while the cart is edited."""
        self.serial += 1
        key = {'Idempotency-Key': 'k-%s-%d' % (self.customer.user['id'], self.serial)}
        members = {'coupon_code': self.coupon} if self.random.random() < 0.5 else {}
        keys = self.random.choice(((key,), (key, key), (key, {}), ({}, {})))
        place = [lambda k=k: self.took(self.insist(
            lambda c: self.case.shop.place(c, headers=k, **members), nodes, 'cart_empty')) for k in keys]
        product = self.edited()
        edit = [lambda: self.add(nodes, product)] if self.random.random() < 0.5 else []
        done = at_once(place + edit, PATIENCE + 30)
        wrong = [d for d in done if isinstance(d, BaseException)]
        if wrong:
            raise wrong[0]
        self.maybe = {product} if edit else set()
        same = {d.body for d, k in zip(done, keys) if k is key and d.status == 201}
        if len(same) > 1 or keys == (key, key) and len({d.status for d in done[:2]}) > 1:
            raise AssertionError('one key, two answers: %r' % done)
        if key in keys and done[0].status == 201:        # and later, wherever
            again = self.insist(lambda c: self.case.shop.place(c, headers=key, **members), nodes)
            if again.body != done[0].body:
                raise AssertionError('the same key later: %r and not %r' % (again, done[0]))

    def cancel(self, nodes):
        left = sorted(set(self.orders) - self.cancelled)
        if not left:
            return
        order = self.random.choice(left)
        act = lambda: self.insist(lambda c: c.post('/orders/%s/cancel' % order), nodes, 'invalid_transition')
        done = at_once([act] * self.random.choice((1, 2)), PATIENCE + 30)
        wrong = [d for d in done if isinstance(d, BaseException)]
        if wrong:
            raise wrong[0]
        self.cancelled.add(order)

    def live(self, nodes, going_on):
        turn = 0
        while going_on(turn):
            turn += 1
            for _ in range(self.random.randint(1, 2)):
                self.add(nodes)
            self.order(nodes)
            if self.random.random() < 0.3:
                self.cancel(nodes)


class Versions(ShopCase):
    """The class's own node is of the version before; it made the database."""

    @classmethod
    def setUpClass(cls):
        if not os.path.isfile(BEFORE_MODULE) or not os.access(BEFORE_SHOPCTL, os.X_OK):
            raise AssertionError('SHOP_BEFORE_MODULE and SHOP_BEFORE_SHOPCTL name no build of the version before; '
                                 'scripts/prove upgrade makes one')
        super().setUpClass()

    @classmethod
    def options(cls):
        return {'children': 12 if mpm_name() == 'prefork' else 2, 'threads': 8}

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, module=BEFORE_MODULE, program=BEFORE_SHOPCTL, **cls.options())

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)
        self.nodes, self.stages = [self.env], 0
        self.products = [self.shop.add_product(stock=STOCK)['id'] for _ in range(PRODUCTS)]
        self.coupon = self.shop.add_coupon(usage_limit=USES, usage_limit_per_user=OWN_USES)['code']
        self.crowd = [Buyer(self, c, self.products, self.coupon) for c in self.shop.customers(BUYERS)]

    def migrate(self, *words):
        done = shopctl(self.env.store_uri, 'migrate', *words, check=False)
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))


class BothVersions(Versions):
    """Every stage of the upgrade that docs/upgrading.md describes."""

    def under_load(self, stage, act=lambda: None):
        """Buyers live until act() is over, and for some rounds at least; then the books must be right."""
        over, made, results = threading.Event(), sum(len(b.orders) for b in self.crowd), []
        load = threading.Thread(target=lambda: results.extend(at_once([lambda b=b: b.live(
            lambda: list(self.nodes), lambda turn: turn < ROUNDS or not over.is_set()) for b in self.crowd], 900)))
        load.start()
        try:
            act()
        finally:
            over.set()
            load.join(900)
        self.assertEqual([r for r in results if r is not None], [], stage)
        self.judge_books(stage)
        self.stages += 1
        print('upgrade: %s: %d orders, 0 failed, clean' % (stage, sum(len(b.orders) for b in self.crowd) - made),
              flush=True)

    def judge_books(self, stage):
        self.env.verify(dict.fromkeys(self.products, STOCK), within=90)
        books = Books(self.env.store_uri, self.env.database)
        for b in self.crowd:
            self.judge_buyer(stage, b, books)

    def judge_buyer(self, stage, buyer, books):
        """Every unit that came into the cart is in the cart or in one order, and every order is known."""
        user = buyer.customer.user['id']
        mine = {str(o['_id']): o for o in books.orders if str(o['user']) == user and o['status'] != 'failed'}
        self.assertEqual(sorted(mine), sorted(buyer.orders), '%s: orders of %s' % (stage, user))
        self.assertEqual(sorted(k for k, o in mine.items() if o['status'] == 'cancelled'), sorted(buyer.cancelled), stage)
        found = dict.fromkeys(self.products, 0)
        for line in (line for o in mine.values() for line in o['items']):
            found[str(line['product'])] += line['quantity']
        for line in books.carts[user].get('lines') or ():
            found[str(line['product'])] += line['q']
        self.assertEqual(found, buyer.added, '%s: units of %s' % (stage, user))

    def start_new(self, name):
        new = Env(name, twin_of=self.env, **self.options())
        self.judge(new)
        self.addCleanup(new.stop)
        new.start()
        self.nodes.append(new)
        return new

    def sold_out_at_either(self, new):
        """A product whose last unit the version before sold, and one of this version's that it restocked: it knows no
        marks."""
        gone, back = (self.shop.add_product(stock=1, category='Last ones')['id'] for _ in range(2))
        c = self.shop.new_customer()
        self.shop.put_in_cart(c, gone)
        self.shop.must(self.shop.place(c), 201)
        self.shop.put_in_cart(c, back)
        order = self.shop.must(self.shop.place(Client(new, token=c.token)), 201).json['id']
        limit = time.monotonic() + PATIENCE
        while not self.marked(back) and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertTrue(self.marked(back))
        self.shop.must(c.post('/orders/%s/cancel' % order), 200)
        return gone, back

    def marked(self, product):
        return self.env.store().find('products', {'_id': ObjectId(product), 'sold_out': True})

    def test_upgrade_return_and_finish(self):
        self.under_load('the version before alone')
        self.under_load('shopctl migrate, the version before serves', self.migrate)
        self.env.program = None                          # from here on the new shopctl looks at the books
        new = self.start_new('BothNew')
        self.under_load('both versions')

        def return_to_old():
            self.nodes.remove(new)
            new.process.send_signal(signal.SIGWINCH)     # whoever is with it is answered
            new.process.wait(60)
            time.sleep(LEASE)
            shopctl(self.env.store_uri, 'reap')
            self.migrate('--back')
        self.under_load('return to the version before', return_to_old)
        self.env.program = BEFORE_SHOPCTL
        self.under_load('the version before alone again')
        self.env.program = None
        self.under_load('shopctl migrate again', self.migrate)
        new = self.start_new('BothNewAgain')
        self.under_load('both versions again')

        def end_old():
            gone, back = self.sold_out_at_either(new)
            self.nodes.remove(self.env)
            self.env.process.send_signal(signal.SIGWINCH)
            self.env.process.wait(60)
            shopctl(self.env.store_uri, 'reap')
            self.migrate('--finish')
            stored = {str(p['_id']): p for p in self.env.store().find('products', {'category': 'Last ones'})}
            self.assertEqual({p: (stored[p]['stock'], bool(stored[p].get('sold_out'))) for p in (gone, back)},
                             {gone: (0, True), back: (1, False)})
        self.under_load('this version alone, shopctl migrate --finish', end_old)
        for b in self.crowd:
            b.edits_any = True
        self.under_load('this version alone')
        status = shopctl(self.env.store_uri, 'migrate', '--status').stdout
        self.assertIn('There is nothing to do', status)
        orders = sum(len(b.orders) for b in self.crowd)
        figure(self, 'upgrade', '%d orders by %d customers over %d stages with both versions, %d of them cancelled, '
               '%d answers "in progress", %d 503: 0 failed, verify clean at each stage' % (
                   orders, BUYERS, self.stages, *(sum(n) for n in zip(*((len(b.cancelled), b.waits, b.away)
                                                                        for b in self.crowd)))))


class LeftBehind(Versions):
    """What a process of this version left, where only the version before runs."""

    def test_what_a_process_of_this_version_left_does_not_stop_the_version_before(self):
        """It knows no claims: the customer orders on, and this version undoes or completes what is left."""
        self.migrate()
        self.env.program = None
        left = {}
        for point in ('placing.claimed', 'placing.taken', 'placing.committed'):
            for key in ({'Idempotency-Key': 'k'}, {}):
                left[point, bool(key)] = self.left_and_ordered_on(point, key)
        store = self.env.store()
        claimed = [c['_id'] for c in store.find('carts', {'ordering.o': {'$exists': True}})]
        self.assertGreaterEqual(len(claimed), 4)         # unless it saw the order, nobody ended the claim
        back = shopctl(self.env.store_uri, 'migrate', '--back', check=False)
        self.assertEqual(back.returncode, 1, back)
        self.assertIn('orders are being placed', back.stdout + back.stderr)
        shopctl(self.env.store_uri, 'verify')
        long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=LEASE + 1)
        for user in claimed:
            store.command({'update': 'carts', 'updates': [{'q': {'_id': user}, 'u': {'$set': {'ordering.at': long_ago}}}]})
        shopctl(self.env.store_uri, 'reap')
        self.assertEqual(store.find('carts', {'ordering.o': {'$exists': True}}), [])
        self.env.verify(dict.fromkeys(self.products, STOCK), within=90)
        for (point, key), (customer, orders) in left.items():
            listed = customer.get('/orders').json['items']
            self.assertEqual({o['id'] for o in listed}, orders, (point, key))
            self.assertEqual(customer.get('/cart').json['items'], [], (point, key))

    def left_and_ordered_on(self, point, key):
        """A process of this version ends at the point, and the customer asks again at the version before, twice: (the
        customer, the orders). After the commit the second intent finds its cart ordered."""
        c = self.shop.new_customer()
        for product in self.products[:2]:
            self.shop.put_in_cart(c, product, 2)
        with Twin(self.env, 'Left_%s_%d' % (point, bool(key)), point + ':exit') as twin:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.shop.place(Client(twin, token=c.token), headers=key)
            twin.until_reached(point)
            self.assertEqual(twin.loud_lines(crashed=True), [])
        placed = {str(o['_id']) for o in self.env.store().find('orders', {'user': ObjectId(c.user['id'])})}
        self.assertEqual(len(placed), point == 'placing.committed')
        r = self.shop.place(c, headers=key)
        if placed and not key:                           # another intent, and nothing is left to order
            self.assertIn((r.status, r.code), ((409, 'order_in_progress'), (409, 'cart_empty'), (422, 'cart_empty')), r)
        else:
            self.assert_status(r, 201)
            placed.add(r.json['id'])
        self.shop.put_in_cart(c, self.products[2])
        r = self.buy(c)
        placed.add(r.json['id'])
        self.assertEqual(len(placed), 2)
        return c, placed

    def buy(self, c):
        limit = time.monotonic() + PATIENCE
        while (r := self.shop.place(c)).status != 201 and time.monotonic() < limit:
            time.sleep(0.2)
        return self.assert_status(r, 201)


if __name__ == '__main__':
    unittest.main()
