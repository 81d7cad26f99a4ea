# SPDX-License-Identifier: MIT
"""`shopctl verify`: what it prints and how it ends. What it finds is tested in tests/contract."""
import datetime
import json
import time
import unittest

from env import ShopCase, shopctl
from wire import ObjectId


class Verify(ShopCase):
    audited = True                                       # each test leaves the books in order

    def setUp(self):
        super().setUp()
        self.customer = self.shop.new_customer()
        self.product = self.shop.add_product(stock=10)
        self.shop.put_in_cart(self.customer, self.product['id'], 3)
        self.order = self.assert_status(self.shop.place(self.customer), 201).json

    def verify(self, *options):
        return shopctl(self.env.store_uri, 'verify', *options, check=False)

    def spoil(self):
        self.env.store().set('products', self.product['id'], stock=9)

    def test_clean(self):
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'\Averify: database \S+ at \S+:\d+: \d+ products, 0 coupons, \d+ orders: clean\n\Z')

    def test_a_drift_is_named_then_repaired(self):
        self.spoil()
        said = 'product %s stock: stored 9, computed 7' % self.product['id']
        done = self.verify()
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (1, said))
        self.assertRegex(done.stdout.splitlines()[1], r': 1 drifts, 0 repaired$')
        self.assertEqual(self.verify().stdout, done.stdout, 'looking changed something')
        done = self.verify('--repair')
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, said + '; repaired'))
        self.assertRegex(done.stdout.splitlines()[1], r': 1 drifts, 1 repaired$')
        self.assertEqual(self.verify('--repair').returncode, 0)
        stored, = self.env.store().find('products', {'_id': ObjectId(self.product['id'])})
        self.assertEqual(stored['stock'], 7)

    def test_json(self):
        self.spoil()
        done = self.verify('--json')
        report = json.loads(done.stdout)
        self.assertEqual((done.returncode, report['clean'], report['drifts'], report['repaired']), (1, False, 1, 0))
        self.assertEqual(report['findings'], [{'kind': 'product', 'id': self.product['id'], 'member': 'stock',
                                               'stored': 9, 'computed': 7, 'detail': None, 'repaired': False,
                                               'busy': False, 'leftover': False}])
        done = self.verify('--json', '--repair')
        self.assertEqual((done.returncode, json.loads(done.stdout)['repaired']), (0, 1))
        report = json.loads(self.verify('--json').stdout)
        self.assertEqual((report['clean'], report['findings'], report['busy']), (True, [], 0))

    def test_an_order_past_its_lease_is_finished_by_repair(self):
        long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        self.env.store().set('orders', self.order['id'], unfinished=True, lease_at=long_ago)
        self.assertEqual(self.verify('--repair').returncode, 0)
        stored, = self.env.store().find('orders', {'_id': ObjectId(self.order['id'])})
        self.assertNotIn('unfinished', stored)

    def hold(self, order, product, quantity, ago_s, user=None):
        """Adds a reservation to the product as an order of the customer leaves it that many seconds ago."""
        made = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
        self.env.store().command({'update': 'products', 'updates': [
            {'q': {'_id': ObjectId(product['id'])},
             'u': {'$push': {'holds': {'o': ObjectId(order), 'u': ObjectId(user or self.customer.user['id']), 'q': quantity,
                                       'at': made}}, '$inc': {'stock': -quantity}}}]})

    def stored(self, collection, key):
        found = self.env.store().find(collection, {'_id': ObjectId(key)})
        return found[0] if found else None

    def until_confirmed(self):
        deadline = time.monotonic() + 10
        while self.stored('products', self.product['id']).get('holds') and time.monotonic() < deadline:
            time.sleep(0.05)

    def test_an_order_that_is_being_placed_is_no_drift(self):
        self.until_confirmed()
        self.hold('f' * 24, self.product, 2, ago_s=30)
        done = self.verify('--repair')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r': clean\n\Z')
        self.assertEqual(self.stored('products', self.product['id'])['stock'], 5)
        self.assertIsNone(self.stored('orders', 'f' * 24))
        self.env.store().set('products', self.product['id'], stock=7, holds=[])

    def test_what_an_order_took_that_was_never_placed_is_given_back(self):
        never = 'e' * 24
        self.until_confirmed()
        self.hold(never, self.product, 2, ago_s=90)
        said = 'product %s holds: names order %s, which is not there' % (self.product['id'], never)
        done = self.verify()
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (1, said))
        done = self.verify('--repair')
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, said + '; repaired'))
        product = self.stored('products', self.product['id'])
        self.assertEqual((product['stock'], product['holds']), (7, []))
        self.assertEqual([str(void['o']) for void in product['voids']], [never])
        self.assertEqual(self.stored('orders', never)['status'], 'failed')     # and will never be placed
        self.assertRegex(self.verify().stdout, r': clean\n\Z')

    def test_a_leftover_of_a_placed_order_does_not_change_the_exit_status(self):
        self.until_confirmed()
        self.env.store().set('products', self.product['id'], stock=10)
        self.hold(self.order['id'], self.product, 3, ago_s=90)
        said = 'product %s holds: order %s is placed and not confirmed' % (self.product['id'], self.order['id'])
        done = self.verify()
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, said + '; the numbers are right'))
        self.assertRegex(done.stdout.splitlines()[1], r': clean, 1 leftovers, 0 completed$')
        report = json.loads(self.verify('--json').stdout)
        self.assertEqual((report['clean'], report['drifts'], report['leftovers'], report['completed']),
                         (True, 0, 1, 0))
        self.assertEqual([f['leftover'] for f in report['findings']], [True])
        done = self.verify('--repair')
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, said + '; completed'))
        self.assertRegex(done.stdout.splitlines()[1], r': clean, 1 leftovers, 1 completed$')
        product = self.stored('products', self.product['id'])
        self.assertEqual((product['stock'], product['holds']), (7, []))
        self.assertRegex(self.verify().stdout, r': clean\n\Z')

    def test_a_cart_that_nobody_resolved_is_resolved_by_repair(self):
        long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=11)
        never = 'd' * 24
        self.env.store().set('carts', self.customer.user['id'],
                             ordering={'o': ObjectId(never), 'at': long_ago, 'rev': 1, 'lines': []})
        self.assertEqual(self.verify('--repair').returncode, 0)
        self.assertNotIn('ordering', self.stored('carts', self.customer.user['id']))
        self.assertEqual(self.stored('orders', never)['status'], 'failed')

    def test_a_product_in_stock_is_not_marked_as_sold_out(self):
        self.env.store().set('products', self.product['id'], sold_out=True)
        said = 'product %s sold_out: is set, and the stock is 7' % self.product['id']
        done = self.verify()
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (1, said))
        done = self.verify('--repair')
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, said + '; repaired'))
        self.assertIs(self.stored('products', self.product['id'])['sold_out'], False)

    def test_a_store_that_is_away(self):
        done = shopctl('mongodb://127.0.0.1:1/shop', 'verify', check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ''))
        self.assertIn('shopctl: ', done.stderr)
        self.assertEqual(shopctl(self.env.store_uri, 'verify', '--nonsense', check=False).returncode, 2)


if __name__ == '__main__':
    unittest.main()
