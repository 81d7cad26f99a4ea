# SPDX-License-Identifier: MIT
"""ShopJsonLog: whatever a client sends, each line is one JSON object."""
import json
import os
import time
import uuid

from client import Client, at_once, send_raw
from env import STORE_AWAY, Env, ShopCase, free_port

ODD = (b'"', b'\\', b'\\"},{"level":"fake', b'\xff\xfe', b'\xed\xa0\x80', '\U0001f600'.encode(), b'\xc2\x85',
       '\u2028\u2029\u202e'.encode(), b'\x7f', b'%n%s', b"'; --", b'x' * 7000)
ALWAYS = {'time', 'level', 'message'}
OF_A_REQUEST = ALWAYS | {'code', 'shop', 'request_id', 'method', 'status', 'duration_ms', 'commands', 'client'}


class JsonLogCase(ShopCase):
    startup_log = STORE_AWAY
    target = 'logs/shop.json'

    @classmethod
    def make_env(cls):
        env = Env(cls.__name__, redis_port=0, log_level='notice shop:debug')
        env.away_port = free_port()
        env.conf = lambda: '\n'.join((
            env.base_conf(), env.module_lines(), 'ShopJsonLog %s requests=On' % cls.target,
            'LimitRequestFieldSize 16380\nLimitRequestLine 16380',
            'Listen 127.0.0.1:%d' % env.away_port, '<VirtualHost 127.0.0.1:%d>' % env.away_port,
            '  ShopInstance away', '  ShopMongoURI mongodb://127.0.0.1:%d/away' % free_port(),
            '  ShopMongoTimeout connect=100ms select=100ms', '  ShopJobs Off', '</VirtualHost>', ''))
        return env

    def setUp(self):
        super().setUp()
        self.expect_log(*STORE_AWAY)                     # of the other shop's store
        self.log = os.path.join(self.env.root, 'logs', 'shop.json')

    def objects(self):
        """Every line of the log, parsed by itself; a line that is no object fails."""
        with open(self.log, 'rb') as f:
            data = f.read()
        self.assertTrue(data.endswith(b'\n'))
        found = [json.loads(line) for line in data[:-1].split(b'\n')]
        self.assertEqual(len(data.decode().splitlines()), len(found), 'a line separator within a line')
        for one in found:
            self.assertIsInstance(one, dict)
            self.assertLessEqual(ALWAYS, set(one))
            self.assertRegex(one['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$')
            self.assertIn(one['level'], ('error', 'warn', 'notice', 'info', 'debug'))
            self.assertRegex(one.get('code', 'SHOP0000'), r'^SHOP\d{4}$')
        return found

    def line_of(self, request_id, code='SHOP0303'):
        """The line with this code about a request; httpd may answer before it is written."""
        limit = time.monotonic() + 30
        while True:
            found = [o for o in self.objects() if o.get('request_id') == request_id and o.get('code') == code]
            if found or time.monotonic() > limit:
                self.assertEqual(len(found), 1, (request_id, code))
                return found[0]
            time.sleep(0.05)


class Lines(JsonLogCase):
    def test_a_request_has_its_line(self):
        c = self.shop.new_customer()
        me = self.assert_status(c.get('/auth/me'), 200)
        line = self.line_of(me.header('x-request-id'))
        self.assertLessEqual(OF_A_REQUEST, set(line))
        self.assertEqual((line['level'], line['message'], line['method'], line['route'], line['status'], line['shop'],
                          line['client'], line['user_id']),
                         ('info', 'answered', 'GET', 'showMe', 200, self.env.instance, '127.0.0.1', me.json['id']))
        self.assertGreater(line['duration_ms'], 0)
        self.assertGreater(line['commands'], 0)

    def test_a_line_about_a_refusal_names_its_request(self):
        r = self.assert_status(Client(self.env, port=self.env.away_port).get('/products'), 503)
        line = self.line_of(r.header('x-request-id'), 'SHOP0300')
        self.assertLessEqual(OF_A_REQUEST, set(line))
        self.assertEqual((line['level'], line['method'], line['route'], line['status'], line['shop']),
                         ('error', 'GET', 'listProducts', 503, 'away'))
        self.assertNotIn('user_id', line)
        self.assertEqual(self.line_of(r.header('x-request-id'))['status'], 503)

    def test_the_start_and_the_background_have_lines_of_their_shop(self):
        started = [o for o in self.objects() if o.get('code') == 'SHOP0001']
        self.assertEqual({o['shop'] for o in started}, {self.env.instance, 'away'})
        self.assertNotIn('request_id', started[0])
        limit = time.monotonic() + 60
        while not [o for o in self.objects() if o.get('code') == 'SHOP0100' and 'request_id' not in o]:
            self.assertLess(time.monotonic(), limit, 'the pings of the shop whose store is away have no line')
            time.sleep(0.2)

    def test_the_error_log_keeps_its_form(self):
        r = self.assert_status(Client(self.env, port=self.env.away_port).get('/products'), 503)
        self.assertIn('[%s]' % r.header('x-request-id'), self.env.error_text())
        self.assertNotIn('"request_id"', self.env.error_text())
        self.assertNotIn('SHOP0303', self.env.error_text())


class OddRequests(JsonLogCase):
    def test_whatever_a_client_sends_a_line_is_one_object(self):
        self.expect_log('AH10244')                       # httpd refuses the path "%n"
        port, sent = self.env.away_port, 0
        for odd in ODD:
            query = odd.replace(b' ', b'+').replace(b'\x7f', b'%7f')
            for at, head in (
                    (self.env.port, b'GET /api/products?q=' + query + b' HTTP/1.1\r\n'),
                    (self.env.port, b'GET /api/' + query + b' HTTP/1.1\r\n'),
                    (self.env.port, b'GET /api/products/%00%0a%ff' + query + b' HTTP/1.1\r\n'),
                    (self.env.port, b'BR"EW /api/products HTTP/1.1\r\n'),
                    (port, b'GET /api/products?category=' + query + b' HTTP/1.1\r\n'),
                    (port, b'GET /api/products HTTP/1.1\r\n')):
                send_raw(self.env, head + b'Host: localhost\r\nUser-Agent: ' + odd + b'\r\nX-Request-Id: ' + odd +
                         b'\r\nAuthorization: Bearer ' + odd + b'\r\nX-Forwarded-For: ' + odd +
                         b'\r\nConnection: close\r\n\r\n', port=at, idle=0.2)
                sent += 1
        self.assertGreater(sent, 70)
        found = self.objects()
        self.assertGreater(len([o for o in found if o.get('code') == 'SHOP0303']), 30)
        self.assertFalse([o for o in found if o['level'] == 'fake'])

    def test_odd_names_of_users_and_products(self):
        admin = self.shop.admin()
        for odd in ('"\\', '\U0001f600', 'x"},{"y":"', '\u00e4\u0301' * 60, 'b\\u0000', 'y' * 8000):
            self.shop.anonymous().post('/auth/register', {'username': odd, 'email': 'not"an\\address',
                                                          'password': 'pw-' + uuid.uuid4().hex})
            self.shop.anonymous().post('/auth/login', {'email': odd + '@example.com', 'password': odd + 'x' * 12})
            self.assert_status(admin.post('/products', {'name': odd, 'price': 1.5, 'stock': 1, 'category': odd}),
                               201, 422)
        self.objects()

    def test_no_secret_is_written(self):
        password = 'pw-' + uuid.uuid4().hex
        c = self.shop.anonymous()
        c.post('/auth/register', {'username': 'secretive', 'email': 'secretive@example.com', 'password': password})
        token = self.assert_status(c.post('/auth/login', {'email': 'secretive@example.com', 'password': password}),
                                   200).json['access_token']
        for sent in (token, token[:-3] + 'xyz'):
            Client(self.env, token=sent).get('/auth/me')
        text = json.dumps(self.objects())
        for secret in (password, token, token.split('.')[2], self.env.key):
            self.assertNotIn(secret, text)

    def test_lines_of_many_children_do_not_mix(self):
        before = len(self.objects())
        at_once([lambda: [Client(self.env).get('/products?q=' + 'x' * 90).status for _ in range(15)]] * 8)
        self.assertGreaterEqual(len(self.objects()), before + 120)


class Rotation(JsonLogCase):
    def test_a_graceful_restart_opens_the_file_again(self):
        os.rename(self.log, self.log + '.1')
        self.env.graceful()
        limit = time.monotonic() + 60
        while not os.path.exists(self.log):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)
        while True:
            r = self.assert_status(Client(self.env).get('/products', fresh=True), 200)
            with open(self.log) as f:
                if r.header('x-request-id') in f.read():
                    break
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)
        self.assertEqual(os.stat(self.log).st_mode & 0o777, 0o640)


class Program(JsonLogCase):
    target = ''

    @classmethod
    def make_env(cls):
        env = super().make_env()
        cls.target = '"|/usr/bin/tee -a %s/logs/shop.json"' % env.root
        return env

    def test_a_program_gets_the_lines(self):
        r = self.assert_status(Client(self.env).get('/products'), 200)
        self.assertEqual(self.line_of(r.header('x-request-id'))['status'], 200)


class Off(ShopCase):
    env_options = {'redis_port': 0}

    def test_there_is_none_unless_it_is_configured(self):
        self.assert_status(Client(self.env).get('/products'), 200)
        self.assertEqual([name for name in os.listdir(os.path.join(self.env.root, 'logs')) if 'json' in name], [])

    def test_configtest_says_what_is_wrong(self):
        for line, said in (('ShopJsonLog', 'takes 1 to 2 arguments'),
                           ('ShopJsonLog "|"', 'names neither a file nor a program'),
                           ('ShopJsonLog logs/x.json all', "'all' is not requests="),
                           ('ShopJsonLog logs/x.json requests=some', 'neither On nor Off'),
                           ('<VirtualHost 127.0.0.1:%d>\nShopJsonLog logs/x.json\n</VirtualHost>' % self.env.port,
                            'VirtualHost')):
            code, out = self.env.configtest(self.env.conf() + line + '\n')
            self.assertNotEqual(code, 0, line)
            self.assertIn(said, out)
