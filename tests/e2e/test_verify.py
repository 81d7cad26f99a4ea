# SPDX-License-Identifier: MIT
"""`shopctl verify`: what it prints and how it ends. What it finds is tested in tests/contract."""
import datetime
import json
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
                                               'busy': False}])
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

    def test_a_store_that_is_away(self):
        done = shopctl('mongodb://127.0.0.1:1/shop', 'verify', check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ''))
        self.assertIn('shopctl: ', done.stderr)
        self.assertEqual(shopctl(self.env.store_uri, 'verify', '--nonsense', check=False).returncode, 2)


if __name__ == '__main__':
    unittest.main()
