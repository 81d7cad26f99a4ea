# SPDX-License-Identifier: MIT
"""Every query the shop sends is answered from an index, in the index's order, and looks at little more than it returns.

httpd, shopctl and the reaper reach the store through a proxy that overhears them while every operation of the API
runs, every list with every filter and order. Each distinct query is then explained by the store. What a server does
not report is said, and not judged: see `Reports`.
"""
import itertools
import json
import os
import re
import time
import unittest

from client import stamp
from env import STORE_AWAY, Env, ShopCase, first_host, need, proxied_uri, shopctl
from queries import Overheard, best_index, delivers, explain
from servers import Proxy
from wire import Store

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
SCAN = 'COLLSCAN'

# Queries that may do what others may not: which fault, and the reason. One that none of the queries needs is an error.
EXCEPTIONS = (
    ('update products {_id: {$in: [?]}, stock: {$lte: ?}, sold_out: {$ne: ?}}', ' keys for ',
     'it looks at the products of a batch of orders by their ids, and most have not sold out'),
    ('aggregate coupons {}', '', 'how many there are, counted up to a cap: no condition an index could serve'),
)

# What must have gone by, or the test has not asked for everything: statements of orders and of the reaper.
STATEMENTS = ('update products {_id: ?, deleted_at: ?, price: ?, stock: {$gte: ?}, holds.o: {$ne: ?}, voids.o: {$ne: ?}',
              'update products {_id: {$in: [?]}, stock: {$lte: ?}, sold_out: {$ne: ?}}',
              'find carts {ordering.at: ', 'find products {backs.at: ', 'find coupons {backs.at: ',
              'update products {voids.at: ', 'update coupons {voids.at: ')
# What must not: an index for it would make every order slower.
WITHOUT = ('products {holds.at', 'coupons {holds.at')


class Reports:
    """What this server's explain can be believed in."""

    def __init__(self, store):
        docs = [{'_id': i, 'a': i % 5, 'b': i, 'c': i % 2} for i in range(500)]
        store.command({'insert': 'probe', 'documents': docs})
        store.command({'createIndexes': 'probe', 'indexes': [{'key': {'a': 1, 'b': 1}, 'name': 'ab'}]})
        listed = explain(store, {'find': 'probe', 'filter': {'a': 2}, 'sort': {'b': 1}, 'limit': 10})
        chosen = explain(store, {'find': 'probe', 'filter': {'_id': 4, 'c': 0}})
        scan = explain(store, {'find': 'probe', 'filter': {'c': 1}})
        store.command({'drop': 'probe'})
        if SCAN not in scan.names or listed.indexes != ['ab']:
            raise AssertionError('explain of this server tells nothing: %r, %r' % (scan.names, listed.names))
        self.sorts = 'SORT' not in listed.names
        self.limits = listed.keys is not None and listed.keys <= 11
        self.chooses = SCAN not in chosen.names

    def __str__(self):
        return ''.join('; NOT TRIED: ' + text for known, text in (
            (self.chooses, 'this server takes no index when the query has further conditions: it was told which'),
            (self.sorts, 'it does not say whether it sorts: the keys of the index were judged'),
            (self.limits, 'it reads the whole range before a limit: keys were counted without limits')) if not known)


class EveryQuery(ShopCase):
    @classmethod
    def make_env(cls):
        cls.proxy, cls.heard = Proxy(*first_host(need('SHOP_MONGO_URI'))), Overheard()
        cls.addClassCleanup(cls.proxy.close)
        cls.proxy.on_request = cls.heard
        # without a cache every read is a query
        return Env(cls.__name__, mongo_uri=lambda uri: proxied_uri(uri, cls.proxy.port),
                   extra='ShopCacheTTL products=0 categories=0')

    def ask(self, client, method, path, *statuses, body=None, **kw):
        if body is not None:
            kw['json_body'] = body
        r = self.shop.must(client.request(method, path, **kw), *statuses)
        if r.status < 300:
            self.asked.add((method, path.split('?')[0]))
        return r.json if r.body else None

    # -- everything the API can be asked -----------------------------------------------------------------------------

    def everything(self):
        self.asked = set()
        admin, buyer, other = self.shop.admin(), self.shop.new_customer(), self.shop.new_customer()
        self.accounts()
        products = self.catalogue(admin)
        coupon = self.coupons(admin)
        self.orders(admin, buyer, products, coupon)
        self.orders(admin, other, products, coupon)
        self.order_lists(admin, buyer)
        for path in ('/', '/health/live', '/health/ready', '/openapi.json'):
            self.ask(self.shop.anonymous(), 'GET', path, 200)
        self.ask(admin, 'DELETE', '/coupons/' + self.shop.add_coupon()['code'], 200, 204)
        self.ask(admin, 'DELETE', '/products/' + products[-1], 200, 204)
        for words in (('reap',), ('verify',)):
            shopctl(self.env.mongo_uri, *words)
        time.sleep(3)                                    # a turn of httpd's own reaper

    def accounts(self):
        c = self.shop.anonymous()
        c.credentials = self.shop.credentials()
        self.ask(c, 'POST', '/auth/register', 201, body=c.credentials)
        pair = self.ask(c, 'POST', '/auth/login', 200,
                        body={k: c.credentials[k] for k in ('email', 'password')})
        c.token = pair['access_token']
        self.ask(c, 'GET', '/auth/me', 200)
        self.ask(c, 'PATCH', '/auth/me', 200, body={'username': c.credentials['username'] + 'x'})
        fresh = self.ask(c, 'POST', '/auth/refresh', 200, token=pair['refresh_token'])
        c.token = fresh['access_token']
        self.ask(c, 'POST', '/auth/me/password', 204, 200, body={
            'current_password': c.credentials['password'], 'new_password': c.credentials['password'] + 'x'})
        pair = self.shop.login(c.credentials['email'], c.credentials['password'] + 'x')
        self.ask(c, 'POST', '/auth/logout', 200, token=pair['access_token'])

    def catalogue(self, admin):
        made = []
        for i in range(60):
            body = {'name': '%s lamp %d' % (('red', 'blue')[i % 2], i), 'price': 5 + i, 'stock': 0 if 20 <= i < 23 else 100,
                    'featured': i % 3 == 0, 'category': ('Lamps', 'Things')[i % 4 == 3],
                    'description': 'a lamp for reading'}
            made.append(self.ask(admin, 'POST', '/products', 201, body=body)['id'])
        path = '/products/' + made[0]
        self.ask(admin, 'GET', path, 200)
        self.ask(admin, 'PATCH', path, 200, body={'price': 4.5})
        self.ask(admin, 'PUT', path, 200, body={'name': 'red lamp', 'price': 4.25, 'category': 'Lamps', 'stock': 100})
        for n in range(3):
            self.ask(admin, 'POST', path + '/stock', 200, body={'delta': 1, 'reason': 'found'},
                     headers={'Idempotency-Key': 'found-%d' % n})
        self.ask(admin, 'POST', path + '/stock', 200, body={'set': 100, 'reason': 'counted'})
        self.pages(admin, path + '/stock')
        anyone = self.shop.anonymous()
        for *filters, sort in itertools.product(
                ('', '&category=Lamps'), ('', '&q=lamp', '&q=red+lamp'), ('', '&featured=true'),
                ('', '&min_price=8&max_price=60&in_stock=true'),
                ('', 'name', '-name', 'price', '-price', 'created_at', '-created_at', 'relevance')):
            filters = ''.join(filters)
            if sort != 'relevance' or 'q=' in filters:
                self.pages(anyone, '/products', filters + ('&sort=' + sort if sort else ''))
        for filters in ('&min_price=8', '&max_price=60', '&in_stock=true', '&featured=false'):
            self.pages(anyone, '/products', filters)
        for filters in itertools.product(('', '&category=Lamps'), ('', '&q=lamp'), ('', '&sort=name', '&sort=-price')):
            self.pages(anyone, '/products', '&in_stock=false' + ''.join(filters))
        self.pages(anyone, '/products/featured')
        self.ask(anyone, 'GET', '/categories', 200)
        return made

    def pages(self, client, path, filters=''):
        """The first page, counted, and the second."""
        first = self.ask(client, 'GET', '%s?limit=2&count=true%s' % (path, filters), 200)
        if first['next_cursor']:
            self.ask(client, 'GET', '%s?limit=2%s&cursor=%s' % (path, filters, first['next_cursor']), 200)

    def coupons(self, admin):
        code = self.ask(admin, 'POST', '/coupons', 201, body={
            'code': 'EXPLAIN', 'discount_percent': 10, 'usage_limit': 100, 'usage_limit_per_user': 50,
            'valid_from': stamp(-86400), 'valid_until': stamp(86400)})['code']
        for _ in range(4):
            self.shop.add_coupon()
        self.ask(admin, 'GET', '/coupons/' + code, 200)
        self.ask(admin, 'PATCH', '/coupons/' + code, 200, body={'discount_percent': 11})
        self.pages(admin, '/coupons')
        return code

    def orders(self, admin, buyer, products, coupon):
        made = []
        for n in range(6):
            for product in products[n:n + 3]:
                self.ask(buyer, 'POST', '/cart', 200, body={'product_id': product, 'quantity': 2})
            self.ask(buyer, 'GET', '/cart', 200)
            self.ask(buyer, 'PUT', '/cart/' + products[n], 200, body={'quantity': 3})
            self.ask(buyer, 'DELETE', '/cart/' + products[n], 200, 204)
            self.ask(buyer, 'POST', '/cart/quote', 200, body={'coupon_code': coupon})
            body = self.shop.order_body(**({'coupon_code': coupon} if n % 2 else {}))
            key = {'Idempotency-Key': 'explain-%d' % n} if n != 2 else {}
            order = self.ask(buyer, 'POST', '/orders', 201, body=body, headers=key)
            if key:                                      # again, for the reply that was kept
                self.ask(buyer, 'POST', '/orders', 201, body=body, headers=key)
            made.append(order['id'])
        self.shop.put_in_cart(buyer, products[0])
        self.ask(buyer, 'DELETE', '/cart', 200, 204)
        self.ask(buyer, 'GET', '/orders/' + made[0], 200)
        for order in made[:2]:
            self.ask(buyer, 'POST', '/orders/%s/cancel' % order, 200)
        path = '/orders/' + made[2]
        self.ask(admin, 'PATCH', path, 200, body={'status': 'paid', 'note': 'explained'})
        refund = self.ask(admin, 'POST', path + '/refunds', 201, body={'amount': 1, 'restock': False},
                          headers={'Idempotency-Key': 'refund'})
        self.ask(admin, 'POST', path + '/refunds', 201, body={'amount': 1, 'restock': True})
        self.ask(admin, 'GET', path + '/refunds', 200)
        self.ask(admin, 'GET', '%s/refunds/%s' % (path, refund['id']), 200)

    def order_lists(self, admin, buyer):
        self.pages(buyer, '/orders')
        for status in ('', '&status=pending', '&status=cancelled', '&status=paid'):
            self.pages(buyer, '/orders', status)
            for user in ('', '&user_id=' + buyer.user['id']):
                self.pages(admin, '/orders', status + user)

    # -- and how it is answered --------------------------------------------------------------------------------------

    def indexes(self, store, collection):
        found = store.command({'listIndexes': collection})['cursor']['firstBatch']
        return {i['name']: i['key'] for i in found}

    def judge_plan(self, store, query, known):
        """(what is wrong, the table's line)"""
        indexes, wrong, hint = self.indexes(store, query.collection), [], None
        plan = explain(store, query.as_find())
        if SCAN in plan.names and not known.chooses:
            hint = best_index(indexes, query.query, query.sort)
            plan = explain(store, query.as_find(hint=hint)) if hint else plan
        free = plan if known.limits else explain(store, query.as_find(with_sort=False, hint=hint))
        index = plan.indexes[0] if plan.indexes else None
        if SCAN in plan.names or index is None:
            wrong.append('a walk over the whole collection')
        if known.sorts and 'SORT' in plan.names:
            wrong.append('sorted by the server')
        if index and query.sort and not delivers(indexes[index], query.query, query.sort):
            wrong.append('the keys of %s do not come in that order' % index)
        if free.keys > 3 * max(1, free.returned) + 1:
            wrong.append('%d keys for %d documents' % (free.keys, free.returned))
        return wrong, '%-17s%1s%6s keys %6s docs  %s' % (index, '*' if hint else '', free.keys, free.returned, query)

    def sees_a_missing_index(self, store, known):
        """The same judge, when indexes are gone: a list in the wrong order, and a look-up by nothing. Without `own` alone
        a walk along `all` in the right order would find the few orders of this test after hardly more keys."""
        for start, end, gone in (('find orders {user: ?', 'sort -created_at,-_id limit', ('own', 'all')),
                                 ('find users {email_key: ?}', 'limit', ('users_email_key',))):
            query = next(q for text, q in self.heard.shapes.items() if text.startswith(start) and text.endswith(end))
            self.assertEqual(self.judge_plan(store, query, known)[0], [])
            for index in gone:
                store.command({'dropIndexes': query.collection, 'index': index})
            self.assertNotEqual(self.judge_plan(store, query, known)[0], [], 'nobody misses the index %s' % gone[0])

    def test_every_query_has_its_index(self):
        self.expect_log(*STORE_AWAY)
        self.everything()
        self.assertEqual(self.heard.broken, [])
        with open(os.path.join(ROOT, 'docs/openapi.json')) as f:
            paths = json.load(f)['paths']
        for template, operations in paths.items():
            form = re.compile(re.sub(r'\\\{\w+\\\}', '[^/]+', re.escape(template)) + '$')
            for method in set(operations) & {'get', 'post', 'put', 'patch', 'delete'}:
                self.assertTrue([1 for m, p in self.asked if m == method.upper() and form.match(p)],
                                '%s %s was never asked' % (method, template))
        shapes = list(self.heard.shapes)
        for start in STATEMENTS:
            self.assertTrue([s for s in shapes if s.startswith(start)], '%s: not heard, but %s' % (start, '\n'.join(shapes)))
        self.assertEqual([s for s in shapes for part in WITHOUT if part in s], [])
        store = Store(self.env.store_uri, self.env.database)
        known = Reports(store)
        wrong, used = [], set()
        for query in self.heard.shapes.values():
            faults, line = self.judge_plan(store, query, known)
            excused = [e for e in EXCEPTIONS if e[0] == str(query)]
            used.update(excused)
            print('explain: ' + line, flush=True)
            wrong += ['%s: %s' % (query, f) for f in faults if not [e for e in excused if e[1] in f]]
        self.sees_a_missing_index(store, known)
        store.close()
        print('figure explain: %d queries of %d operations, each from an index%s' % (
            len(self.heard.shapes), sum(len(o) for o in paths.values()), known), flush=True)
        self.assertEqual(wrong, [], '\n' + '\n'.join(wrong))
        self.assertEqual(set(EXCEPTIONS) - used, set(), 'exceptions that nothing needs')


class Judges(unittest.TestCase):
    """The rules themselves, so that a green run means something."""

    def test_an_order_an_index_gives(self):
        keys = {'user': 1, 'created_at': -1, '_id': -1}
        self.assertTrue(delivers(keys, {'user': 1}, {'created_at': -1, '_id': -1}))
        self.assertTrue(delivers(keys, {'user': 1}, {'created_at': 1, '_id': 1}))
        self.assertTrue(delivers(keys, {'$and': [{'user': 1}, {'created_at': {'$lt': 5}}]}, {'created_at': -1}))
        self.assertTrue(delivers(keys, {'user': {'$in': [1]}}, {'created_at': -1}))

    def test_an_order_it_does_not_give(self):
        keys = {'user': 1, 'created_at': -1, '_id': -1}
        self.assertFalse(delivers(keys, {}, {'created_at': -1, '_id': -1}))
        self.assertFalse(delivers(keys, {'user': {'$in': [1, 2]}}, {'created_at': -1}))
        self.assertFalse(delivers(keys, {'user': {'$gt': 1}}, {'created_at': -1}))
        self.assertFalse(delivers(keys, {'user': 1}, {'created_at': -1, '_id': 1}))
        self.assertFalse(delivers(keys, {'user': 1}, {'total': 1}))


if __name__ == '__main__':
    unittest.main()
