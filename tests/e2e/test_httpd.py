# SPDX-License-Identifier: MIT
"""The module as a citizen of httpd: configuration, virtual hosts, restarts, httpd's own refusals, neighbours."""
import gzip
import os
import re
import subprocess
import threading
import time
import unittest

from amounts import amount, figure
from client import Client, Shop, at_once, send_raw
from env import HTTPD, Env, ShopCase, free_port, mpm_name, write_private

SHORT_KEY = 'only-twenty-bytes-xx'


class WrongConfiguration(ShopCase):
    """httpd -t refuses each and says which directive, what value, and what to write."""
    own_env = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = Env(cls.__name__, prepare=False)
        cls.env.write_files()
        conf = os.path.join(cls.env.root, 'conf')
        cls.short, cls.open, cls.missing = (os.path.join(conf, n) for n in ('short.key', 'open.key', 'missing.key'))
        write_private(cls.short, SHORT_KEY + '\n')
        write_private(cls.open, cls.env.key + '\n')
        os.chmod(cls.open, 0o644)

    def lines(self, **replaced):
        """The module's block with lines replaced: None leaves a line out."""
        e = self.env
        block = {'load': e.load_line(), 'instance': 'ShopInstance try', 'mongo': 'ShopMongoURI "%s"' % e.mongo_uri,
                 'redis': e.redis_line(), 'jwt': 'ShopJwtKey main HS256 "file:%s"' % e.key_file,
                 'location': '<Location "/api">\n  ShopEngine On\n</Location>', 'more': ''}
        unknown = set(replaced) - set(block)
        assert not unknown, unknown
        block.update(replaced)
        return e.base_conf() + '\n'.join(v for v in block.values() if v) + '\n'

    def refused(self, needles, **replaced):
        code, output = self.env.configtest(self.lines(**replaced))
        self.assertNotEqual(code, 0, 'accepted: %s' % replaced)
        for needle in needles:
            self.assertRegex(output, re.compile(needle, re.I), 'the message does not say %s:\n%s' % (needle, output))
        self.assertNotIn(self.env.key, output)
        self.assertNotIn(SHORT_KEY, output)
        self.assertNotRegex(output, 'Segmentation')

    def test_the_right_one_passes(self):
        code, output = self.env.configtest(self.lines())
        self.assertEqual(code, 0, output)
        self.assertIn('Syntax OK', output)

    def test_every_example_of_the_reference_configuration_passes(self):
        conf = os.path.join(os.path.dirname(__file__), '..', '..', 'conf', 'mod_shop.conf')
        with open(conf) as f:
            examples = re.findall(r'^#(Shop\w+ .*)$', f.read(), re.M)
        self.assertGreater(len(examples), 30)
        more = '\n'.join(re.sub(r'file:\S+', 'file:' + self.env.key_file, line) for line in examples
                         if not line.startswith('ShopMongoURI'))
        code, output = self.env.configtest(self.lines(more=more, jwt=None))
        self.assertEqual(code, 0, output)

    def test_engine_maybe(self):
        self.refused(['ShopEngine', 'maybe', r'\bOn\b.*\bOff\b'],
                     location='<Location "/api">\n  ShopEngine maybe\n</Location>')

    def test_engine_in_a_location_match(self):
        self.refused(['ShopEngine', r'LocationMatch|/api', r'<Location\b'],
                     location='<LocationMatch "^/api">\n  ShopEngine On\n</LocationMatch>')

    def test_mongo_uri_with_another_scheme(self):
        self.refused(['ShopMongoURI', 'http://127', 'mongodb://'], mongo='ShopMongoURI http://127.0.0.1/shop')

    def test_a_password_that_is_not_encoded(self):
        for uri in ('mongodb://u:p@ss@host/shop', 'mongodb://u:p/ss@host/shop', 'mongodb://u:p?ss@host/shop',
                    'mongodb://u:p:ss@host/shop', 'mongodb://u:p%ss@host/shop'):
            with self.subTest(uri=uri):
                self.env.secrets.add('ss@host')
                self.refused(['ShopMongoURI', 'percent-encode', '%40'], mongo='ShopMongoURI ' + uri)

    def test_an_option_that_the_driver_does_not_know(self):
        for option in ('tsl=true', 'readPreferance=primary', 'retryWrite=false'):
            with self.subTest(option=option):
                self.refused(['ShopMongoURI', r'option ' + option.split('=')[0]],
                             mongo='ShopMongoURI mongodb://127.0.0.1/shop?' + option)

    def test_a_connection_string_that_only_the_driver_would_refuse(self):
        for uri, needle in (('mongodb://', 'well-formed'), ('mongodb://127.0.0.1:99999/shop', 'well-formed'),
                            ('mongodb://127.0.0.1/shop?socketTimeoutMS=soon', 'well-formed'),
                            ('mongodb://user@127.0.0.1/shop?authMechanism=SCRAM', 'authMechanism'),
                            ('mongodb://127.0.0.1/shop?tls=true&tlsCAFile=/nothing', 'tlsCAFile')):
            with self.subTest(uri=uri):
                self.refused(['ShopMongoURI', needle], mongo='ShopMongoURI ' + uri)
                _, output = self.env.configtest(self.lines(mongo='ShopMongoURI ' + uri))
                self.assertNotIn('mongoc:', output)

    def test_a_folder_for_a_key(self):
        self.refused(['ShopJwtKey', 'folder, not a file'], jwt='ShopJwtKey main HS256 "file:%s"' % self.env.root)

    def test_every_option_of_the_manual_passes(self):
        options = ('appName=x', 'authSource=admin', 'connectTimeoutMS=1', 'compressors=zlib', 'directConnection=true',
                   'heartbeatFrequencyMS=1000', 'journal=true', 'localThresholdMS=1', 'maxIdleTimeMS=1', 'maxPoolSize=1',
                   'maxStalenessSeconds=90&readPreference=secondary', 'minPoolSize=1', 'readConcernLevel=majority',
                   'readPreference=primary', 'replicaSet=rs0', 'retryReads=false', 'retryWrites=false',
                   'serverSelectionTimeoutMS=1', 'socketTimeoutMS=1', 'tls=true', 'ssl=true', 'tlsInsecure=true&tls=true',
                   'w=majority', 'w=1', 'wTimeoutMS=1', 'waitQueueTimeoutMS=1', 'zlibCompressionLevel=1',
                   'readPreference=secondary&readPreferenceTags=dc:ny', 'authMechanism=MONGODB-X509',
                   'tls=true&tlsAllowInvalidHostnames=true')
        for option in options:
            with self.subTest(option=option):
                code, output = self.env.configtest(
                    self.lines(mongo='ShopMongoURI "mongodb://127.0.0.1/shop?%s"' % option))
                self.assertEqual(code, 0, output)

    def test_two_keys_with_one_kid(self):
        key = 'ShopJwtKey main HS256 "file:%s"' % self.env.key_file
        self.refused(['ShopJwtKey', "'main'", 'kid of another key'], jwt=key + '\n' + key + ' verify')

    def test_two_keys_that_sign(self):
        key = 'ShopJwtKey %s HS256 "file:' + self.env.key_file + '"%s'
        for end in ('', ' sign'):
            self.refused(['ShopJwtKey', "'new'", 'second key that signs', 'verify behind old'],
                         jwt=key % ('old', '') + '\n' + key % ('new', end))

    def test_no_key_that_signs(self):
        self.refused(['ShopJwtKey', 'no key signs'],
                     jwt='ShopJwtKey main HS256 "file:%s" verify' % self.env.key_file)

    def test_two_shops_on_one_database_are_warned_of(self):
        host = ('<VirtualHost 127.0.0.1:%d>\n  ServerName localhost\n  %s\n'
                '  <Location "/api">\n    ShopEngine On\n  </Location>\n</VirtualHost>')
        for difference, warned in (('ShopInstance other', True), ('ShopCurrency EUR', True), ('ShopPageSize 10 50', False)):
            with self.subTest(difference=difference):
                code, output = self.env.configtest(self.lines(more=host % (free_port(), difference)))
                self.assertEqual(code, 0, output)
                self.assertEqual('SHOP0005' in output, warned, output)

    def test_one_database_written_in_two_ways_is_warned_of(self):
        host = ('<VirtualHost 127.0.0.1:%d>\n  ServerName localhost\n  ShopInstance other\n  ShopMongoURI "%s"\n'
                '  <Location "/api">\n    ShopEngine On\n  </Location>\n</VirtualHost>')
        here = 'mongodb://127.0.0.1/shop'
        cases = ((here, 'mongodb://127.0.0.1:27017/shop', True), (here, 'mongodb://localhost/shop', True),
                 (here, 'mongodb://127.0.0.1/shop?appName=two', True), (here, 'mongodb://127.0.0.1', True),
                 (here, 'mongodb://ada:secret@127.0.0.1/shop', True),
                 ('mongodb://a.example,b.example/shop', 'mongodb://B.example,A.example/shop', True),
                 (here, 'mongodb://127.0.0.1/toys', False), (here, 'mongodb://127.0.0.1:27018/shop', False),
                 (here, 'mongodb://127.0.0.1/Shop', False))
        for one, two, warned in cases:
            with self.subTest(two=two):
                code, output = self.env.configtest(self.lines(mongo='ShopMongoURI "%s"' % one,
                                                              more=host % (free_port(), two)))
                self.assertEqual(code, 0, output)
                self.assertEqual('SHOP0005' in output, warned, output)

    def test_two_databases_under_one_instance_of_one_redis(self):
        host = ('<VirtualHost 127.0.0.1:%d>\n  ServerName localhost\n  ShopMongoURI mongodb://127.0.0.1/%s\n'
                '  ShopInstance %s\n  <Location "/api">\n    ShopEngine On\n  </Location>\n</VirtualHost>')
        self.refused(['ShopInstance', 'two databases', '127.0.0.1:27017/toys', 'another ShopInstance'],
                     redis='ShopRedis redis://127.0.0.1:6379', more=host % (free_port(), 'toys', 'try'))
        for redis, name in (('ShopRedis redis://127.0.0.1:6379', 'toys'), ('ShopRedis off', 'try')):
            code, output = self.env.configtest(self.lines(redis=redis, more=host % (free_port(), 'toys', name)))
            self.assertEqual(code, 0, output)

    def test_a_json_log_that_cannot_be_opened(self):
        for target, needle in (('logs-of-nobody/shop.json', 'does not exist'), (self.env.root, 'is a folder'),
                               ('"|/nothing/here x"', 'does not exist')):
            with self.subTest(target=target):
                self.refused(['ShopJsonLog', needle], more='ShopJsonLog ' + target)

    def test_a_missing_module_is_said(self):
        code, output = self.env.configtest(re.sub(r'^LoadModule headers_module.*\n', '', self.lines(), flags=re.M))
        self.assertIn('SHOP0006: mod_headers is not loaded', output)
        self.assertIn('a2enmod headers', output)

    def test_a_warning_is_printed_once_for_each_shop(self):
        host = '<VirtualHost 127.0.0.1:%d>\n  ServerName %s\n  %s\n</VirtualHost>'
        for instance, warned in (('', 1), ('ShopInstance other', 2)):
            with self.subTest(instance=instance):
                code, output = self.env.configtest(self.lines(more='\n'.join((
                    'ShopInsecureOpenAdmin On', host % (free_port(), 'a.example', ''),
                    host % (free_port(), 'b.example', instance)))))
                self.assertEqual((code, output.count('SHOP0004')), (0, warned), output)

    def test_the_reference_configuration_as_it_stands(self):
        conf = os.path.join(os.path.dirname(__file__), '..', '..', 'conf', 'mod_shop.conf')
        with open(conf) as f:
            text = f.read().replace('file:/etc/shop/jwt.key', 'file:' + self.env.key_file)
        base = '\n'.join(line for line in self.env.base_conf().split('\n') if 'ShopEngine' not in line)
        code, output = self.env.configtest(base + self.env.load_line() + '\n' + text)
        self.assertEqual(code, 0, output)

    def test_the_dump_names_each_value_once_and_where_it_was_set(self):
        port = free_port()
        text = self.lines(more='\n'.join((
            'ShopPageSize 10 50', '<VirtualHost 127.0.0.1:%d>' % port, '  ServerName other.example.com',
            '  ShopCurrency EUR', '  ShopMongoURI mongodb://127.0.0.1/other', '  ShopInstance other',
            '  <Location "/eu/api">', '    ShopEngine On', '  </Location>', '</VirtualHost>')))
        code, output = self.env.configtest(text, '-D', 'DUMP_SHOP')
        self.assertEqual(code, 0, output)
        lines = [i for i, line in enumerate(text.split('\n'), 1) if line.strip() == 'ShopCurrency EUR']
        blocks = re.split(r'^Shop (\S+):\n', output, flags=re.M)
        self.assertEqual(blocks[1::2], ['try', 'other'])
        first, other = blocks[2::2]
        self.assertRegex(other, r'(?m)^  at other\.example\.com:%d/eu/api  # \S+:\d+$' % port)
        self.assertRegex(other, r'(?m)^  ShopCurrency EUR  # \S+:%d$' % lines[0])
        self.assertRegex(other, r'(?m)^  ShopPageSize 10 50  # \S+:\d+$')
        self.assertRegex(first, r'(?m)^  ShopCurrency USD  # default$')
        for block in (first, other):
            names = re.findall(r'^  (Shop\w+) ', block, re.M)
            self.assertEqual(sorted(set(names)), sorted(names))
            self.assertGreater(len(names), 30)
        self.assertNotIn(self.env.key, output)

    def test_the_dump_names_the_place_of_each_key_and_each_limit(self):
        """shopctl doctor looks there for the file of the key: with one place for all of them it saw one file alone."""
        key = 'ShopJwtKey %s HS256 "file:' + self.env.key_file + '"%s'
        text = self.lines(jwt=key % ('one', '') + '\n' + key % ('two', ' verify'), more='\n'.join((
            'ShopRateLimit api 10/1min by=ip', 'ShopRateLimit reads 20/1min by=ip', 'ShopRateLimit api 30/1min by=ip')))
        code, output = self.env.configtest(text, '-D', 'DUMP_SHOP')
        self.assertEqual(code, 0, output)
        lines = text.split('\n')
        for directive in ('ShopJwtKey one', 'ShopJwtKey two', 'ShopRateLimit api 30', 'ShopRateLimit reads'):
            number = [i for i, line in enumerate(lines, 1) if line.startswith(directive)][0]
            self.assertRegex(output, r'(?m)^  %s\b.*# \S+:%d$' % (directive, number))

    def test_key_too_short(self):
        self.refused(['ShopJwtKey', r'short\.key|\bmain\b', r'\b32\b'],
                     jwt='ShopJwtKey main HS256 "file:%s"' % self.short)

    def test_no_key_at_all(self):
        self.refused(['ShopJwtKey', 'ShopEngine|/api', r'HS256|file:'], jwt=None)

    def test_key_file_that_is_not_there(self):
        self.refused(['ShopJwtKey', re.escape(self.missing), r'creat|exist|no such|openssl|readable|write'],
                     jwt='ShopJwtKey main HS256 "file:%s"' % self.missing)

    def test_key_file_that_others_may_read(self):
        self.refused(['ShopJwtKey', re.escape(self.open), r'0?600'],
                     jwt='ShopJwtKey main HS256 "file:%s"' % self.open)

    def test_redis_with_another_scheme(self):
        self.refused(['ShopRedis', 'http://127', r'redis://'], redis='ShopRedis http://127.0.0.1:6379')

    def test_rate_limit_with_a_bad_window(self):
        self.refused(['ShopRateLimit', '10/fortnight', r'\d+/\d*\s?(s|sec|min|m|h|hour|minute)'],
                     more='ShopRateLimit api 10/fortnight by=ip')

    def test_mongo_timeout_with_a_bad_time(self):
        self.refused(['ShopMongoTimeout', 'soon', r'\d+\s?(ms|s)\b'], more='ShopMongoTimeout connect=soon')

    def test_an_unknown_currency(self):
        self.refused(['ShopCurrency', 'XQX', r'USD|EUR|ISO 4217'], more='ShopCurrency XQX')

    def test_an_unknown_rounding(self):
        self.refused(['ShopRounding', r'\bup\b', r'down, half-up, half-even'], more='ShopRounding up')

    def test_a_page_size_above_its_greatest(self):
        self.refused(['ShopPageSize', r'\b200\b', r'\b100\b'], more='ShopPageSize 200 100')

    def test_a_status_that_is_neither_on_nor_off(self):
        self.refused(['ShopStatus', 'maybe', r'\bOn\b.*\bOff\b'], more='ShopStatus maybe')
        self.refused(['ShopStatus', 'takes 1 argument'], more='ShopStatus On Off')

    def test_a_status_inside_a_location(self):
        self.refused(['ShopStatus', 'not allowed|cannot occur'],
                     more='<Location "/x">\n  ShopStatus Off\n</Location>')

    def test_an_algorithm_that_is_none(self):
        self.refused(['ShopJwtKey', 'none', 'HS256'], jwt='ShopJwtKey main none "file:%s"' % self.env.key_file)

    def test_a_login_limit_that_is_none(self):
        self.refused(['ShopLoginLimit', 'many', r'\d+/\d*\s?(s|min|h)'], more='ShopLoginLimit many')

    def test_engine_outside_a_location(self):
        self.refused(['ShopEngine', r'Location|not allowed here'], location='ShopEngine On')

    def test_a_wrong_configuration_leaves_the_running_server_alone(self):
        env = Env('WrongReload')
        self.addCleanup(env.stop)
        self.judge(env.start())
        code, _ = env.configtest(env.conf() + 'ShopPageSize 200 100\n')
        self.assertNotEqual(code, 0)
        self.assert_status(env.shop.anonymous().get('/products'), 200)


class OtherCurrency(ShopCase):
    """A database remembers its currency: amounts are stored in minor units without one."""
    own_env = False

    def test_a_shop_with_another_currency_is_refused(self):
        env = Env('OtherCurrency')
        self.addCleanup(env.stop)
        self.judge(env.start())
        product = env.shop.add_product(price=15.00)
        env.extra = 'ShopCurrency JPY'
        env.write_files()
        env.graceful()
        limit = time.monotonic() + 60
        while Client(env).get('/health/ready').status != 503 and time.monotonic() < limit:
            time.sleep(0.1)
        self.expect_log('SHOP0109', 'SHOP0300')
        r = Client(env).get('/health/ready')
        self.assertEqual((r.status, r.json['schema']), (503, 'currency'))
        for path in ('/products', '/products/' + product['id']):
            self.assert_problem(Client(env).get(path), 503, 'unavailable')
        self.assertIn('in USD and ShopCurrency is JPY: write ShopCurrency USD', env.error_text())


class ExplainedRefusals(ShopCase):
    """LogLevel shop:debug explains each refusal in one line, without what the client sent."""

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, log_level='notice shop:debug')

    def test_each_refusal_is_one_line_with_its_request_id_and_reason(self):
        c = self.shop.new_customer()
        for r, reason in (
                (self.shop.anonymous().get('/cart'), 'showCart refused: 401 token_missing'),
                (c.post('/products', {'name': 'x'}), 'createProduct refused: 403 forbidden'),
                (c.post('/cart', {'product_id': 'x' * 24, 'quantity': 0, 'sesame': 1}),
                 'addToCart refused: 422 validation_failed'),
                (c.get('/nothing-here'), 'a request without a route refused: 404 not_found'),
                (c.request('POST', '/cart', headers={'Content-Type': 'application/json'}, body=b'{"a":'), 'addToCart refused: 400 malformed_json'),
                (c.get('/products?limit=sesame'), 'listProducts refused: 422 validation_failed')):
            with self.subTest(reason=reason):
                lines = [line for line in self.env.error_text().split('\n')
                         if r.json['request_id'] in line and ' refused: ' in line]
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(reason, lines[0])
                self.assertNotIn('sesame', lines[0])
        self.assertIn('/quantity too_small, a name unknown', self.env.error_text())


class TwoShops(ShopCase):
    """Two virtual hosts, two shops, one httpd."""

    @classmethod
    def make_env(cls):
        cls.first, cls.second = Env('ShopOne'), Env('ShopTwo')
        cls.second.write_files()
        one, two = cls.first, cls.second

        def host(e):
            return '\n'.join(('Listen 127.0.0.1:%d' % e.vport, '<VirtualHost 127.0.0.1:%d>' % e.vport,
                              '  ServerName localhost', '  ShopInstance ' + e.instance,
                              '  ShopMongoURI "%s"' % e.mongo_uri,
                              '  ShopJwtKey main HS256 "file:%s"' % e.key_file, '  ShopCurrency ' + e.currency,
                              '  <Location "/api">\n    ShopEngine On\n  </Location>', '</VirtualHost>'))
        one.vport, two.vport, one.currency, two.currency = free_port(), free_port(), 'USD', 'JPY'
        one.module_lines = lambda: '\n'.join((one.load_line(), one.redis_line(),
                                              'ShopRateLimit ' + one.rate_limit, 'ShopLoginLimit ' + one.login_limit,
                                              host(one), host(two)))
        one.secrets |= two.secrets
        two.secrets, two.statuses = one.secrets, one.statuses
        cls.addClassCleanup(two.stop)                    # drops the second database
        two.prepare_store()
        return one

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a = Shop(cls.first, port=cls.first.vport)
        cls.b = Shop(cls.second, port=cls.second.vport)

    def test_data_of_their_own(self):
        product = self.a.add_product(name='Only in the first', price=3.50)
        self.assert_status(self.a.anonymous().get('/products/' + product['id']), 200)
        self.assert_problem(self.b.anonymous().get('/products/' + product['id']), 404, 'not_found')
        self.assertEqual(self.b.anonymous().get('/products?q=first').json['items'], [])
        c = self.a.new_customer()
        r = self.b.anonymous().post('/auth/login', {k: c.credentials[k] for k in ('email', 'password')})
        self.assert_problem(r, 401, 'invalid_credentials')
        self.assert_status(self.b.anonymous().post('/auth/register', c.credentials), 201)

    def test_a_token_of_one_is_nothing_in_the_other(self):
        c = self.a.new_customer()
        other = self.b.anonymous()
        self.assert_problem(other.get('/auth/me', token=c.token), 401, 'token_invalid')
        self.assert_problem(other.post('/auth/refresh', token=c.refresh_token), 401, 'token_invalid')
        r = other.post('/products', {'name': 'x', 'price': 1, 'category': 'x'}, token=self.a.admin().token)
        self.assert_problem(r, 401, 'token_invalid')

    def test_a_currency_of_their_own(self):
        dollars, yen = self.a.add_product(price=3.50), self.b.add_product(price=350)
        self.assertEqual((dollars['currency'], dollars['price'], yen['currency'], yen['price']),
                         ('USD', 3.5, 'JPY', 350))
        r = self.b.admin().post('/products', {'name': 'x', 'price': 3.5, 'category': 'x'})
        self.assert_problem(r, 422, 'validation_failed')

    def test_orders_in_both(self):
        for shop in (self.a, self.b):
            c, product = shop.new_customer(), shop.add_product(price=7)
            shop.put_in_cart(c, product['id'])
            self.assert_status(shop.place(c), 201)
            self.assertEqual(len(c.get('/orders').json['items']), 1)

    def test_the_main_server_serves_no_shop(self):
        r = Client(self.first).get('/products')
        self.assert_status(r, 404)


class HostsThatRepeatTheirDirectives(ShopCase):
    """Virtual hosts with equal directives are one shop: one set of pools in each child, shared counters."""
    startup_log = ('SHOP0005',)                          # the two shops have one database

    @classmethod
    def make_env(cls):
        env = Env(cls.__name__, login_limit='3/15min', log_level='notice shop:info')
        env.ports = [free_port() for _ in range(3)]

        def host(port, instance):
            return '\n'.join(('Listen 127.0.0.1:%d' % port, '<VirtualHost 127.0.0.1:%d>' % port,
                              '  ServerName host%d' % port, '  ShopInstance ' + instance,
                              '  ShopMongoURI "%s%sappName=%s"' % (env.mongo_uri, '&' if '?' in env.mongo_uri else '?', instance),
                              '  ShopRedis off',
                              '  ShopJwtKey main HS256 "file:%s"' % env.key_file,
                              '  ShopRateLimit api 100000/1min by=ip', '  ShopLoginLimit ' + env.login_limit,
                              '  ShopPublicURL https://shop.example.com',
                              '  <Location "/api">\n    ShopEngine On\n  </Location>', '</VirtualHost>'))
        env.module_lines = lambda: '\n'.join((env.load_line(), 'LogLevel ' + env.log_level,
                                              host(env.ports[2], 'two'), host(env.ports[0], 'one'),
                                              host(env.ports[1], 'one')))
        return env

    def failed_login(self, port):
        r = Client(self.env, port=port).post('/auth/login', {'email': 'nobody@example.com', 'password': 'not it'})
        return r.status

    def test_equal_hosts_count_together_and_another_instance_alone(self):
        first, second, other = self.env.ports
        self.assertEqual([self.failed_login(port) for port in (first, second, first, second, first)],
                         [401, 401, 401, 429, 429])
        self.assertEqual(self.failed_login(other), 401)

    def test_each_child_opens_one_set_of_pools_for_each_shop(self):
        limit, opened = time.monotonic() + 90, {}
        while not opened or not all('two' in shops for shops in opened.values()):    # httpd opens the first host last
            self.assertLess(time.monotonic(), limit, 'not every child opened both shops: %s' % opened)
            time.sleep(0.1)
            opened = {}
            for pid, shop in re.findall(r'\[pid (\d+).*SHOP0001: shop (\w+): pools',
                                        self.env.text(self.env.error_log)):
                opened.setdefault(pid, []).append(shop)
        for pid, shops in opened.items():
            self.assertEqual(sorted(shops), ['one', 'two'], 'child %s' % pid)


class ShopBesideOneWithRedis(ShopCase):
    """What two shops keep in shared memory does not touch."""
    startup_log = ('SHOP0005',)                          # they have one database

    @classmethod
    def make_env(cls):
        env = Env(cls.__name__, login_limit='3/15min')
        env.vport = free_port()
        env.tail = '\n'.join(('Listen 127.0.0.1:%d' % env.vport, '<VirtualHost 127.0.0.1:%d>' % env.vport,
                              '  ShopMongoURI "%s%sappName=beside"' % (env.mongo_uri, '&' if '?' in env.mongo_uri else '?'),
                              '  ShopInstance beside', '  ShopRedis off', '</VirtualHost>'))
        return env

    def test_failed_logins_are_not_forgotten(self):
        c = Client(self.env, port=self.env.vport)
        for status in (401, 401, 401, 429, 429):
            r = c.post('/auth/login', {'email': 'nobody@example.com', 'password': 'not the password'})
            self.assert_status(r, status)
            time.sleep(1.5)             # within a second the other shop tells Redis what it believes to owe


class WarningsOfTheConfiguration(ShopCase):
    """Printed once where httpd is started. Restarts repeat what is dangerous in the log, and what is missing not."""
    startup_log = ('SHOP0004',)

    @classmethod
    def make_env(cls):
        env = Env(cls.__name__, extra='ShopInsecureOpenAdmin On')
        base = env.base_conf
        env.base_conf = lambda: re.sub(r'^LoadModule headers_module.*\n', '', base(), flags=re.M)
        return env

    def test_a_start_and_a_graceful_restart(self):
        self.expect_log('SHOP0004')
        texts = 'SHOP0004: ', 'SHOP0006: mod_headers'

        def printed():
            both = self.env.text(self.env.startup_log) + self.env.text(self.env.error_log)
            return [both.count(text) for text in texts]

        self.assertEqual(printed(), [1, 1])
        self.env.graceful()
        limit = time.monotonic() + 60
        while printed()[0] < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertEqual(printed(), [2, 1])


class Restart(ShopCase):
    def test_graceful_restarts_under_light_load(self):
        shop = self.shop
        product, stop, failed, done = shop.add_product(stock=100000), threading.Event(), [], [0]
        buyers = shop.customers(3)

        def load(c, turn):
            while not stop.is_set():
                try:
                    for r in (c.get('/products/' + product['id'], fresh=True),
                              c.post('/cart', {'product_id': product['id'], 'quantity': 1}, fresh=True),
                              shop.place(c, headers={'Connection': 'close'}),
                              c.get('/products?limit=2', fresh=True), c.get('/ok.txt', prefix='', fresh=True)):
                        done[0] += 1
                        if r.status not in (200, 201):
                            failed.append(repr(r))
                except Exception as e:
                    failed.append(repr(e))
                time.sleep(0.01)
        threads = [threading.Thread(target=load, args=(c, i), daemon=True) for i, c in enumerate(buyers)]
        for t in threads:
            t.start()
        before, restarts = set(self.env.child_pids()), amount(3, 20)
        at_first = self.held()
        for _ in range(restarts):
            self.until_more(done, 10)
            self.env.graceful()
        self.until_more(done, 10)
        self.broken_reload()
        self.until_more(done, 10)
        stop.set()
        for t in threads:
            t.join(60)
        self.assertEqual(failed, [])
        limit = time.monotonic() + 60
        while set(self.env.child_pids()) & before and time.monotonic() < limit:
            time.sleep(0.2)
        self.assertEqual(set(self.env.child_pids()) & before, set(), 'old children are still there')
        self.env.verify({product['id']: 100000}, within=60)
        self.assertLessEqual(self.held(), at_first + 2, 'the parent keeps files or connections of old generations')
        figure(self, 'F17', '%d requests, two of five orders and carts, over %d graceful restarts and a refused one: 0 '
               'failed; files of the parent %d before, %d after' % (done[0], restarts, at_first, self.held()))

    @staticmethod
    def until_more(done, count):
        """A second, and until so many more requests were answered."""
        before, limit = done[0], time.monotonic() + 60
        time.sleep(1.0)
        while done[0] < before + count and time.monotonic() < limit:
            time.sleep(0.05)

    def held(self):
        return len(os.listdir('/proc/%d/fd' % self.env.process.pid))

    def broken_reload(self):
        """`httpd -k graceful` with a wrong file is refused, and what runs goes on."""
        with open(self.env.conf_file) as f:
            right = f.read()
        try:
            with open(self.env.conf_file, 'a') as f:
                f.write('ShopPageSize 200 100\n')
            tried = subprocess.run([HTTPD, '-d', self.env.root, '-f', self.env.conf_file, '-k', 'graceful'],
                                   capture_output=True, text=True, timeout=60)
            self.assertNotEqual(tried.returncode, 0)
            self.assertIn('ShopPageSize', tried.stdout + tried.stderr)
        finally:
            with open(self.env.conf_file, 'w') as f:
                f.write(right)

    def test_what_was_signed_out_stays_so_over_a_restart(self):
        c, d = self.shop.new_customer(), self.shop.new_customer()
        self.assert_status(c.post('/auth/logout'), 200)
        before, limit = set(self.env.child_pids()), time.monotonic() + 60
        self.env.graceful()
        while not set(self.env.child_pids()) - before and time.monotonic() < limit:
            time.sleep(0.1)
        for _ in range(10):
            self.assert_problem(self.shop.anonymous().get('/auth/me', token=c.token), 401, 'token_revoked')
            self.assert_status(self.shop.anonymous().get('/auth/me', token=d.token), 200)


class Refusals(ShopCase):
    """httpd's own refusals have the API's form and the request's id."""
    env_options = {'location': '  LimitRequestBody 4096',
                   'extra': 'RequestReadTimeout header=2 body=1'}

    def raw(self, *parts, **kw):
        answer = send_raw(self.env, *parts, **kw)
        self.assertEqual(len(answer.final), 1, answer.data[:300])
        return answer.final[0]

    def test_malformed_request(self):
        for label, data in {'space before the colon': b'GET /api/products HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n',
                            'no host': b'GET /api/products HTTP/1.1\r\n\r\n',
                            'header too long': b'GET /api/products HTTP/1.1\r\nHost: localhost\r\nX: ' + b'a' * 9000 +
                                               b'\r\n\r\n',
                            'too many headers': b'GET /api/products HTTP/1.1\r\nHost: localhost\r\n' +
                                                b''.join(b'X-%d: 1\r\n' % i for i in range(120)) + b'\r\n'}.items():
            with self.subTest(request=label):
                self.assert_problem(self.raw(data), 400)

    def test_uri_too_long(self):
        r = self.raw(b'GET /api/products?q=' + b'a' * 9000 + b' HTTP/1.1\r\nHost: localhost\r\n\r\n')
        self.assert_problem(r, 414)

    def test_no_such_route(self):
        for path in ('/api/nothing', '/api//', '/api/auth', '/api/products/x/y/z'):
            with self.subTest(path=path):
                r = self.shop.anonymous().request('GET', path, prefix='')
                self.assert_problem(r, 404, ('not_found', 'route_not_found'))

    def test_outside_the_api_httpd_speaks_for_itself(self):
        r = self.shop.anonymous().request('GET', '/nothing', prefix='')
        self.assert_status(r, 404)
        self.assertNotIn('problem', r.header('content-type'))

    def test_no_such_method(self):
        r = self.shop.anonymous().request('DELETE', '/auth/login')
        self.assert_problem(r, 405, 'method_not_allowed')
        self.assertEqual({m.strip() for m in r.header('allow').split(',')} - {'OPTIONS'}, {'POST'})
        r = self.shop.anonymous().request('PUT', '/products')
        self.assertEqual({m.strip() for m in r.header('allow').split(',')} - {'OPTIONS'}, {'GET', 'HEAD', 'POST'})

    def test_body_above_limit_request_body(self):
        body = b'{"email":"a@example.com","password":"' + b'x' * 5000 + b'"}'
        r = self.shop.anonymous().request('POST', '/auth/login', body=body,
                                          headers={'Content-Type': 'application/json'})
        self.assert_problem(r, 413, 'payload_too_large')
        r = self.raw(b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                     b'Transfer-Encoding: chunked\r\n\r\n1388\r\n' + b' ' * 5000 + b'\r\n0\r\n\r\n')
        self.assert_problem(r, 413, 'payload_too_large')

    def test_body_that_never_comes(self):
        r = self.raw(b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                     b'Content-Length: 50\r\n\r\n{"email', timeout=15)
        self.assert_problem(r, 408)
        r = self.raw(b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                     b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"ema', timeout=15)
        self.assert_problem(r, 408)

    def test_client_that_hangs_up(self):
        for _ in range(5):
            send_raw(self.env, b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                     b'Content-Length: 50\r\n\r\n{"email', half_close=True, timeout=3)
        self.assert_status(self.shop.anonymous().get('/products'), 200)

    def test_every_answer_has_its_own_id(self):
        c, ids = self.shop.anonymous(), []
        for path in ('/products', '/nothing', '/cart'):
            for _ in range(3):
                found = c.get(path, headers={'X-Request-Id': 'mine'}).all('x-request-id')
                self.assertEqual(len(found), 1)
                ids += found
        self.assertEqual(len(set(ids)), 9)
        self.assertNotIn('mine', ids)

    def test_not_acceptable(self):
        r = self.shop.anonymous().get('/products', headers={'Accept': 'text/html'})
        self.assert_problem(r, 406, 'not_acceptable')
        for accept in ('*/*', 'application/*', 'application/json', 'text/html, application/json;q=0.5'):
            self.assert_status(self.shop.anonymous().get('/products', headers={'Accept': accept}), 200)


CORS = '''
SetEnvIf Origin "^(https://shop\\.example)$" SHOP_CORS=$1
Header always set Access-Control-Allow-Origin "%{SHOP_CORS}e" env=SHOP_CORS
Header always set Access-Control-Allow-Credentials "true" env=SHOP_CORS
Header always set Access-Control-Allow-Methods "GET, HEAD, POST, PUT, PATCH, DELETE" env=SHOP_CORS
Header always set Access-Control-Allow-Headers "Authorization, Content-Type, Idempotency-Key, If-Match" env=SHOP_CORS
Header always set Access-Control-Expose-Headers "ETag, Location, X-Request-Id, RateLimit, Retry-After" env=SHOP_CORS
Header always merge Vary "Origin"
'''


class Neighbours(ShopCase):
    """mod_headers, mod_ratelimit and mod_deflate beside the module."""
    env_options = {'location': CORS, 'extra': '<Location "/api/products/featured">\n  SetOutputFilter RATE_LIMIT\n'
                                              '  SetEnv rate-limit 64\n</Location>\n'
                                              'DeflateAlterETag NoChange\n'
                                              '<Location "/api/categories">\n  SetOutputFilter DEFLATE\n</Location>'}

    def origins(self, r):
        return r.all('access-control-allow-origin'), r.all('access-control-allow-credentials')

    def test_cors_names_the_origin(self):
        c, good = self.shop.anonymous(), 'https://shop.example'
        for method, path in (('GET', '/products'), ('GET', '/nothing'), ('GET', '/cart'), ('PUT', '/cart'),
                             ('POST', '/auth/login'), ('OPTIONS', '/products'), ('OPTIONS', '/cart')):
            with self.subTest(request=method + ' ' + path):
                r = c.request(method, path, headers={'Origin': good})
                self.assertEqual(self.origins(r), ([good], ['true']), r)
                self.assertIn('Origin', r.header('vary', ''))
                for evil in ('https://evil', 'null', 'https://shop.example.evil', 'https://shopXexample'):
                    r = c.request(method, path, headers={'Origin': evil})
                    self.assertEqual(self.origins(r), ([], []), r)
                r = c.request(method, path)
                self.assertEqual(self.origins(r), ([], []))

    def test_preflight_for_patch(self):
        asked = {'Origin': 'https://shop.example', 'Access-Control-Request-Method': 'PATCH',
                 'Access-Control-Request-Headers': 'authorization, content-type'}
        r = self.shop.anonymous().request('OPTIONS', '/orders/65a0000000000000000000ab', headers=asked)
        self.assert_status(r, 204)
        self.assertIn('PATCH', r.header('access-control-allow-methods'))
        self.assertIn('Authorization', r.header('access-control-allow-headers'))
        self.assertEqual(self.origins(r), (['https://shop.example'], ['true']))
        r = self.shop.anonymous().request('OPTIONS', '/orders/65a0000000000000000000ab',
                                          headers={**asked, 'Origin': 'https://evil'})
        self.assertEqual(self.origins(r), ([], []))
        self.assertEqual(r.all('access-control-allow-methods'), [])

    def test_bandwidth_by_mod_ratelimit(self):
        for i in range(40):
            self.shop.add_product(name='Heavy %d' % i, description='x' * 4000, featured=True)
        started = time.monotonic()
        r = self.assert_status(self.shop.anonymous().get('/products/featured'), 200)
        took, size = time.monotonic() - started, len(r.body)
        self.assertGreater(size, 80 * 1024, 'the answer is too small to tell')
        rate = size / 1024 / took
        print('neighbours: %d KiB at %.0f KiB/s, limit 64' % (size // 1024, rate), flush=True)
        self.assertLess(rate, 64 * 1.8)
        self.assertEqual(len(r.json['items']), 20)
        fast = self.assert_status(self.shop.anonymous().get('/products?limit=40'), 200)
        self.assert_in_time(1.0, *fast.span, 'a reply without a limit')

    def test_compressed_answers_keep_their_tag(self):
        self.shop.add_product(category='Compressed ' + 'x' * 60)
        c = self.shop.anonymous()
        r = self.assert_status(c.get('/categories', headers={'Accept-Encoding': 'gzip'}), 200)
        if r.header('content-encoding') == 'gzip':
            self.assertIn(b'Compressed', gzip.decompress(r.body))
        else:
            self.assertIn(b'Compressed', r.body)
            self.fail('mod_deflate did not compress')


class RequestLimit(ShopCase):
    env_options = {'rate_limit': 'api 5/10min by=ip', 'login_limit': '3/15min'}

    def test_429_with_everything_that_belongs_to_it(self):
        answers = []
        for i in range(9):
            answers.append(self.shop.anonymous().get('/products', headers={'X-Forwarded-For': '10.0.0.%d' % i}))
        self.assertEqual([r.status for r in answers], [200] * 5 + [429] * 4)
        for r in answers:
            for name in ('ratelimit', 'ratelimit-policy'):
                self.assertEqual(len(r.all(name)), 1, '%s of %r' % (name, r))
            self.assertIn('q=5', r.header('ratelimit-policy'))
            self.assertIn('w=600', r.header('ratelimit-policy'))
            self.assertIn('"api"', r.header('ratelimit-policy'))
        left = [int(re.search(r'\br=(\d+)', r.header('ratelimit'))[1]) for r in answers]
        self.assertEqual(left, [4, 3, 2, 1, 0, 0, 0, 0, 0])
        for r in answers[5:]:
            self.assert_problem(r, 429, 'rate_limited')
            self.assertTrue(1 <= int(r.header('retry-after')) <= 600, r.header('retry-after'))


class RequestLimitOfMany(ShopCase):
    """Most requests are counted by the host alone, yet no more and no fewer pass than the limit says."""

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, rate_limit='api 100/10min by=ip',
                   children=12 if mpm_name() == 'prefork' else 4)   # prefork: a child a kept connection

    def test_of_a_thousand_requests_exactly_a_hundred_pass(self):
        def ask_often(me):
            shop = self.shop.anonymous()
            return [shop.get('/products', headers={'X-Forwarded-For': '10.1.%d.%d' % (me, i)}).status
                    for i in range(125)]
        # before them, the Env itself may have asked; that counts too
        first = self.shop.anonymous().get('/products')
        left = int(re.search(r'\br=(\d+)', first.header('ratelimit'))[1])
        answers = at_once([lambda me=me: ask_often(me) for me in range(8)], timeout=240)
        statuses = [status for some in answers for status in some]
        self.assertEqual(set(statuses), {200, 429})
        self.assertEqual((statuses.count(200), len(statuses)), (left, 1000))


class LoginLimit(ShopCase):
    env_options = {'login_limit': '3/15min'}

    def test_failed_logins_are_counted(self):
        body, user = self.shop.register()
        wrong = {'email': body['email'], 'password': 'not the password'}
        statuses = [self.shop.anonymous().post('/auth/login', wrong).status for _ in range(5)]
        self.assertEqual(statuses, [401] * 3 + [429] * 2)
        r = self.shop.anonymous().post('/auth/login', wrong)
        self.assert_problem(r, 429, 'rate_limited')
        self.assertTrue(1 <= int(r.header('retry-after')) <= 900)


class HttpWords(ShopCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.shop.add_product(name='Chair', price=40.00, stock=3)
        cls.path = '/products/' + cls.product['id']
        cls.customer = cls.shop.new_customer()

    def test_head_is_get_without_a_body(self):
        for path, who in (('/products', None), (self.path, None), ('/products/nothing', None), ('/cart', self.customer),
                          ('/health/live', None), ('/cart', None), ('/openapi.json', None)):
            with self.subTest(path=path, signed_in=who is not None):
                c = who or self.shop.anonymous()
                got, head = c.get(path), c.request('HEAD', path)
                self.assertEqual(head.status, got.status)
                self.assertEqual(head.body, b'')
                for name in ('content-type', 'etag', 'cache-control', 'x-content-type-options', 'www-authenticate'):
                    self.assertEqual(head.all(name), got.all(name), name)
                if got.status == 200:
                    self.assertEqual(head.header('content-length'), str(len(got.body)))

    def test_requests_sent_without_waiting(self):
        """RFC 9112 section 9.3.2: answered in the order in which they came, each of them whole."""
        paths = [self.path, '/products', '/nothing', self.path, '/cart', '/products?limit=0', '/categories'] * 4
        sent = b''.join(b'GET /api%s HTTP/1.1\r\nHost: localhost\r\n\r\n' % p.encode() for p in paths)
        answer = send_raw(self.env, sent)
        self.assertEqual([r.status for r in answer.final], [200, 200, 404, 200, 401, 422, 200] * 4)
        for path, r in zip(paths, answer.final):
            if r.status == 200:
                self.assertEqual(r.body, self.shop.anonymous().get(path).body, path)
            else:
                self.assertEqual(r.json['status'], r.status)

    def test_options(self):
        c = self.shop.anonymous()
        for path, wanted in (('/products', {'GET', 'HEAD', 'POST', 'OPTIONS'}),
                             (self.path, {'GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'}),
                             ('/cart', {'GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'}),
                             ('/auth/login', {'POST', 'OPTIONS'})):
            with self.subTest(path=path):
                r = self.assert_status(c.request('OPTIONS', path), 204)
                self.assertEqual({m.strip() for m in r.header('allow').split(',')}, wanted)
                self.assertEqual(r.body, b'')
        self.assert_problem(c.request('OPTIONS', '/nothing'), 404)

    def test_conditional_reading(self):
        for path, c in ((self.path, self.shop.anonymous()), ('/cart', self.customer)):
            with self.subTest(path=path):
                r = self.assert_status(c.get(path), 200)
                tag = r.header('etag')
                self.assertRegex(tag or '', r'^"[^"]+"$')
                for sent in (tag, '"x", ' + tag, 'W/' + tag, '*'):
                    again = c.get(path, headers={'If-None-Match': sent})
                    self.assert_status(again, 304)
                    self.assertEqual((again.body, again.header('etag')), (b'', tag))
                self.assert_status(c.get(path, headers={'If-None-Match': '"x"'}), 200)

    def test_conditional_writing(self):
        admin = self.shop.admin()
        product = self.shop.add_product(name='Table', price=80.00)
        path = '/products/' + product['id']
        old = admin.get(path).header('etag')
        r = self.assert_status(admin.patch(path, {'price': 81.00}, headers={'If-Match': old}), 200)
        new = r.header('etag')
        self.assertNotEqual(new, old)
        self.assertEqual(new, admin.get(path).header('etag'))
        for stale in (old, 'W/' + new, '"x"'):
            for method, body in (('PATCH', {'price': 1}), ('PUT', {'name': 'T', 'price': 1, 'category': 'x'}),
                                 ('DELETE', None)):
                with self.subTest(method=method, tag=stale):
                    extra = {'json_body': body} if body else {}
                    r = admin.request(method, path, headers={'If-Match': stale}, **extra)
                    self.assert_problem(r, 412, 'precondition_failed')
        self.assertEqual(admin.get(path).json['price'], 81)
        self.assert_status(admin.patch(path, {'price': 82.00}, headers={'If-Match': '*'}), 200)
        self.assert_status(admin.put(path, {'name': 'T', 'price': 83.00, 'category': 'x'}), 200)
        self.assert_status(admin.delete(path, headers={'If-Match': admin.get(path).header('etag')}), 200)
        self.assert_problem(admin.get(path), 404, 'not_found')

    def test_both_kinds_of_patch(self):
        admin = self.shop.admin()
        for kind in ('application/merge-patch+json', 'application/json', 'application/json; charset=utf-8'):
            r = admin.request('PATCH', self.path, body=b'{"description":"soft"}', headers={'Content-Type': kind})
            self.assert_status(r, 200)
            self.assertEqual(r.json['description'], 'soft')

    def test_headers_of_every_answer(self):
        for c, path in ((self.shop.anonymous(), '/products'), (self.customer, '/cart'), (self.customer, '/orders'),
                        (self.customer, '/auth/me')):
            r = self.assert_status(c.get(path), 200)
            self.assertEqual(r.header('content-type').split(';')[0], 'application/json')
            self.assertEqual(r.all('x-content-type-options'), ['nosniff'])
            self.assertEqual(len(r.all('x-request-id')), 1)
            if c is self.customer:
                self.assertIn('no-store', r.header('cache-control'))

    def test_lists_go_on_by_cursor(self):
        for i in range(5):
            self.shop.add_product(name='Row %d' % i, category='Paged')
        c, seen, path = self.shop.anonymous(), [], '/products?category=Paged&limit=2'
        for _ in range(10):
            r = self.assert_status(c.get(path), 200)
            seen += [p['name'] for p in r.json['items']]
            if r.json['next_cursor'] is None:
                self.assertEqual(r.all('link'), [])
                break
            self.assertRegex(r.header('link') or '', r'<[^>]*cursor=[^>]*>; ?rel="?next"?')
            path = '/products?category=Paged&limit=2&cursor=' + r.json['next_cursor']
        self.assertEqual(sorted(seen), ['Row %d' % i for i in range(5)])
        r = c.get('/products?category=Paged&limit=1&count=true')
        self.assertEqual(r.json['total'], 5)

    def test_the_root_links_to_the_document_and_to_what_there_is(self):
        c = self.shop.anonymous()
        for path in ('', '/'):
            r = self.assert_status(c.get(path), 200)
            self.assertEqual(r.header('link'),
                             '</api/openapi.json>; rel="service-desc", </api/health/ready>; rel="status"')
            for name in ('openapi', 'health', 'products', 'categories'):
                self.assertEqual(r.json[name][:5], '/api/')
                self.assert_status(c.request('GET', r.json[name], prefix=''), 200)
        self.assert_problem(c.post('/', {}), 405, 'method_not_allowed')

    def test_health(self):
        c = self.shop.anonymous()
        self.assert_status(c.get('/health/live'), 200)
        r = self.assert_status(c.get('/health/ready'), 200)
        self.assertEqual(r.json['status'], 'ok')

    def test_https_is_the_same_shop(self):
        secure = Client(self.env, tls=True, token=self.customer.token)
        self.assertEqual(secure.get(self.path).json, self.shop.anonymous().get(self.path).json)
        self.assert_status(secure.get('/cart'), 200)

    def test_somebody_elses_order_is_not_there(self):
        self.shop.put_in_cart(self.customer, self.product['id'])
        order = self.assert_status(self.shop.place(self.customer), 201)
        self.assertEqual(order.header('location'), '/api/orders/' + order.json['id'])
        other = self.shop.new_customer()
        path = '/orders/' + order.json['id']
        self.assert_problem(other.get(path), 404, 'not_found')
        self.assert_problem(other.post(path + '/cancel'), 404, 'not_found')
        self.assert_problem(other.patch(path, {'status': 'cancelled'}), 403, 'forbidden')
        self.assert_status(self.customer.get(path), 200)
        admin = self.shop.admin()
        self.assert_problem(admin.patch(path, {'status': 'delivered'}), 409, 'invalid_transition')
        for status in ('paid', 'processing', 'shipped', 'delivered'):
            self.assert_status(admin.patch(path, {'status': status}), 200)
        self.assertEqual([h['status'] for h in self.customer.get(path).json['history']],
                         ['pending', 'paid', 'processing', 'shipped', 'delivered'])
        self.assert_problem(self.customer.post(path + '/cancel'), 409, 'invalid_transition')


if __name__ == '__main__':
    unittest.main()
