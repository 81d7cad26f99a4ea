# SPDX-License-Identifier: MIT
"""The API over HTTP/2: the streams of a connection are requests like any other."""
import json
import subprocess
import unittest

from env import ShopCase

STREAMS = 40


class Http2(ShopCase):
    env_options = {'mpm': 'event',                       # mod_http2 declines under prefork
                   'modules': ('http2',), 'extra': 'Protocols h2 http/1.1'}

    def curl(self, requests):
        """Sends (path, options) at once through one curl and returns (version, status, body) of each."""
        command = ['curl', '--parallel']
        for i, (path, options) in enumerate(requests):
            command += ['--next'] * (i > 0) + ['--silent', '--show-error', '--insecure', '--http2',
                                               '--max-time', '100', *options,
                                               '--write-out', '\n%{http_version} %{http_code} ' + str(i) + '\n',
                                               '--output', '%s/run/h2.%d' % (self.env.root, i),
                                               'https://localhost:%d/api%s' % (self.env.tls_port, path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = {}
        for line in done.stdout.split('\n'):
            if line:
                version, status, i = line.split()
                told[int(i)] = version, int(status)
        answers = []
        for i in range(len(requests)):
            with open('%s/run/h2.%d' % (self.env.root, i)) as f:
                answers.append(told[i] + (json.load(f),))
        return answers

    def test_streams_of_one_connection(self):
        products = [self.shop.add_product(name='Stream %d' % i, price=10 + i, stock=5) for i in range(STREAMS)]
        for _ in range(3):                               # from the store, then from the caches
            answers = self.curl([('/products/' + p['id'], ()) for p in products])
            self.assertEqual({a[:2] for a in answers}, {('2', 200)})
            self.assertEqual([(a[2]['name'], a[2]['price']) for a in answers],
                             [(p['name'], p['price']) for p in products])

    def test_reads_writes_and_refusals(self):
        product = self.shop.add_product(name='Board', price=30, stock=5)
        customer = self.shop.new_customer()
        signed = ('--header', 'Authorization: Bearer ' + customer.token)
        posted = ('--header', 'Content-Type: application/json', '--data')
        item = json.dumps({'product_id': product['id'], 'quantity': 2})
        added, = self.curl([('/cart', signed + posted + (item,))])
        self.assertEqual(added[:2], ('2', 200), added)
        answers = self.curl([('/cart', signed), ('/cart', ()), ('/products?limit=0', ()), ('/nothing', ()),
                             ('/products?q=board', ()), ('/cart', signed + posted + ('{"product_id":1}',))])
        self.assertEqual([a[:2] for a in answers], [('2', s) for s in (200, 401, 422, 404, 200, 422)], answers)
        self.assertEqual(answers[0][2]['total'], 60)
        self.assertEqual([p['id'] for p in answers[4][2]['items']], [product['id']])


if __name__ == '__main__':
    unittest.main()
