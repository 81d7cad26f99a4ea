# SPDX-License-Identifier: MIT
"""shopctl: each command, what it prints and how it ends. `verify` has test_verify.py, `migrate` test_upgrade.py."""
import json
import os
import pty
import select
import subprocess
import tempfile
import time
import unittest

from env import ShopCase, database_uri, mpm_name, need, shopctl_path, write_private
from wire import Store

NOBODY = 'mongodb://127.0.0.1:1/shop'


def run(*words, uri=None, stdin=None, environment=None):
    """shopctl in an environment without SHOP_MONGO_URI, unless uri is given."""
    clean = {k: v for k, v in os.environ.items() if k != 'SHOP_MONGO_URI'}
    clean.update(environment or {})
    if uri is not None:
        clean['SHOP_MONGO_URI'] = uri
    return subprocess.run([shopctl_path()] + list(words), capture_output=True, text=True, timeout=120, env=clean,
                          input=stdin if stdin is not None else '')


def on_terminal(answers, *words, uri):
    """Runs shopctl on a terminal of its own and answers each prompt; returns (status, what the terminal showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ['SHOP_MONGO_URI'] = uri
        os.execv(shopctl_path(), [shopctl_path()] + list(words))
    shown, left, limit = b'', list(answers), time.monotonic() + 60
    while time.monotonic() < limit:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 4096)
            except OSError:
                break                                    # the program has ended
            if not data:
                break
            shown += data
            if left and data.endswith(b': '):
                time.sleep(0.1)                          # echo is off when the prompt is there
                os.write(terminal, left.pop(0).encode() + b'\n')
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@unittest.skipUnless(mpm_name() == 'event', 'asks no server of ours: under event alone')
class Usage(unittest.TestCase):
    """What needs no database."""

    def refused(self, message, *words, **kwargs):
        done = run(*words, **kwargs)
        self.assertEqual((done.returncode, done.stdout), (2, ''), done.stderr)
        self.assertEqual(done.stderr.splitlines()[0], 'shopctl: ' + message)
        return done

    def test_help_and_version(self):
        self.assertRegex(run('--version').stdout, r'\Amod_shop \d+\.\d+\.\d+\n\Z')
        self.assertEqual(run('version').stdout, run('-V').stdout)
        usage = run('--help')
        self.assertEqual((usage.returncode, usage.stderr), (0, ''))
        self.assertIn('  3  MongoDB cannot be reached\n', usage.stdout)
        self.assertEqual(run('help').stdout, usage.stdout)
        one = run('user', 'create', '--help')
        self.assertEqual(one.returncode, 0)
        self.assertIn('--if-missing', one.stdout)
        self.assertNotIn('--repair', one.stdout)
        self.assertEqual(run('help', 'user', 'create').stdout, one.stdout)
        self.assertIn('user create', run('user', '--help').stdout)
        self.assertEqual(run('reap', '--nonsense').returncode, 2)

    def test_wrong_usage_is_named(self):
        done = self.refused('reap takes no --admin', 'reap', '--admin')
        self.assertIn('Try: shopctl reap --help', done.stderr)
        self.refused('invalid option: --nonsense', 'verify', '--nonsense')
        self.refused("there is no command 'dance'", 'dance')
        self.refused("there is no command 'user dance'", 'user', 'dance')
        self.refused("there is no command 'dance'", 'help', 'dance')
        self.refused('name a command')
        self.refused('migrate takes one of --back, --finish and --status', 'migrate', '--back', '--status')
        self.refused('user create needs --username and --email', 'user', 'create')

    def test_a_connection_string_is_judged_and_never_shown(self):
        secret = 'mongodb://u:sesame@@host/shop'
        for words in (('reap',), ('init',), ('migrate',), ('verify',)):
            done = run(*words, uri=secret)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn('shopctl: SHOP_MONGO_URI has a user name or password with a special character', done.stderr)
            self.assertNotIn('sesame', done.stderr)
            self.assertNotIn('internal', done.stderr)
        done = run('--mongo-uri', 'localhost:27017', 'reap')
        self.assertEqual(done.returncode, 2)
        self.assertIn('--mongo-uri is not a MongoDB connection string', done.stderr)

    def test_a_connection_string_has_the_sources_of_the_directive(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'uri')
            write_private(path, NOBODY + '\n')
            for source in ('file:' + path, 'env:MY_URI', 'exec:/bin/cat ' + path):
                done = run('--mongo-uri', source, 'reap', environment={'MY_URI': NOBODY})
                self.assertEqual(done.returncode, 3, done.stderr)
            self.assertEqual(run('reap', uri='file:' + path).returncode, 3)
            os.chmod(path, 0o640)
            self.refused('--mongo-uri names a file that others may read; run chmod 600 ' + path,
                         '--mongo-uri', 'file:' + path, 'reap')
        self.refused('--mongo-uri names an environment variable that is not set', '--mongo-uri', 'env:MY_URI', 'reap')
        self.refused('--mongo-uri names a program that failed', '--mongo-uri', 'exec:/bin/false', 'reap')

    def test_a_password_in_an_argument_draws_a_warning(self):
        literal = 'mongodb://u:sesame@127.0.0.1:1/shop'
        done = run('--mongo-uri', literal, 'reap')
        self.assertIn('shopctl: warning: the password in --mongo-uri can be read', done.stderr)
        self.assertNotIn('sesame', done.stderr)
        self.assertNotIn('warning', run('reap', uri=literal).stderr)
        self.assertNotIn('warning', run('--mongo-uri', NOBODY, 'reap').stderr)

    def test_a_store_that_is_away_is_named_once(self):
        for words in (('init',), ('migrate', '--status'), ('reap',), ('verify',)):
            done = run(*words, uri=NOBODY)
            self.assertEqual((done.returncode, done.stdout), (3, ''))
            # the driver says so before main() where a killed process with this id has left a file in /dev/shm
            said = [line for line in done.stderr.splitlines() if 'Falling back to malloc for counters' not in line]
            self.assertEqual(len(said), 1, done.stderr)

    def test_keygen_and_openapi(self):
        key, other = run('keygen').stdout, run('keygen').stdout
        self.assertRegex(key, r'\A[\w-]{64}\n\Z')
        self.assertNotEqual(key, other)
        self.assertIn('/api/products', str(json.loads(run('openapi').stdout)['servers']) +
                      ' '.join('/api' + path for path in json.loads(run('openapi').stdout)['paths']))
        self.refused('openapi takes no --json', 'openapi', '--json')

    def test_config_example_is_the_one_of_the_pages(self):
        page = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'conf', 'mod_shop.conf')
        with open(page) as f:
            self.assertEqual(run('config-example').stdout, f.read())

    def test_output_that_cannot_be_written_is_an_error(self):
        with open('/dev/full', 'w') as full:
            done = subprocess.run([shopctl_path(), '--help'], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, 'shopctl: the output cannot be written\n'))


@unittest.skipUnless(mpm_name() == 'event', 'asks the store alone: under event alone')
class Commands(ShopCase):
    """What needs the database."""

    def run_here(self, *words, **kwargs):
        return run(*words, uri=self.env.store_uri, **kwargs)

    def named(self):
        hosts = self.env.store_uri.split('://', 1)[1].split('/')[0].rpartition('@')[2]
        return 'database %s at %s' % (self.env.database, hosts)

    def create(self, name, *options, password='correct horse battery', **kwargs):
        words = ('user', 'create', '--username', name, '--email', name + '@example.com', '--password-file', '-')
        return self.run_here(*words, *options, stdin=password + '\n', **kwargs)

    def test_init_and_status_as_json(self):
        done = self.run_here('init')
        self.assertEqual((done.returncode, done.stdout), (0, self.named() + ': indexes are in place\n'))
        for words in (('migrate',), ('migrate', '--status')):
            self.assertIn(self.named() + ': schema ', self.run_here(*words).stdout)
        for words in (('init', '--json'), ('migrate', '--status', '--json'), ('migrate', '--json')):
            report = json.loads(self.run_here(*words).stdout)
            self.assertEqual((report['migrated'], report['version'], report['step'], report['held_by']),
                             (True, report['known'], 'none', None))
            self.assertEqual([s['number'] for s in report['stages']], list(range(1, report['known'] + 1)))
            self.assertTrue(report['stages'][0]['up_at'])

    def test_an_account_is_created_and_signs_in(self):
        done = self.create('grace', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report['created'], report['role'], report['email']), (True, 'user', 'grace@example.com'))
        self.shop.login('grace@example.com', 'correct horse battery')
        done = self.create('grace')
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_if_missing(self):
        self.assertEqual(self.create('linus', '--if-missing').stdout, 'created user linus@example.com\n')
        done = self.create('linus', '--if-missing')
        self.assertEqual((done.returncode, done.stdout), (0, 'account linus@example.com exists\n'))
        self.assertEqual(json.loads(self.create('linus', '--if-missing', '--json').stdout)['created'], False)
        done = self.create('linus', '--if-missing', '--admin')
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertEqual(done.stderr, 'shopctl: account linus@example.com exists and has the role user, not admin; '
                                      'nothing was changed\n')
        words = ('--username', 'linus', '--email', 'other@example.com', '--if-missing', '--password-file', '-')
        done = self.run_here('user', 'create', *words, stdin='correct horse battery\n')
        self.assertEqual(done.returncode, 1, 'the name belongs to another address')

    def test_passwords_come_from_private_files(self):
        path = os.path.join(self.env.root, 'conf', 'another.password')
        write_private(path, 'correct horse battery\n')
        words = ('user', 'create', '--username', 'ken', '--email', 'ken@example.com')
        for mode in (0o640, 0o604, 0o660):
            os.chmod(path, mode)
            done = self.run_here(*words, '--password-file', path)
            self.assertEqual(done.returncode, 2)
            self.assertIn('can be read by others; run: chmod 600 ' + path, done.stderr)
        os.chmod(path, 0o600)
        self.assertEqual(self.run_here(*words, '--password-file', path).returncode, 0)
        done = self.run_here(*words, '--password-file', path + '.absent')
        self.assertEqual(done.returncode, 2)
        done = self.run_here(*words)
        self.assertEqual(done.returncode, 2)
        self.assertIn('needs --password-file FILE', done.stderr)
        done = self.create('dennis', password='short')
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, 'shopctl: password must have 8 to 256 characters\n')

    def test_a_password_is_asked_for_twice_without_echo(self):
        words = ('user', 'create', '--username', 'barbara', '--email', 'barbara@example.com')
        status, shown = on_terminal(['correct horse battery', 'correct horse batterie'], *words,
                                    uri=self.env.store_uri)
        self.assertEqual(status, 2, shown)
        self.assertIn('the two passwords differ', shown)
        status, shown = on_terminal(['correct horse battery'] * 2, *words, uri=self.env.store_uri)
        self.assertEqual(status, 0, shown)
        self.assertNotIn('horse', shown)
        self.shop.login('barbara@example.com', 'correct horse battery')

    def test_a_password_that_is_too_short_is_refused_before_it_is_asked_for_again(self):
        words = ('user', 'create', '--username', 'barbara2', '--email', 'barbara2@example.com')
        status, shown = on_terminal(['short', 'short'], *words, uri=self.env.store_uri)
        self.assertEqual(status, 1, shown)
        self.assertIn('must have 8 to', shown)
        self.assertNotIn('again', shown)

    def sold_shop(self):
        """Customers, orders in several states, a coupon, a refund, a cart: returns a customer."""
        self.shop.add_coupon(usage_limit=5)
        product = self.shop.add_product(stock=50, name='Tee\u00e9 \u20ac "quoted"')
        for _ in range(3):
            customer = self.shop.new_customer()
            self.shop.put_in_cart(customer, product['id'], 2)
            order = self.assert_status(self.shop.place(customer), 201).json
            self.shop.put_in_cart(customer, product['id'], 1)
        self.assert_status(customer.post('/orders/%s/cancel' % order['id']), 200)
        self.env.verify()                                # nothing is left to be confirmed behind the replies
        self.run_here('migrate', '--finish')
        return customer

    def fresh(self, suffix):
        name = self.env.database[:52] + '_' + suffix
        self.addCleanup(lambda: Store(need('SHOP_MONGO_URI'), name).command({'dropDatabase': 1}))
        return database_uri(need('SHOP_MONGO_URI'), name), Store(need('SHOP_MONGO_URI'), name)

    COLLECTIONS = ('users', 'products', 'stock_movements', 'carts', 'coupons', 'redemptions', 'orders')

    def hashes(self, store):
        """MongoDB's own digest of every document of each collection."""
        return store.command({'dbHash': 1, 'collections': list(self.COLLECTIONS)})['collections']

    def test_what_was_exported_is_imported_as_it_was(self):
        self.sold_shop()
        path = os.path.join(self.env.root, 'conf', 'whole.jsonl')
        done = self.run_here('export', '--passwords', '--json', path)
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = json.loads(done.stdout)['counts']
        self.assertNotIn('sessions', counts)
        self.assertEqual(os.stat(path).st_mode & 0o7777, 0o600)
        with open(path) as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual((lines[0]['format'], lines[0]['currency'], lines[0]['passwords']), ('mod_shop', 'USD', True))
        self.assertEqual(sum(counts.values()), len(lines) - 2)
        uri, store = self.fresh('whole')
        done = run('import', path, uri=uri)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith('imported %d documents: ' % lines[-1]['total']), done.stdout)
        self.assertEqual(self.hashes(store), self.hashes(self.env.store()))
        done = run('verify', uri=uri)
        self.assertEqual((done.returncode, done.stdout[-7:]), (0, ' clean\n'), done.stdout)
        status = json.loads(run('migrate', '--status', '--json', uri=uri).stdout)
        self.assertEqual(status['version'], status['finished'])
        again = os.path.join(self.env.root, 'conf', 'again.jsonl')
        self.assertEqual(run('export', '--passwords', again, uri=uri).returncode, 0)
        with open(path) as one, open(again) as other:
            self.assertEqual(one.readlines()[1:-1], other.readlines()[1:-1])

    def test_passwords_and_sessions_stay(self):
        self.sold_shop()
        path = os.path.join(self.env.root, 'conf', 'without.jsonl')
        self.assertEqual(self.run_here('export', path).returncode, 0)
        with open(path) as f:
            text = f.read()
        self.assertNotIn('argon2', text)
        self.assertNotIn('"sessions"', text)
        uri, store = self.fresh('without')
        self.assertEqual(run('import', path, uri=uri).returncode, 0)
        kept, found = self.hashes(self.env.store()), self.hashes(store)
        self.assertNotEqual(kept.pop('users'), found.pop('users'))
        self.assertEqual(kept, found)
        self.assertEqual({u['password_hash'] for u in store.find('users', {})}, {'!'})

    def test_what_cannot_be_imported_writes_nothing(self):
        self.sold_shop()
        path = os.path.join(self.env.root, 'conf', 'good.jsonl')
        bad = os.path.join(self.env.root, 'conf', 'bad.jsonl')
        self.assertEqual(self.run_here('export', path).returncode, 0)
        self.assertEqual(self.run_here('export', path).returncode, 2, 'it exists')
        with open(path) as f:
            lines = f.readlines()
        uri, store = self.fresh('bad')
        header = json.loads(lines[0])
        for name, text in {
                'cut off': ''.join(lines)[:-40], 'without the last line': ''.join(lines[:-1]),
                'without a document': ''.join(lines[:3] + lines[4:]), 'empty': '', 'no export': 'hello\n',
                'changed': ''.join(lines).replace('"USD"', '"EUR"', 1),
                'more': ''.join(lines) + lines[1],
                'of another format': json.dumps({**header, 'version': 9}) + '\n' + ''.join(lines[1:])}.items():
            with self.subTest(name):
                with open(bad, 'w') as f:
                    f.write(text)
                done = run('import', bad, uri=uri)
                self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
                self.assertIn('nothing was written', done.stderr)
                self.assertEqual(store.command({'listCollections': 1})['cursor']['firstBatch'], [])
        done = self.run_here('import', path)
        self.assertEqual(done.returncode, 1)
        self.assertIn('the database is not empty', done.stderr)
        self.assertEqual(run('import', bad + '.absent', uri=uri).returncode, 1)
        self.assertEqual(run('import', uri=uri).returncode, 2)
        self.assertEqual(run('export', bad + '2', uri=uri).returncode, 1, 'the database was never made ready')
        self.assertFalse(os.path.exists(bad + '2'))
        self.assertEqual(run('export', bad + '2', uri=NOBODY).returncode, 3)

    def test_reap_says_what_it_did(self):
        self.assertEqual(self.run_here('reap').stdout, 'reap: %s: 0 orders completed, 0 rolled back, 0 leftovers '
                                                       'removed, 0 left\n' % self.named())
        self.assertEqual(json.loads(self.run_here('reap', '--json').stdout),
                         {'completed': 0, 'rolled_back': 0, 'leftovers': 0, 'left': 0})

    def test_a_rejected_login_is_not_an_outage(self):
        uri = self.env.store_uri.replace('mongodb://', 'mongodb://nobody:sesame@')
        for words, status in ((('init',), 1), (('migrate', '--status'), 1), (('reap',), 1), (('verify',), 2)):
            done = run(*words, uri=uri)
            self.assertEqual((done.returncode, done.stdout), (status, ''), done.stderr)
            self.assertRegex(done.stderr, r'\Ashopctl: MongoDB rejects the login: .*uthentication.*authSource.*\n\Z')
            self.assertNotIn('sesame', done.stderr)

    def test_what_keeps_an_index_from_being_made_is_said_with_a_remedy(self):
        uri, store = self.fresh('twice')
        self.assertEqual(run('init', uri=uri).returncode, 0)
        drop = {'dropIndexes': 'users', 'index': 'users_email_key'}
        store.command(drop)
        store.command({'insert': 'users', 'documents': [
            {'_id': n, 'email_key': 'ada@example.com', 'username_key': 'ada%d' % n} for n in (1, 2)]})
        done = run('migrate', uri=uri)
        self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
        self.assertIn('users_email_key of users: two documents have the same value: change or delete one of them',
                      done.stderr)
        self.assertIn('ada@example.com', done.stderr)
        store.command({'delete': 'users', 'deletes': [{'q': {'_id': 2}, 'limit': 1}]})
        store.command({'createIndexes': 'users', 'indexes': [{'key': {'email': 1}, 'name': 'users_email_key'}]})
        done = run('migrate', uri=uri)
        self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
        self.assertIn('users_email_key of users: another index is in its place: look with db.users.getIndexes()',
                      done.stderr)
        store.command(drop)
        self.assertEqual(run('migrate', uri=uri).returncode, 0)

    def test_a_mistyped_database_is_refused(self):
        uri, store = self.fresh('typo')
        for words in (('verify',), ('verify', '--repair'), ('verify', '--json'), ('reap',), ('reap', '--json')):
            done = run(*words, uri=uri)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertRegex(done.stderr, r'\Ashopctl: this database was never prepared for a shop \([^@?]*/%s_typo\): '
                                          r'check --mongo-uri, or run shopctl init\n\Z' % self.env.database[:52])
        self.assertEqual(store.command({'listCollections': 1})['cursor']['firstBatch'], [], 'something was written')
        self.assertEqual(run('init', uri=uri).returncode, 0)
        for words in ('verify', 'reap'):
            self.assertEqual(run(words, uri=uri).returncode, 0)


if __name__ == '__main__':
    unittest.main()
