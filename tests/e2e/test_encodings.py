# SPDX-License-Identifier: MIT
"""Catalogue replies in other codings: whoever decodes them, and whoever keeps them in between, gets the same bytes."""
import gzip
import re
import subprocess
import unittest

from client import Client
from env import ShopCase

CACHE_LOG = r'''CustomLog logs/cache.log "%m %U%q %>s cache=%{SHOP_CACHE}n"'''


def decoded(r):
    coding = r.header('content-encoding')
    if coding is None:
        return r.body
    if coding == 'gzip':
        return gzip.decompress(r.body)
    if coding == 'br':
        return subprocess.run(['brotli', '-d', '-c'], input=r.body, capture_output=True, check=True).stdout
    raise AssertionError('nobody asked for %s' % coding)


class Encoded(ShopCase):
    env_options = {'children': 1, 'extra': CACHE_LOG}
    codings = ('br', 'gzip')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = [cls.shop.add_product(name='Lamp %d' % n, description='a lamp for reading in bed ' * 60)
                        for n in range(12)]

    def ask(self, path, accept=None, **headers):
        c = self.shop.anonymous()
        given = {'Accept-Encoding': accept, **{k.replace('_', '-'): v for k, v in headers.items()}}
        r = c.get(path, headers=given)
        c.close()
        return r

    def warm(self, path, accept, coding=None):
        """The first request stores the reply, the second has it encoded, the third gets the stored bytes. The
        notice of an earlier test's change may arrive in between and remove them: then more are needed. `coding`
        is the expected one, where it is not `accept` itself."""
        coding = coding or (accept if accept in self.codings else None)
        for _ in range(2):
            self.assert_status(self.ask(path, accept), 200)
        for _ in range(20):
            r = self.assert_status(self.ask(path, accept), 200)
            if r.header('content-encoding') == coding:
                break
        return r

    def object_of(self, etag):
        return re.sub(r'-(gzip|br)"$', '"', etag)

    def test_all_codings_are_the_same_reply(self):
        for path in ('/products/' + self.products[0]['id'], '/products?limit=10', '/products?q=lamp'):
            plain = self.warm(path, None)
            self.assertIsNone(plain.header('content-encoding'))
            for coding in self.codings:
                with self.subTest(path=path, coding=coding):
                    r = self.warm(path, coding)
                    self.assertEqual(r.header('content-encoding'), coding)
                    self.assertEqual(decoded(r), plain.body)
                    self.assertLess(len(r.body), len(plain.body) / 2)
                    self.assertEqual(r.header('etag'), plain.header('etag')[:-1] + '-%s"' % coding)
                    self.assertEqual(r.header('link'), plain.header('link'))
                    self.assertEqual(r.header('cache-control'), plain.header('cache-control'))
            for r in (plain, self.ask(path, 'br'), self.ask(path, 'identity')):
                self.assertEqual(r.header('vary'), 'Accept-Encoding')

    wishes = (('gzip, deflate, br', 'br'), ('gzip;q=1.0, br;q=0.5', 'gzip'), ('br;q=0, *', 'gzip'), ('*', 'br'),
              ('identity', None), ('', None), ('deflate', None), ('gzip;q=0', None), ('x-gzip', 'gzip'),
              ('identity;q=0.5, gzip;q=0.4', None))

    def test_what_is_asked_for_is_sent(self):
        path = '/products?limit=9'
        for accept, coding in self.wishes:
            with self.subTest(accept):
                r = self.warm(path, accept, coding)
                self.assertEqual(r.header('content-encoding'), coding)

    def test_not_modified_in_every_coding(self):
        path = '/products/' + self.products[1]['id']
        tags = {coding: self.warm(path, coding).header('etag') for coding in (None, *self.codings)}
        self.assertEqual(len(set(tags.values())), 1 + len(self.codings))
        for accept, tag in tags.items():
            r = self.ask(path, accept, If_None_Match=tag)
            self.assertEqual((r.status, r.body, r.header('etag'), r.header('vary')), (304, b'', tag, 'Accept-Encoding'))
        seen = self.env.text(self.env.access_log.replace('access.log', 'cache.log')).splitlines()
        self.assertTrue(any(' 304 cache=local' in line for line in seen))
        # a cache that keeps several asks with all their tags
        r = self.ask(path, 'gzip', If_None_Match=', '.join(tags.values()))
        self.assertEqual((r.status, r.header('etag')), (304, tags['gzip']))

    def test_a_change_changes_every_coding(self):
        product = self.products[2]['id']
        path = '/products/' + product
        old = {coding: self.warm(path, coding) for coding in (None, *self.codings)}
        self.assert_status(self.shop.admin().patch(path, {'price': 77.5}), 200)
        for coding, before in old.items():
            r = self.warm(path, coding)
            self.assertEqual(self.ask(path, coding, If_None_Match=before.header('etag')).status, 200)
            self.assertIn(b'77.5', decoded(r))
            self.assertNotEqual(self.object_of(r.header('etag')), self.object_of(before.header('etag')))

    def test_a_write_takes_the_tag_of_any_coding(self):
        path = '/products/' + self.products[3]['id']
        for coding in self.codings:
            tag = self.warm(path, coding).header('etag')
            changed = self.shop.admin().patch(path, {'price': 50 + len(coding)}, headers={'If-Match': tag})
            self.assert_status(changed, 200)
            self.assert_problem(self.shop.admin().patch(path, {'price': 1}, headers={'If-Match': tag}), 412,
                                'precondition_failed')

    def test_head_says_what_get_would(self):
        path = '/products?limit=8'
        c = self.shop.anonymous()
        for _ in range(5):                               # a notice may arrive between the two as well
            r = self.warm(path, 'gzip')
            h = c.request('HEAD', path, headers={'Accept-Encoding': 'gzip'})
            self.assertEqual((h.status, h.body), (200, b''))
            if h.header('content-encoding') == r.header('content-encoding'):
                break
        for name in ('etag', 'content-encoding', 'content-length', 'vary', 'cache-control'):
            self.assertEqual(h.header(name), r.header(name), name)

    def test_what_is_private_stays_as_it_is(self):
        c = self.shop.new_customer()
        for _ in range(3):
            r = self.assert_status(c.get('/auth/me', headers={'Accept-Encoding': 'gzip, br'}), 200)
            self.assertIsNone(r.header('content-encoding'))


class BehindFilters(Encoded):
    """mod_deflate and mod_brotli stand behind the module: what is encoded they leave alone."""
    env_options = {'children': 1, 'modules': ('brotli',), 'extra': CACHE_LOG,
                   'location': 'SetOutputFilter BROTLI_COMPRESS;DEFLATE'}

    test_what_is_private_stays_as_it_is = None           # that is the filters' business
    wishes = Encoded.wishes[:-1]                         # mod_deflate compares no weights


class FiltersAlone(ShopCase):
    """ShopCompress off: the filters encode, their tags are understood."""
    env_options = {'children': 1, 'extra': 'ShopCompress off', 'location': 'SetOutputFilter DEFLATE'}

    def test_their_tags_are_understood(self):
        path = '/products/' + self.shop.add_product(description='a lamp for reading in bed ' * 60)['id']
        c = self.shop.anonymous()
        for _ in range(3):
            r = self.assert_status(c.get(path, headers={'Accept-Encoding': 'gzip'}), 200)
        self.assertEqual(r.header('content-encoding'), 'gzip')
        self.assertTrue(r.header('etag').endswith('-gzip"'))
        r = c.get(path, headers={'Accept-Encoding': 'gzip', 'If-None-Match': r.header('etag')})
        self.assertEqual(r.status, 304)


class FiltersThatKeepTheTag(FiltersAlone):
    """DeflateAlterETag NoChange: the module names the coding, since a strong tag stands for bytes."""
    env_options = {'children': 1, 'extra': 'ShopCompress off\nDeflateAlterETag NoChange',
                   'location': 'SetOutputFilter DEFLATE'}


class FiltersThatDecode(ShopCase):
    """What the module keeps encoded is decoded again behind it: the tag is that of the bytes that leave."""
    env_options = {'children': 1, 'location': 'SetOutputFilter INFLATE'}

    def test_the_tag_is_that_of_the_decoded_reply(self):
        path = '/products/' + self.shop.add_product(description='a lamp for reading in bed ' * 60)['id']
        c = self.shop.anonymous()
        plain = self.assert_status(c.get(path), 200)
        for _ in range(3):
            r = self.assert_status(c.get(path, headers={'Accept-Encoding': 'gzip'}), 200)
            self.assertEqual((r.json, r.header('content-encoding')), (plain.json, None))
            self.assertEqual(r.header('etag'), plain.header('etag'))


class BehindCache(ShopCase):
    """mod_cache in front, in shared memory: each client gets the coding it takes, and the same reply."""
    env_options = {'children': 1, 'modules': ('cache', 'cache_socache'),
                   'extra': 'CacheSocache shmcb\nCacheEnable socache /api/products\nCacheHeader on'}

    def test_each_client_gets_what_it_takes(self):
        path = '/products/' + self.shop.add_product(description='a lamp for reading in bed ' * 60)['id']
        bodies, hits = set(), 0
        for turn in range(3):
            for accept, coding in ((None, None), ('gzip', 'gzip'), ('br', 'br'), ('gzip, br', 'br')):
                c = Client(self.env)
                r = self.assert_status(c.get(path, headers={'Accept-Encoding': accept}), 200)
                c.close()
                bodies.add(decoded(r))
                hits += (r.header('x-cache') or '').startswith('HIT')
                self.assertIn(r.header('content-encoding'), (coding, None))
        self.assertEqual(len(bodies), 1)
        self.assertGreater(hits, 0)

    def test_what_is_kept_has_no_ranges_either(self):
        path = '/products/' + self.shop.add_product(description='a lamp for reading in bed ' * 60)['id']
        c, hits = self.shop.anonymous(), 0
        whole = self.assert_status(c.get(path), 200)
        for _ in range(4):
            r = self.assert_status(c.get(path, headers={'Range': 'bytes=0-9'}), 200)
            self.assertEqual((r.json, r.header('content-range')), (whole.json, None))
            hits += (r.header('x-cache') or '').startswith('HIT')
        self.assertGreater(hits, 0)


if __name__ == '__main__':
    unittest.main()
