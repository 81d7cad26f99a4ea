# SPDX-License-Identifier: MIT
"""A database of another version: who refuses it, what is said, and that nothing stops when it is put right."""
import re
import time
import unittest

from client import Client
from env import ALL_BUSY, Env, ShopCase, shopctl

SCHEMA = {'_id': 'schema'}


class AnotherVersion(ShopCase):
    @classmethod
    def make_env(cls):
        return Env(cls.__name__, children=4)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)                       # under prefork four children are four connections
        self.addCleanup(self.fresh, 'ok', 200)
        self.addCleanup(self.write, version=3, finished=3)

    def write(self, **members):
        store = self.env.store()
        store.command({'update': 'meta', 'updates': [{'q': SCHEMA, 'u': {'$set': members}, 'upsert': True}]})

    def ask(self, path):
        c = Client(self.env)                             # a connection of its own: whichever child answers
        c.keep_alive = False
        return c.get(path)

    def fresh(self, schema, status):
        """Until every child has read the document again: at most some seconds after readiness asked it to."""
        limit, alike = time.monotonic() + 90, 0
        while alike < 12:
            r = self.ask('/health/ready')
            alike = alike + 1 if (r.status, r.json['schema']) == (status, schema) else 0
            self.assertLess(time.monotonic(), limit, 'readiness says %d %s' % (r.status, r.json))
            time.sleep(0.1)

    def until(self, path, status):
        """Whichever child answers: one that nobody asks looks with its heartbeat, once a minute."""
        limit = time.monotonic() + 90
        while (r := self.ask(path)).status != status and time.monotonic() < limit:
            time.sleep(0.2)
        return r

    def test_a_newer_one_is_refused_and_taken_again(self):
        self.expect_log('SHOP0107', 'SHOP0300')
        product = self.shop.add_product(stock=5)
        self.assert_status(self.ask('/products/' + product['id']), 200)
        mark = self.env.mark()
        self.write(version=7, finished=7)
        self.fresh('newer', 503)
        for path in ('/products', '/products/' + product['id'], '/openapi.json'):
            self.assert_problem(self.until(path, 503), 503, 'unavailable')
        self.assert_status(self.ask('/health/live'), 200)
        self.assertEqual(self.ask('/health/ready').json['mongodb'], 'ok')
        line = re.search(r'SHOP0107: .*', self.env.error_text(mark))[0]
        for word in ('schema 7', 'knows 3', 'shopctl migrate --status'):
            self.assertIn(word, line)
        for words in (['reap'], ['migrate'], ['migrate', '--back'], ['migrate', '--finish'], ['init']):
            done = shopctl(self.env.store_uri, *words, check=False)
            self.assertEqual(done.returncode, 1, done)
            self.assertRegex(done.stderr, 'schema 7.*knows 3')
        self.assertIn('This version cannot work with the database',
                      shopctl(self.env.store_uri, 'migrate', '--status').stdout)
        self.write(version=3, finished=3)
        self.fresh('ok', 200)
        self.assert_status(self.until('/products/' + product['id'], 200), 200)

    def test_a_newer_one_that_is_not_finished_serves_both_versions(self):
        self.write(version=7, finished=3)
        time.sleep(6)                                    # readiness believes what it read for five seconds
        self.fresh('ok', 200)
        self.assert_status(self.ask('/products'), 200)
        shopctl(self.env.store_uri, 'reap')
        shopctl(self.env.store_uri, 'init')              # of the version before, as at every start of a container
        done = shopctl(self.env.store_uri, 'migrate', '--back', check=False)
        self.assertEqual(done.returncode, 1, done)

    def test_one_of_before_migrations_is_taken_as_it_is(self):
        self.env.store().command({'delete': 'meta', 'deletes': [{'q': SCHEMA, 'limit': 1}]})
        time.sleep(6)
        self.fresh('ok', 200)
        c, product = self.shop.new_customer(), self.shop.add_product(stock=5)
        self.shop.put_in_cart(c, product['id'])
        self.assert_status(self.shop.place(c), 201)
        self.assertIn('was not migrated yet', shopctl(self.env.store_uri, 'migrate', '--status').stdout)
        self.assertIn('schema 3, finished up to 1', shopctl(self.env.store_uri, 'migrate').stdout)
        self.shop.put_in_cart(c, product['id'])
        self.assert_status(self.shop.place(c), 201)


if __name__ == '__main__':
    unittest.main()
