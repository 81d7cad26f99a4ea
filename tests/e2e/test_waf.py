# SPDX-License-Identifier: MIT
"""Life behind ModSecurity with the OWASP Core Rule Set, as docs/httpd.md configures it."""
import json
import os
import re
import unittest
from urllib.parse import quote

import test_seed
from amounts import figure
from env import Env, ShopCase

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, 'honest.json'), encoding='utf-8') as _f:
    HONEST = json.load(_f)
SECURITY = '''
SecDataDir "%(root)s/run"
Include /etc/modsecurity/modsecurity.conf-recommended
SecTmpDir "%(root)s/run"
SecAuditEngine Off
SecRuleEngine On
Include /etc/modsecurity/crs/crs-setup.conf
%(recipe)s
Include /usr/share/modsecurity-crs/rules/*.conf
'''


def recipe():
    """The rules that the page tells an administrator to write."""
    with open(os.path.join(HERE, '..', '..', 'docs', 'httpd.md'), encoding='utf-8') as f:
        return re.search(r"```apache\n# crs: the shop's API\n(.*?)```", f.read(), re.S)[1]


class BehindRules:
    @classmethod
    def make_env(cls):
        # its lines have no numbers; what counts here is the answer
        env = Env(cls.__name__, modules=('security2',), log_level='notice shop:info security2:emerg')
        env.extra = SECURITY % {'root': env.root, 'recipe': recipe()}
        return env


class SeedBehindRules(BehindRules, test_seed.SeedOverHttp):
    """Every request of the system that the shop reimplements."""


class HonestText(BehindRules, ShopCase):
    def passed(self, r, *expected):
        """Not blocked, and the shop took it."""
        self.sent = getattr(self, 'sent', 0) + 1
        self.assert_status(r, *expected)
        return r

    def patch(self, path, body, kind='application/merge-patch+json'):
        return self.admin.request('PATCH', path, body=json.dumps(body).encode(), headers={'Content-Type': kind})

    def play(self, text):
        """A text everywhere where people write: the shop must not lose a letter of it, either."""
        name = re.sub('[\n\t\u200d]', ' ', text)         # a short text has no line breaks
        made = self.passed(self.admin.post('/products', {'name': name, 'price': 1, 'category': 'c', 'stock': 9,
                                                         'description': text}), 201).json
        path = '/products/' + made['id']
        self.passed(self.patch(path, {'description': text, 'category': name[:40]}), 200)
        self.passed(self.shop.anonymous().get('/products?q=' + quote(name)), 200)
        address = {'street': name, 'city': name[:50], 'state': name[:50], 'country': 'DE', 'zip_code': '1'}
        customer = self.customer
        self.passed(customer.post('/cart', {'product_id': made['id'], 'quantity': 1}), 200)
        self.passed(customer.post('/cart/quote', {'shipping_address': address}), 200)
        order = self.passed(self.shop.place(customer, shipping_address=address), 201).json
        self.passed(self.patch('/orders/' + order['id'], {'status': 'paid', 'note': name}, 'application/json'), 200)
        self.assertEqual(self.admin.get(path).json['description'], text)
        self.assertEqual(order['shipping_address']['street'], name)

    def test_300_honest_bodies_pass(self):
        self.admin, self.customer, self.sent = self.shop.admin(), self.shop.new_customer(), 0
        for text in HONEST['texts']:
            with self.subTest(text):
                self.play(text)
        for field in ('password', 'username'):
            for value in HONEST[field + 's']:
                with self.subTest(**{field: value}):
                    body = {**self.shop.credentials(), field: value}
                    self.passed(self.shop.anonymous().post('/auth/register', body), 201)
                    self.passed(self.shop.anonymous().post('/auth/login', {k: body[k] for k in ('email', 'password')}),
                                200)
        self.assertGreaterEqual(self.sent, 300)
        figure(self, 'P24', '%d requests with honest text: 0 blocked' % self.sent)

    def test_attacks_are_problems(self):
        admin = self.shop.admin()
        product = self.shop.add_product()
        attack = "' UNION SELECT username, password FROM users WHERE 1=1; --"
        for r in (admin.get('/products?q=../../etc/passwd'), admin.get('/products?q=' + quote(attack)),
                  admin.post('/products', {'name': attack, 'price': 1, 'category': 'c'}),
                  admin.patch('/products/' + product['id'], {'description': attack}),
                  admin.request('PATCH', '/products/' + product['id'], body=json.dumps({'description': attack}).encode(),
                                headers={'Content-Type': 'application/merge-patch+json'}),
                  admin.request('PATCH', '/products/' + product['id'], body=b'<x/>',
                                headers={'Content-Type': 'text/xml'})):
            with self.subTest(repr(r)):
                self.assert_problem(r, 403, 'forbidden')
        self.assertEqual(admin.get('/products/' + product['id']).json['description'], '')

    def test_methods_elsewhere_stay_as_the_rules_have_them(self):
        self.assert_status(self.shop.anonymous().request('DELETE', '/ok.txt', prefix=''), 403)
        self.assert_status(self.shop.anonymous().request('DELETE', '/cart'), 401)


if __name__ == '__main__':
    unittest.main()
