# SPDX-License-Identifier: MIT
"""`shopctl doctor` on set-ups that are broken in one way each: the finding, its level and its remedy."""
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import unittest

from env import HTTPD, ShopCase, certificate, database_uri, load_modules, mpm_name, need, shopctl, shopctl_path, \
    write_private
from servers import Redis, free_port
from wire import Store


class Stalled:
    """Accepts connections; context: speaks TLS and nothing more, else says nothing at all."""

    def __init__(self, context=None):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port, self.context, self.open = self.listener.getsockname()[1], context, []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                self.open.append(near)
                if self.context:
                    near.settimeout(5)
                    self.open.append(self.context.wrap_socket(near, server_side=True))
            except ssl.SSLError:
                pass
            except OSError:
                return

    def close(self):
        self.listener.close()
        for near in self.open:
            near.close()


@unittest.skipUnless(mpm_name() == 'event', 'asks no running httpd: under event alone')
class Doctor(ShopCase):
    """Each test changes one line of a configuration that is in order."""

    def setUp(self):
        super().setUp()
        self.good = self.env.conf()

    def run_doctor(self, *words, stdin=None, uri=None):
        environment = {k: v for k, v in os.environ.items() if k != 'SHOP_MONGO_URI'}
        began = time.monotonic()
        options = ('--mongo-uri', uri) if uri else ()
        done = subprocess.run([shopctl_path(), 'doctor', '--json', *words, *options], capture_output=True, text=True,
                              input=stdin or '', timeout=120, env=environment)
        self.took = time.monotonic() - began
        self.assertIn(done.returncode, (0, 1), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if report['errors'] else 0)
        self.assertEqual(report['ok'], not report['errors'])
        for check in report['checks']:
            self.assertTrue(check['do'] or check['level'] == 'ok', check)
        for secret in (self.env.key, self.env.admin_password, 'sesame'):
            self.assertNotIn(secret, done.stdout + done.stderr)
        return report['checks']

    def look(self, conf, uri=None):
        path = os.path.join(self.env.root, 'conf', 'variant.conf')
        write_private(path, conf)
        return self.run_doctor('--httpd', HTTPD, '--config', path, uri=uri)

    def changed(self, pattern, by):
        conf, count = re.subn(pattern, by.replace('\\', '\\\\'), self.good, flags=re.M)
        self.assertGreater(count, 0, pattern)
        return conf

    def finds(self, checks, check, level, seen, do):
        found = [c for c in checks if c['check'] == check and c['level'] == level and re.search(seen, c['seen'])]
        self.assertEqual(len(found), 1, 'no %s %s in %s' % (level, check, json.dumps(checks, indent=1)))
        self.assertRegex(found[0]['do'], do)

    # -- what is in order ------------------------------------------------------------------------------------------

    def test_a_shop_in_order_has_no_error(self):
        checks = self.look(self.good)
        self.assertEqual([c for c in checks if c['level'] == 'error'], [])
        seen = {c['check'] for c in checks}
        for check in ('configuration', 'module', 'modules', 'tls', 'jwt-key', 'mongo-connect', 'mongo-version', 'clock',
                      'schema', 'indexes', 'admin', 'redis-connect', 'descriptors', 'shared-memory', 'log-disk',
                      'public-url'):
            self.assertIn(check, seen)
        self.assertEqual({c['shop'] for c in checks if c['check'] == 'schema'}, {self.env.instance})
        text = subprocess.run([shopctl_path(), 'doctor', '--httpd', HTTPD, '--config', self.env.conf_file],
                              capture_output=True, text=True, timeout=60)
        self.assertRegex(text.stdout, r'(?m)^ok +schema +schema \d+$')
        self.assertRegex(text.stdout.splitlines()[-1], r'^doctor: \d+ ok, (1 warning|\d+ warnings), 0 errors$')

    # -- httpd -----------------------------------------------------------------------------------------------------

    def test_no_httpd(self):
        checks = self.run_doctor('--httpd', '/usr/sbin/absent')
        self.finds(checks, 'httpd', 'error', '/usr/sbin/absent cannot be run', '--httpd PATH')

    def test_a_configuration_that_httpd_refuses(self):
        checks = self.look(self.good + 'ShopPageSize 0 0\n')
        self.finds(checks, 'configuration', 'error', 'ShopPageSize', 'apachectl configtest')

    @unittest.skipUnless(os.getuid() == 0, 'becomes another user')
    def test_another_user_than_root_may_not_read_the_key(self):
        path = os.path.join(self.env.root, 'conf', 'variant.conf')
        write_private(path, self.good)
        os.chmod(path, 0o644)
        os.chmod(os.path.dirname(path), 0o755)
        done = subprocess.run([shopctl_path(), 'doctor', '--json', '--httpd', HTTPD, '--config', path],
                              capture_output=True, text=True, timeout=60, user='nobody')
        self.finds(json.loads(done.stdout)['checks'], 'configuration', 'error', 'ShopJwtKey.*cannot be read',
                   'run shopctl doctor as root')

    def test_the_module_is_not_loaded(self):
        checks = self.look(self.env.base_conf())
        self.finds(checks, 'module', 'error', 'not loaded', 'LoadModule shop_module')
        self.finds(checks, 'engine', 'error', 'no ShopEngine', 'ShopEngine On')

    def test_the_engine_is_off(self):
        checks = self.look(self.changed('ShopEngine On', 'ShopEngine Off'))
        self.finds(checks, 'engine', 'error', 'no ShopEngine is on', 'ShopEngine On')
        self.assertNotIn('schema', [c['check'] for c in checks])
        checks = self.look(self.changed('ShopEngine On', 'ShopEngine Off'), uri=self.env.store_uri)
        self.finds(checks, 'engine', 'error', 'no ShopEngine is on', 'ShopEngine On')
        self.assertEqual([c['level'] for c in checks if c['check'] in ('schema', 'indexes')], ['ok', 'ok'])
        checks = self.look(self.changed('ShopEngine On', 'ShopEngine Off'), uri=self.another_database()[0])
        self.finds(checks, 'schema', 'error', 'never made ready', 'shopctl --mongo-uri .* init')

    def test_modules_are_missing(self):
        conf = self.good
        for name in ('headers', 'reqtimeout', 'unique_id'):
            conf = re.sub(r'(?m)^LoadModule %s_module.*\n' % name, '', conf)
        checks = self.look(conf)
        for name in ('headers', 'reqtimeout', 'unique_id'):
            self.finds(checks, 'modules', 'warning', 'mod_%s is not loaded' % name, 'a2enmod ' + name)

    def test_an_address_without_tls(self):
        checks = self.look(self.changed(r'^Listen 127.0.0.1:%d$' % self.env.port, 'Listen 0.0.0.0:%d' % free_port()))
        self.finds(checks, 'tls', 'warning', r'0\.0\.0\.0:\d+ .*in clear', 'Redirect permanent')

    def test_links_without_tls(self):
        checks = self.look(self.good + 'ShopPublicURL http://shop.example.com\n')
        self.finds(checks, 'public-url', 'warning', 'not https', 'ShopPublicURL https://')

    def test_anybody_may_become_admin(self):
        checks = self.look(self.good + 'ShopInsecureOpenAdmin On\n')
        self.finds(checks, 'open-admin', 'warning', 'register as admin', 'ShopInsecureOpenAdmin Off')

    def test_too_few_descriptors(self):
        checks = self.look(self.good + 'ShopMongoPool 4000\nShopRedisPool 1000\n')
        below = [c for c in checks if c['check'] == 'descriptors'][0]
        self.assertIn('a child needs 5', below['seen'])
        dump = self.dump().replace('ShopMongoPool ', 'ShopMongoPool 2000000000 ')
        self.finds(self.run_doctor('--dump', '-', stdin=dump), 'descriptors', 'error', 'a child needs', 'LimitNOFILE=')

    # -- MongoDB ---------------------------------------------------------------------------------------------------

    def with_uri(self, uri):
        return self.look(self.changed(r'^ShopMongoURI .*', 'ShopMongoURI "%s"' % uri))

    def test_mongo_is_away(self):
        checks = self.with_uri('mongodb://127.0.0.1:%d/shop' % free_port())
        self.finds(checks, 'mongo-connect', 'error', 'cannot be reached', 'systemctl start mongod')

    def test_mongo_has_no_address(self):
        checks = self.with_uri('mongodb://mongo.invalid/shop')
        self.finds(checks, 'mongo-resolve', 'error', 'mongo.invalid has no address', 'DNS')
        self.assertLess(self.took, 30)

    def test_mongo_does_not_answer(self):
        server = Stalled()
        self.addCleanup(server.close)
        checks = self.with_uri('mongodb://127.0.0.1:%d/shop' % server.port)
        self.finds(checks, 'mongo-connect', 'error', 'does not answer', 'log of mongod')
        self.assertLess(self.took, 20)

    def test_mongo_rejects_the_login(self):
        uri = self.env.store_uri.replace('mongodb://', 'mongodb://nobody:sesame@')
        checks = self.look(self.good, uri=uri)
        self.finds(checks, 'mongo-auth', 'error', 'rejects the login', 'user and password')

    def test_mongo_has_another_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate())
        server = Stalled(context)
        self.addCleanup(server.close)
        checks = self.look(self.good, uri='mongodb://127.0.0.1:%d/shop?tls=true' % server.port)
        self.finds(checks, 'mongo-tls', 'warning', r'expires in \d+ days', 'renew the certificate')
        self.finds(checks, 'mongo-tls', 'error', 'TLS connection fails', 'tlsCAFile')
        self.assertLess(self.took, 30)

    def test_mongo_speaks_no_tls(self):
        checks = self.look(self.good, uri=self.env.store_uri + '&tls=true')
        self.finds(checks, 'mongo-tls', 'error', 'speaks no TLS', '--tlsMode requireTLS')

    def test_no_database_is_named(self):
        checks = self.with_uri(re.sub(r'(//[^/]*)/[^?]*', r'\1/', self.env.store_uri))
        self.finds(checks, 'database', 'warning', 'names no database', 'mongodb://HOST/shop')

    def another_database(self):
        name = self.env.database[:50] + '_%d' % len(self._testMethodName)
        self.addCleanup(lambda: Store(need('SHOP_MONGO_URI'), name).command({'dropDatabase': 1}))
        return database_uri(need('SHOP_MONGO_URI'), name), name

    def test_a_database_that_was_never_made_ready(self):
        uri, name = self.another_database()
        self.finds(self.with_uri(uri), 'schema', 'error', 'never made ready',
                   r"^shopctl --mongo-uri '?mongodb://[^@]*/%s\b.* init$" % name)

    def test_a_remedy_names_the_database_as_the_directive_does(self):
        uri, name = self.another_database()
        path = os.path.join(self.env.root, 'conf', 'another.uri')
        write_private(path, uri + '\n')
        self.finds(self.with_uri('file:' + path), 'schema', 'error', 'never made ready',
                   '^shopctl --mongo-uri file:%s init$' % re.escape(path))
        self.finds(self.with_uri('file:conf/another.uri'), 'schema', 'error', 'never made ready',
                   '^shopctl --mongo-uri file:%s init$' % re.escape(path))
        self.assertEqual(Store(uri, name).command({'listCollections': 1})['cursor']['firstBatch'], [])

    def test_the_amounts_are_in_another_currency(self):
        self.shop.add_product(stock=1)
        self.finds(self.look(self.good + 'ShopCurrency EUR\n'), 'currency', 'error',
                   'ShopCurrency is EUR and the amounts in the database are in USD', 'write ShopCurrency USD')
        checks = self.look(self.good)
        self.assertEqual([c['level'] for c in checks if c['check'] == 'currency'], ['ok'])
        code, = self.env.store().find('meta', {'_id': 'currency'})
        self.assertEqual(code['code'], 'USD', 'the doctor wrote')

    def test_a_currency_that_no_amount_is_in_is_no_error(self):
        uri, name = self.another_database()
        shopctl(uri, 'init')
        Store(uri, name).command({'insert': 'meta', 'documents': [{'_id': 'currency', 'code': 'JPY'}]})
        checks = self.with_uri(uri)
        self.assertEqual([c['level'] for c in checks if c['check'] == 'currency'], ['ok'])

    def test_two_shops_share_a_database(self):
        shops = '''Shop books:
  ShopInstance books
  ShopMongoURI %s
  ShopCurrency USD
Shop toys:
  ShopInstance toys
  ShopMongoURI %s
  ShopCurrency USD
'''
        uri, other = self.env.store_uri, self.another_database()[0]
        checks = self.run_doctor('--dump', '-', stdin=shops % (uri, uri))
        self.finds(checks, 'shared-database', 'warning', 'shop books, too, whose ShopInstance differs',
                   'same ShopInstance and ShopCurrency')
        text = (shops % (uri, uri)).replace('ShopInstance toys', 'ShopInstance books').replace('USD', 'EUR', 1)
        self.finds(self.run_doctor('--dump', '-', stdin=text), 'shared-database', 'warning', 'whose ShopCurrency', 'same')
        for text in (shops % (uri, other), (shops % (uri, uri)).replace('toys', 'books')):
            checks = self.run_doctor('--dump', '-', stdin=text)
            self.assertNotIn('shared-database', [c['check'] for c in checks])

    def test_a_unique_index_is_missing_and_there_is_no_admin(self):
        uri, name = self.another_database()
        shopctl(uri, 'init')
        Store(uri, name).command({'dropIndexes': 'users', 'index': 'users_email_key'})
        Store(uri, name).command({'dropIndexes': 'orders', 'index': 'by_status'})
        checks = self.with_uri(uri)
        self.finds(checks, 'indexes', 'error', 'users_email_key', 'shopctl --mongo-uri .*%s.* migrate$' % name)
        self.finds(checks, 'indexes', 'warning', 'by_status of orders', 'shopctl .*migrate$')
        self.finds(checks, 'admin', 'warning', 'no admin', 'shopctl .*user create --admin')

    def test_a_schema_of_a_newer_version(self):
        uri, name = self.another_database()
        shopctl(uri, 'init')
        Store(uri, name).command({'update': 'meta', 'updates': [
            {'q': {'_id': 'schema'}, 'u': {'$set': {'version': 7, 'finished': 7}}}]})
        self.finds(self.with_uri(uri), 'schema', 'error', 'has schema 7', 'install the version')

    # -- Redis -----------------------------------------------------------------------------------------------------

    def with_redis(self, line):
        return self.look(self.changed(r'^ShopRedis .*', line))

    def test_there_is_no_redis(self):
        self.finds(self.with_redis('ShopRedis off'), 'redis-connect', 'warning', 'no Redis', 'ShopRedis redis://')

    def test_redis_is_away(self):
        checks = self.with_redis('ShopRedis redis://127.0.0.1:%d' % free_port())
        self.finds(checks, 'redis-connect', 'error', 'cannot be reached', 'systemctl start redis-server')

    def test_redis_does_not_answer(self):
        server = Stalled()
        self.addCleanup(server.close)
        checks = self.with_redis('ShopRedis redis://127.0.0.1:%d' % server.port)
        self.finds(checks, 'redis-auth', 'error', 'rejects the login|does not answer', 'ShopRedisPassword')
        self.assertLess(self.took, 20)

    def test_redis_wants_a_password_and_evicts(self):
        server = Redis()
        self.addCleanup(server.stop)
        line = 'ShopRedis redis://127.0.0.1:%d' % server.port

        def configure(name, value, *auth):
            subprocess.run(['redis-cli', '-p', str(server.port), *auth, 'CONFIG', 'SET', name, value], check=True,
                           capture_output=True)
        configure('maxmemory-policy', 'allkeys-lru')
        self.finds(self.with_redis(line), 'redis-policy', 'warning', 'allkeys-lru', 'CONFIG SET maxmemory-policy')
        configure('requirepass', 'sesame')
        self.finds(self.with_redis(line), 'redis-auth', 'error', 'NOAUTH', 'ShopRedisPassword file:')

    # -- dumps -----------------------------------------------------------------------------------------------------

    def dump(self):
        return subprocess.run([HTTPD, '-f', self.env.conf_file, '-t', '-D', 'DUMP_SHOP', '-D', 'DUMP_MODULES', '-D',
                               'DUMP_RUN_CFG'], capture_output=True, text=True, timeout=60, check=True).stdout

    def test_a_dump_that_cannot_be_read(self):
        checks = self.run_doctor('--dump', '/nonexistent')
        self.finds(checks, 'configuration', 'error', 'cannot be read', 'DUMP_SHOP')

    def test_a_module_of_another_version(self):
        dump = re.sub(r'(?m)^  version .*', '  version 0.0.1', self.dump())
        checks = self.run_doctor('--dump', '-', stdin=dump)
        self.finds(checks, 'module', 'warning', 'mod_shop is 0.0.1', 'one version')

    def test_a_short_key(self):
        dump = re.sub(r'\(\d+ bytes\)', '(16 bytes)', self.dump())
        checks = self.run_doctor('--dump', '-', stdin=dump)
        self.finds(checks, 'jwt-key', 'error', '16 bytes', 'shopctl keygen')

    # -- files -----------------------------------------------------------------------------------------------------

    def with_places(self, conf_lines):
        """A dump that says where each directive was set, and the file it names."""
        path = os.path.join(self.env.root, 'conf', 'places.conf')
        write_private(path, '\n'.join(conf_lines) + '\n')
        dump = 'Shop books:\n  at localhost:80/api  # %s:1\n' % path
        for number, line in enumerate(conf_lines, 1):
            dump += '  %s (masked)  # %s:%d\n' % (line.split()[0], path, number)
        return self.run_doctor('--dump', '-', stdin='ServerRoot: "%s"\n' % self.env.root + dump)

    def test_a_secret_of_the_configuration_is_found_by_its_place(self):
        """The dump masks it and names file and line; the file names where the secret comes from."""
        secret = os.path.join(self.env.root, 'conf', 'mongo.uri')
        write_private(secret, self.env.store_uri.replace('mongodb://', 'mongodb://nobody:sesame@') + '\n')
        checks = self.with_uri('file:' + secret)
        self.finds(checks, 'mongo-auth', 'error', 'rejects the login', 'user and password')
        self.assertEqual({c['level'] for c in checks if c['check'] == 'secret-files'}, {'ok'})
        checks = self.with_uri(self.env.store_uri.replace('mongodb://', 'mongodb://nobody:sesame@'))
        self.finds(checks, 'secret-files', 'warning', 'ShopMongoURI holds its secret in clear',
                   'ShopMongoURI file:')

    def test_the_file_of_each_of_two_keys_is_looked_at(self):
        key = 'ShopJwtKey %s HS256 file:conf/%s.key'
        files = {name: os.path.join(self.env.root, 'conf', name + '.key') for name in ('first', 'second')}
        for path in files.values():
            write_private(path, self.env.key + '\n')
        conf = self.changed(r'^ShopJwtKey .*$', key % ('first', 'first') + ' verify\n' + key % ('second', 'second'))
        self.assertEqual({c['level'] for c in self.look(conf) if c['check'] == 'secret-files'}, {'ok'})
        said = [c['seen'] for c in self.look(conf) if c['check'] == 'secret-files']
        for path in files.values():
            self.assertEqual([path in seen for seen in said].count(True), 1, said)

    def test_a_secret_that_others_may_read(self):
        key = os.path.join(self.env.root, 'conf', 'open.key')
        write_private(key, 'sesame\n')
        os.chmod(key, 0o644)
        lines = ['ShopMongoURI "%s"' % self.env.store_uri, 'ShopJwtKey main HS256 file:conf/open.key',
                 'ShopRedisPassword file:conf/absent.pass', 'ShopBootstrapToken sesame-open-sesame']
        checks = self.with_places(lines)
        self.finds(checks, 'secret-files', 'error', 'open.key, the file of ShopJwtKey, can be read by others',
                   'chmod 600 .*open.key')
        self.finds(checks, 'secret-files', 'error', 'absent.pass, which cannot be found', 'chmod 600')
        self.finds(checks, 'secret-files', 'warning', 'ShopBootstrapToken holds its secret in clear',
                   'ShopBootstrapToken file:')
        self.assertIn('ok', [c['level'] for c in checks if c['check'] == 'schema'], 'the URI was found in the file')


if __name__ == '__main__':
    unittest.main()
