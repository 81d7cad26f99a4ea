# SPDX-License-Identifier: MIT
"""How many commands to the store an order takes, as `%{SHOP_DB_COMMANDS}n` logs it: docs/orders.md, "Cost"."""
import time
import unittest

from env import Env, ShopCase, mpm_name

ORDER, KEY, COUPON = 7, 1, 4                             # with the session; more with a key; with a coupon of two limits
LINES = 100                                              # the most a cart has
LOG = 'commands.log'


class Orders(ShopCase):
    @classmethod
    def make_env(cls):
        return Env(cls.__name__, children=2 if mpm_name() == 'prefork' else 1, threads=8,
                   extra='CustomLog logs/%s "%%{SHOP_DB_COMMANDS}n %%{X-Case}i"' % LOG)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cases = 0
        cls.products = [cls.shop.add_product(stock=1000)['id'] for _ in range(LINES)]
        cls.limits = {'usage_limit': 1000, 'usage_limit_per_user': 1000}
        for _ in range(4):                               # what a child reads once
            c = cls.shop.new_customer()
            cls.shop.put_in_cart(c, cls.products[0])
            cls.shop.must(cls.shop.place(c), 201)

    def commands(self, act):
        """(the answer of act(headers), the commands of that request). httpd logs behind its reply."""
        type(self).cases += 1
        case, path = 'case-%d' % self.cases, self.env.access_log.replace('access.log', LOG)
        r = act({'X-Case': case})
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            found = [line.split()[0] for line in self.env.text(path).splitlines() if line.endswith(' ' + case)]
            if found:
                return r, int(found[0])
            time.sleep(0.02)
        self.fail('httpd did not log the request')

    def empty_handed(self):
        return self.shop.customers(1)[0]                 # keeps no connection, which would hold a process of prefork

    def buyer(self, lines=1):
        c = self.empty_handed()
        for product in self.products[:lines]:
            self.shop.put_in_cart(c, product)
        return c

    def placed(self, lines, key=None, **members):
        c = self.buyer(lines)
        more = {'Idempotency-Key': key} if key else {}
        r, n = self.commands(lambda h: self.shop.place(c, headers={**h, **more}, **members))
        self.assert_status(r, 201)
        self.assertEqual(len(r.json['items']), lines)
        return n

    def refused(self, c, code, key=None, **members):
        more = {'Idempotency-Key': key} if key else {}
        r, n = self.commands(lambda h: self.shop.place(c, headers={**h, **more}, **members))
        self.assertEqual((r.status // 100, r.code), (4, code), r)
        return n

    def test_an_order(self):
        found = {}
        for lines in (1, 2, LINES):
            with self.subTest(lines=lines):
                found[lines] = self.placed(lines)
                self.assertLessEqual(found[lines], ORDER)
        print('commands: orders of %s lines take %s' % (list(found), list(found.values())), flush=True)

    def test_an_order_with_a_key(self):
        for lines in (1, LINES):
            with self.subTest(lines=lines):
                self.assertLessEqual(self.placed(lines, key='k'), ORDER + KEY)

    def test_an_order_with_a_coupon(self):
        coupon, free = self.shop.add_coupon(**self.limits)['code'], self.shop.add_coupon()['code']
        for lines in (1, LINES):
            with self.subTest(lines=lines):
                self.assertLessEqual(self.placed(lines, coupon_code=coupon), ORDER + COUPON)
                self.assertLessEqual(self.placed(lines, key='k', coupon_code=coupon), ORDER + KEY + COUPON)
        self.assertLessEqual(self.placed(1, coupon_code=free), ORDER + 1)
        c, found = self.empty_handed(), []
        for _ in range(3):                               # the user's first use, and others
            self.shop.put_in_cart(c, self.products[0])
            r, n = self.commands(lambda h: self.shop.place(c, headers=h, coupon_code=coupon))
            self.assert_status(r, 201)
            found.append(n)
        self.assertLessEqual(max(found), ORDER + COUPON)
        print('commands: orders of one user with a coupon of two limits take %s' % found, flush=True)

    def test_what_a_cart_became_meanwhile_costs_nothing_more(self):
        """A product that was deleted, one that is there twice."""
        gone, c = self.shop.add_product(stock=5)['id'], self.buyer(3)
        self.shop.put_in_cart(c, gone)
        self.shop.put_in_cart(c, self.products[0], 2)
        self.assert_status(self.shop.admin().delete('/products/' + gone), 204, 200)
        r, n = self.commands(lambda h: self.shop.place(c, headers=h))
        self.assert_status(r, 201)
        self.assertLessEqual(n, ORDER)

    def test_the_same_key_again(self):
        c, key = self.buyer(), {'Idempotency-Key': 'again'}
        first = self.assert_status(self.shop.place(c, headers=key), 201)
        r, n = self.commands(lambda h: self.shop.place(c, headers={**h, **key}))
        self.assertEqual((r.status, r.body), (201, first.body))
        self.assertLessEqual(n, 3)                       # session, order, and whether its cart was cleared
        self.shop.put_in_cart(c, self.products[1])
        r, n = self.commands(lambda h: self.shop.place(c, headers={**h, **key}, notes='another body'))
        self.assertIn(r.code, ('idempotency_mismatch', 'validation_failed'))
        self.assertLessEqual(n, 2)

    def test_refusals_write_nothing_and_take_five_at_most(self):
        """Session, cart, products and the coupon, and the cart once more before the customer is told; with a key its
        order at the beginning and at the end."""
        few, coupon = self.shop.add_product(stock=1)['id'], self.shop.add_coupon(usage_limit=1, usage_limit_per_user=1)
        self.placed(1, coupon_code=coupon['code'])
        short = self.buyer(2)
        self.shop.put_in_cart(short, few)
        self.env.store().set('products', few, stock=0)
        for key, more in ((None, 0), ('k', 2)):
            with self.subTest(key=key):
                c = self.empty_handed()
                self.assertLessEqual(self.refused(c, 'cart_empty', key), 3 + more)
                self.assertLessEqual(self.refused(short, 'out_of_stock', key), 4 + more)
                c = self.buyer(LINES)
                self.assertLessEqual(self.refused(c, 'total_changed', key, expected_total=1), 4 + more)
                self.assertLessEqual(self.refused(c, 'coupon_not_applicable', key, coupon_code='NONE'), 5 + more)
                self.assertLessEqual(self.refused(c, 'coupon_exhausted', key, coupon_code=coupon['code']), 6 + more)
        self.assertEqual([d for d in self.env.store().find('carts', {'ordering': {'$exists': True}})], [])


if __name__ == '__main__':
    unittest.main()
