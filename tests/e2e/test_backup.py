# SPDX-License-Identifier: MIT
"""The drill of docs/backup.md: dump, lose the database, restore it without indexes, migrate, verify."""
import time

from client import Client
from env import STORE_AWAY, ShopCase, shopctl
from pace import pace

LOOKED = 11.0                                            # a child looks for its indexes every ten seconds


class DrillCase(ShopCase):
    env_options = {'children': 2, 'threads': 8}

    def setUp(self):
        super().setUp()
        self.expect_log('SHOP0104', 'SHOP0107', *STORE_AWAY)

    def trade(self):
        """Customers, products, a coupon, and orders of each kind."""
        self.products = [self.shop.add_product(stock=10)['id'] for _ in range(3)]
        self.coupon = self.shop.add_coupon(usage_limit=5)['code']
        self.buyers = self.shop.customers(3)
        self.orders = [self.order(c, coupon_code=self.coupon) for c in self.buyers]
        self.shop.must(self.buyers[0].post('/orders/%s/cancel' % self.orders[0]), 200)
        self.shop.put_in_cart(self.buyers[2], self.products[0])      # and a full cart

    def order(self, c, **members):
        for product in self.products:
            self.shop.put_in_cart(c, product)
        return self.shop.must(self.shop.place(c, **members), 201).json['id']

    def dump(self, between=lambda collection: None):
        store = self.env.store()
        kept = {}
        for name in store.collections():
            kept[name] = store.dump(name)
            between(name)
        return {name: documents for name, documents in kept.items() if documents}

    def lose(self):
        self.env.store().command({'dropDatabase': 1})

    def restore(self, kept):
        for name, documents in kept.items():
            self.env.store().load(name, documents)

    def indexes(self, collection):
        r = self.env.store().command({'listIndexes': collection})
        return [index['name'] for index in r['cursor']['firstBatch']]

    def one(self, token=None):
        c = Client(self.env, token=token)
        c.keep_alive = False
        return c

    def ready(self):
        return {self.one().get('/health/ready').status for _ in range(6)}

    def until_ready(self, status):
        limit = time.monotonic() + 180
        while self.ready() != {status}:
            self.assertLess(time.monotonic(), limit, 'readiness is not %d' % status)
            time.sleep(0.5)

    def until_looked(self):
        since = time.monotonic()
        while time.monotonic() - since < pace.allowed(LOOKED, since):
            time.sleep(0.2)

    def nothing_is_written(self, buyer, *statuses):
        """What rests on a unique index is refused by every child, and leaves nothing behind."""
        person = {'username': 'late', 'email': 'late@example.com', 'password': 'correct horse'}
        for _ in range(8):
            self.assert_problem(self.one().post('/auth/register', person), 503, 'unavailable')
            self.assert_problem(self.shop.place(self.one(buyer.token)), statuses, ('unavailable', 'token_revoked'))
        self.assertEqual(self.env.store().find('users', {'email_key': 'late@example.com'}), [])

    def serves_again(self):
        self.until_ready(200)
        c = self.shop.sign_in(self.buyers[1])
        self.assertEqual([o['id'] for o in c.get('/orders').json['items']], [self.orders[1]])
        limit = time.monotonic() + 60                    # each child looks for itself
        for product in self.products:
            self.shop.put_in_cart(c, product)
        while (r := self.shop.place(c)).status == 503 and time.monotonic() < limit:
            time.sleep(0.2)
        self.assert_status(r, 201)
        self.assert_problem(self.shop.anonymous().post('/auth/register', self.buyers[0].credentials), 409)
        self.env.audit()


class Drill(DrillCase):
    def test_dump_lose_restore_migrate_verify(self):
        self.trade()
        kept = self.dump()
        stock = [self.shop.stock(p) for p in self.products]
        self.lose()
        self.until_looked()
        self.nothing_is_written(self.buyers[1], 401, 503)     # the sessions are lost as well
        self.restore(kept)
        self.assertEqual(self.dump(), kept)
        self.nothing_is_written(self.buyers[2], 503)     # not yet: the dump had no indexes
        self.until_ready(503)
        self.env.graceful()                              # and new children look at once
        time.sleep(1)
        self.nothing_is_written(self.buyers[2], 503)
        self.assertEqual(self.indexes('users'), ['_id_'])
        shopctl(self.env.store_uri, 'migrate')
        self.assertIn('users_email_key', self.indexes('users'))
        self.env.audit()
        self.assertEqual(self.dump()['orders'], kept['orders'])
        self.serves_again()
        self.assertEqual([self.shop.stock(p) for p in self.products], [n - 1 for n in stock])


class LiveDump(DrillCase):
    def sell(self):
        """One more order. While its reservations stand, a product that names an order which is not in the dump is that
        of an order being placed, and in order for two leases."""
        self.order(self.buyers[2])
        self.env.verify()

    def test_a_dump_of_a_shop_that_sells_is_repaired(self):
        """Orders were placed while the dump went from collection to collection."""
        self.trade()
        kept = self.dump(between=lambda name: self.sell() if name == 'orders' else None)
        self.lose()
        self.restore(kept)
        shopctl(self.env.store_uri, 'migrate')
        found = shopctl(self.env.store_uri, 'verify', check=False)
        self.assertNotIn(': clean', found.stdout)
        shopctl(self.env.store_uri, 'verify', '--repair', check=False)
        self.serves_again()
