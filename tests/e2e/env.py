# SPDX-License-Identifier: MIT
"""One httpd with the shop module in a folder of its own, and the base class of every end-to-end test.

Read from the environment: SHOP_MODULE (path of mod_shop.so), SHOP_POINTS_MODULE (the same with test points),
SHOP_MONGO_URI, SHOP_REDIS_PORT, SHOP_SHOPCTL, SHOP_TEST_MPM (event, worker, prefork), SHOP_BUILD_DIR, SHOP_HTTPD,
SHOP_HTTPD_MODULES.
"""
import base64
import contextlib
import datetime
import itertools
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import weakref

from audit import Books
from client import Client, Shop
from pace import pace
from servers import free_port
from wire import Store

HTTPD = os.environ.get('SHOP_HTTPD') or shutil.which('apache2') or shutil.which('httpd') or '/usr/sbin/apache2'
MODULES = os.environ.get('SHOP_HTTPD_MODULES', '/usr/lib/apache2/modules')
STANDARD_MODULES = ('authz_core', 'authn_core', 'authz_host', 'unique_id', 'headers', 'ratelimit', 'filter', 'mime',
                    'dir', 'alias', 'log_config', 'ssl', 'socache_shmcb', 'reqtimeout', 'setenvif', 'env', 'status',
                    'deflate')
LEVELS = ('emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug') + tuple(
    'trace%d' % n for n in range(1, 9))
LOUD = LEVELS[:5]
# mod_ssl was compiled against a newer OpenSSL than the installed one: Debian's matter, whatever the shop does
OF_THE_MACHINE = {'AH01882'}
LOG_LINE = re.compile(r'^\[[^\]]*\] \[([\w-]*):(\w+)\] \[pid (\d+)(?::tid \d+)?\] (.*)$')
ALL_BUSY = ('AH00484', 'AH10159', 'AH00161', 'AH00286', 'AH00287', 'AH00288', 'AH03490')     # httpd: every worker is busy
# Numbers of the module's table of messages that belong together.
STORE_AWAY = ('SHOP0100', 'SHOP0101', 'SHOP0102', 'SHOP0300', 'SHOP0302', 'SHOP0500', 'SHOP0502', 'SHOP0600')
REDIS_AWAY = ('SHOP0200', 'SHOP0201', 'SHOP0204')
REFRESH_REUSED = ('SHOP0400',)
# Waits that ended although nobody did anything wrong, on a machine that stood still for so many seconds.
OF_A_BUSY_MACHINE, STANDSTILL = ('SHOP0101', 'SHOP0200', 'SHOP0204'), 0.25
# For a test that is not about waits: what the shop waits for at most is no reason to fail.
PATIENT = ('ShopDeadline 20s', 'ShopMongoTimeout connect=5s select=10s socket=20s', 'ShopRedisTimeout 5s 5s')
CONFIRMED = 25.0                                         # less than any lease: nobody but the process itself does it by then
TWO_LEASES = 60.0
CRASH = re.compile(r'exit signal|AH00052|Segmentation|AddressSanitizer|runtime error:|stack smashing|double free'
                   r'|Assertion .* failed|AH00051')
MESSAGE = re.compile(r'\b(SHOP\d{4}|AH\d{5})\b')
_serial = itertools.count(1)


class SetupError(Exception):
    """The tests cannot run here; the text says what is missing."""


def need(name):
    value = os.environ.get(name, '')
    if not value:
        raise SetupError('the environment variable %s is not set' % name)
    return value


def mpm_name():
    mpm = os.environ.get('SHOP_TEST_MPM', 'event')
    if mpm not in ('event', 'worker', 'prefork'):
        raise SetupError('SHOP_TEST_MPM is %r; write event, worker or prefork' % mpm)
    return mpm


def module_path():
    path = os.path.abspath(need('SHOP_MODULE'))
    if not os.path.isfile(path):
        raise SetupError('SHOP_MODULE names no file: %s' % path)
    return path


def points_path():
    """The module built with --enable-test-points."""
    path = os.path.abspath(need('SHOP_POINTS_MODULE'))
    if not os.path.isfile(path):
        raise SetupError('SHOP_POINTS_MODULE names no file: %s' % path)
    return path


def shopctl_path():
    path = os.environ.get('SHOP_SHOPCTL') or shutil.which('shopctl')
    if not path or not os.access(path, os.X_OK):
        raise SetupError('SHOP_SHOPCTL names no program (and no shopctl is on PATH)')
    return os.path.abspath(path)


def build_dir():
    """SHOP_BUILD_DIR, or a folder below /tmp when httpd's own user could not reach the former."""
    path = os.path.abspath(os.environ.get('SHOP_BUILD_DIR', 'build/e2e'))
    os.makedirs(path, exist_ok=True)
    if os.getuid() == 0:
        step = path
        while step != '/':
            if not os.stat(step).st_mode & 0o001:
                other = os.path.join(tempfile.gettempdir(), 'mod_shop-e2e')
                os.makedirs(other, mode=0o755, exist_ok=True)
                return other
            step = os.path.dirname(step)
    return path


def static_modules():
    out = subprocess.run([HTTPD, '-l'], capture_output=True, text=True).stdout
    return set(re.findall(r'mod_(\w+)\.c', out))


def load_modules(mpm, extra=()):
    built_in = static_modules()
    lines = []
    for name in ('mpm_' + mpm,) + STANDARD_MODULES + tuple(extra):
        path = os.path.join(MODULES, 'mod_%s.so' % name)
        if name in built_in:
            continue
        if not os.path.exists(path):
            raise SetupError('httpd module %s is missing' % path)
        lines.append('LoadModule %s_module "%s"' % (name, path))
    return '\n'.join(lines)


def certificate():
    """A self-signed certificate for localhost: (certificate file, key file)."""
    base = os.path.join(build_dir(), 'tls')
    os.makedirs(base, exist_ok=True)
    cert, key = os.path.join(base, 'server.crt'), os.path.join(base, 'server.key')
    if not os.path.exists(cert) or time.time() - os.path.getmtime(cert) > 86400:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                        '-nodes', '-days', '30', '-subj', '/CN=localhost',
                        '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                        '-addext', 'basicConstraints=critical,CA:FALSE',
                        '-keyout', key + '.new', '-out', cert + '.new'], check=True, capture_output=True)
        os.chmod(key + '.new', 0o600)
        os.replace(key + '.new', key)
        os.replace(cert + '.new', cert)
    return cert, key


def database_uri(uri, name):
    """The same servers and options with another database."""
    scheme, rest = uri.split('://', 1)
    hosts, _, tail = rest.partition('/')
    hosts, mark, options = hosts.partition('?') if '?' in hosts else (hosts, '', '')
    _, _, tail_options = tail.partition('?')
    options = options or tail_options
    return '%s://%s/%s%s' % (scheme, hosts, name, '?' + options if options else '')


def proxied_uri(uri, port):
    """The same database through a proxy on 127.0.0.1: one host, and no discovery that would go around it."""
    scheme, rest = uri.split('://', 1)
    hosts, _, tail = rest.partition('/')
    user, at, _ = hosts.rpartition('@')
    name, _, options = tail.partition('?')
    keep = [o for o in options.split('&') if o and o.split('=')[0].lower() not in ('replicaset', 'directconnection')]
    keep.append('directConnection=true')
    return 'mongodb://%s%s127.0.0.1:%d/%s?%s' % (user, at, port, name, '&'.join(keep))


def first_host(uri):
    hosts = uri.split('://', 1)[1].split('/')[0].split('?')[0].rpartition('@')[2]
    host, _, port = hosts.split(',')[0].rpartition(':')
    return (host, int(port)) if host else (port, 27017)


def shopctl(uri, *args, check=True, program=None):
    for _ in range(3):                                   # 3: the store was too slow, as on a busy test machine
        done = subprocess.run([program or shopctl_path(), '--mongo-uri', uri] + list(args), capture_output=True, text=True,
                              timeout=60)
        if not check or done.returncode != 3:
            break
    if check and done.returncode:
        raise SetupError('shopctl %s ended with %d: %s' % (' '.join(args), done.returncode,
                                                           (done.stdout + done.stderr).strip()))
    return done


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        f.write(text)
    os.chmod(path, 0o600)


class Line:
    """One line of the error log."""
    def __init__(self, text):
        self.text = text.rstrip('\n')
        found = LOG_LINE.match(self.text)
        self.module, self.level, self.pid, self.message = (
            (found[1], found[2], int(found[3]), found[4]) if found else ('', '', 0, self.text))
        self.understood = bool(found)
        self.numbers = MESSAGE.findall(self.text)

    def loud(self):
        return not self.understood or (self.level in LOUD and not OF_THE_MACHINE.intersection(self.numbers))


class Env:
    """A ServerRoot, its configuration, its database, and the running httpd.

    mongo_uri and redis_port replace what the environment names (a proxy, a server of the test's own); the database
    is always this Env's own. redis_port=0 writes `ShopRedis off`. rate_limit and login_limit None leave the module's
    defaults. extra goes to the server level, location into <Location "/api">, tail behind everything. twin_of is a
    started Env whose shop this one serves as well, as a second node would: the same database, keys and Redis names.
    module is another mod_shop.so, environment what httpd finds in its environment, server_uri another store than
    SHOP_MONGO_URI. program is another shopctl. patient=False leaves the waits for servers as the module has them, for tests that measure them;
    redis_timeout then says how long Redis may take.
    """

    def __init__(self, name, *, children=None, threads=None, extra='', location='', tail='', modules=(),
                 mongo_uri=None, redis_port=None, rate_limit='api 1000000/1min by=ip',
                 login_limit='100000/15min', log_level='notice shop:info', mpm=None, prepare=True, limits=True,
                 error_format=None, redis_timeout='500ms 500ms', twin_of=None, module=None, environment=None,
                 server_uri=None, patient=True, program=None):
        self.name = re.sub(r'\W+', '_', name)
        self.mpm = mpm or mpm_name()
        self.children, self.threads = children, threads
        self.extra, self.location, self.tail, self.modules = extra, location, tail, modules
        self.rate_limit, self.login_limit, self.limits = rate_limit, login_limit, limits
        self.log_level, self.prepare, self.error_format = log_level, prepare, error_format
        self.redis_timeout, self.patient = redis_timeout, patient
        self.instance = 'e2e_%s_%d_%d' % (self.name.lower(), os.getpid(), next(_serial))
        self.database = self.instance[:60]
        self.module, self.environment, self.twin_of = module, environment or {}, twin_of
        self.program = program
        if twin_of is not None:
            self.instance, self.database, self.prepare = twin_of.instance, twin_of.database, False
        self.store_uri = database_uri(server_uri or need('SHOP_MONGO_URI'), self.database)   # of shopctl and the test
        self.mongo_uri = mongo_uri(self.store_uri) if callable(mongo_uri) else (mongo_uri or self.store_uri)
        self.redis_port = int(need('SHOP_REDIS_PORT')) if redis_port is None else redis_port
        self.port, self.tls_port = free_port(), free_port()
        self.root = os.path.join(build_dir(), self.mpm, self.name)
        self.error_log = os.path.join(self.root, 'logs', 'error.log')
        self.access_log = os.path.join(self.root, 'logs', 'access.log')
        self.startup_log = os.path.join(self.root, 'logs', 'startup.log')
        self.key_file = os.path.join(self.root, 'conf', 'jwt.key')
        self.conf_file = os.path.join(self.root, 'conf', 'httpd.conf')
        self.process = None
        self.secrets, self.statuses, self.clients = set(), [], weakref.WeakSet()
        self.admin_name, self.admin_email = 'e2eadmin', 'e2eadmin@example.com'
        self.admin_password = 'adm-' + secrets.token_urlsafe(18)
        if twin_of is not None:
            self.admin_password = twin_of.admin_password
        self.secrets.add(self.admin_password)
        self.shop = Shop(self)
        self._store = None

    # -- files ---------------------------------------------------------------------------------------------------

    def write_files(self):
        shutil.rmtree(self.root, ignore_errors=True)
        for part in ('conf', 'logs', 'run', 'htdocs'):
            os.makedirs(os.path.join(self.root, part))
        self.key = self.twin_of.key if self.twin_of else base64.b64encode(secrets.token_bytes(48)).decode()
        write_private(self.key_file, self.key + '\n')
        self.secrets.add(self.key)
        with open(os.path.join(self.root, 'htdocs', 'ok.txt'), 'w') as f:
            f.write('static\n')
        for readable, mode in ((self.root, 0o755), (os.path.join(self.root, 'htdocs'), 0o755), (f.name, 0o644)):
            os.chmod(readable, mode)
        with open(self.conf_file, 'w') as f:
            f.write(self.conf())

    def user_lines(self):
        if os.getuid() != 0:
            return ''
        for name in ('www-data', 'apache', 'daemon', 'nobody'):
            with contextlib.suppress(KeyError):
                group = pwd.getpwnam(name).pw_gid
                return 'User %s\nGroup #%d' % (name, group)
        raise SetupError('no user to run httpd as')

    def mpm_lines(self):
        if self.mpm == 'prefork':
            n = self.children or 40
            return '\n'.join(('StartServers %d' % n, 'MinSpareServers %d' % min(n, 4), 'MaxSpareServers %d' % (n + 1),
                              'ServerLimit %d' % max(n, 8), 'MaxRequestWorkers %d' % n))
        n, t = self.children or 3, self.threads or 16
        return '\n'.join(('StartServers %d' % n, 'ServerLimit %d' % (2 * n + 2), 'ThreadsPerChild %d' % t,
                          'ThreadLimit %d' % max(t, 64), 'MaxRequestWorkers %d' % (n * t),
                          'MinSpareThreads 1', 'MaxSpareThreads %d' % (n * t)))

    def base_conf(self):
        """Everything but the module: what a wrong configuration is tried on."""
        cert, key = certificate()
        return '\n'.join(filter(None, (
            'ServerRoot "%s"' % self.root,
            'ServerName localhost',
            'DefaultRuntimeDir "%s/run"' % self.root,
            'PidFile run/httpd.pid',
            load_modules(self.mpm, self.modules),
            self.user_lines(),
            'Listen 127.0.0.1:%d' % self.port,
            'Listen 127.0.0.1:%d https' % self.tls_port,
            self.mpm_lines(),
            'ErrorLog logs/error.log',
            'ErrorLogFormat "%s"' % self.error_format if self.error_format else '',
            'LogLevel notice',
            r'LogFormat "%P %>s %m %U %O %D %{X-Request-Id}o" e2e',
            'CustomLog logs/access.log e2e',
            'TraceEnable off',
            'KeepAliveTimeout 30',
            'MaxKeepAliveRequests 0',
            'GracefulShutdownTimeout 10',
            'TypesConfig /dev/null',
            'AddType text/plain .txt',
            'DocumentRoot "%s/htdocs"' % self.root,
            '<Directory "/">\n  AllowOverride None\n  Require all denied\n</Directory>',
            '<Directory "%s/htdocs">\n  Require all granted\n</Directory>' % self.root,
            'SSLSessionCache "shmcb:%s/run/ssl(512000)"' % self.root,
            '<VirtualHost 127.0.0.1:%d>' % self.tls_port,
            '  SSLEngine on\n  SSLCertificateFile "%s"\n  SSLCertificateKeyFile "%s"' % (cert, key),
            '</VirtualHost>'))) + '\n'

    def load_line(self):
        return 'LoadModule shop_module "%s"' % (self.module or module_path())

    def redis_line(self, port=None):
        port = self.redis_port if port is None else port
        return 'ShopRedis redis://127.0.0.1:%d' % port if port else 'ShopRedis off'

    def module_lines(self):
        return '\n'.join(filter(None, (
            self.load_line(),
            'LogLevel ' + self.log_level,
            'ShopInstance ' + self.instance,
            'ShopMongoURI "%s"' % self.mongo_uri,
            self.redis_line(),
            *(PATIENT if self.patient and self.limits else ()),
            'ShopRedisTimeout ' + self.redis_timeout if self.redis_timeout and not self.patient else '',
            'ShopHashSlots 8' if self.limits else '',
            'ShopJwtKey main HS256 "file:%s"' % self.key_file,
            'ShopRateLimit ' + self.rate_limit if self.rate_limit and self.limits else '',
            'ShopLoginLimit ' + self.login_limit if self.login_limit and self.limits else '',
            '<Location "/api">\n  ShopEngine On\n%s\n</Location>' % self.location)))

    def conf(self):
        """The module's part comes before `extra`, which may use its directives."""
        return '\n'.join((self.base_conf(), self.module_lines(), self.extra, self.tail, ''))

    # -- database ------------------------------------------------------------------------------------------------

    def prepare_store(self):
        if not self.prepare:
            return
        shopctl(self.store_uri, 'init', program=self.program)
        password = os.path.join(self.root, 'conf', 'admin.password')
        write_private(password, self.admin_password + '\n')
        shopctl(self.store_uri, 'user', 'create', '--admin', '--username', self.admin_name, '--email',
                self.admin_email, '--password-file', password, program=self.program)

    def store(self):
        """A plain connection to this Env's database, for what the API does not offer."""
        if self._store is None:
            self._store = Store(self.store_uri, self.database)
        return self._store

    def verify(self, stock=None, within=0.0, lost=False):
        """The shop's books are right: what `shopctl verify` says, and our own look at the database. stock is the first
        stock of each product by id. What is under way may take `within` seconds to settle; returns how long it took.
        Reservations of placed orders are confirmed behind the replies, so they may always be there for a while. lost: a
        process was killed with what it had to confirm, so some may be left, counted right; `--repair` confirms them."""
        began = calm = time.monotonic()
        while True:
            books = Books(self.store_uri, self.database)
            left = books.unsettled()
            others = [text for text in left if ': holds of order ' not in text]
            now = time.monotonic()
            calm = now if others else calm               # since when nothing but reservations is left
            over = now - began > within
            if not left or (over if others else now - calm > CONFIRMED and (over or lost)):
                break
            time.sleep(0.1)
        took, wrong = time.monotonic() - began, (others if lost else left) + books.wrong(stock)
        if left and not wrong:
            self.repair_lost()
            books = Books(self.store_uri, self.database)
            wrong = books.unsettled() + books.wrong(stock)
        if wrong:
            raise AssertionError('the books are wrong after %.0f s:\n%s' % (took, '\n'.join(wrong[:20])))
        self.audit()
        return took

    def repair_lost(self):
        """As if two leases had passed since each reservation."""
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=TWO_LEASES + 1)
        store = Store(self.store_uri, self.database)
        for collection in ('products', 'coupons'):
            store.command({'update': collection, 'updates': [{'q': {'holds.o': {'$exists': True}}, 'multi': True,
                                                              'u': {'$set': {'holds.$[].at': at}}}]})
        store.close()
        shopctl(self.store_uri, 'verify', '--repair', program=self.program)

    # -- process -------------------------------------------------------------------------------------------------

    def start(self, wait=True):
        self.write_files()
        try:
            self.prepare_store()
            self.launch(wait)
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self, wait=True):
        self._startup = open(self.startup_log, 'ab')
        # A node killed here leaves the driver's segment in /dev/shm, and a later one of its pid warns about it.
        environment = {**{k: v for k, v in os.environ.items() if k != 'http_proxy'}, 'MONGOC_DISABLE_SHM': '1',
                       **self.environment}
        self.process = subprocess.Popen([HTTPD, '-d', self.root, '-f', self.conf_file, '-DFOREGROUND'],
                                        stdin=subprocess.DEVNULL, stdout=self._startup, stderr=self._startup,
                                        start_new_session=True, env=environment)
        if wait:
            self.wait_until_up()

    def wait_until_up(self, seconds=120):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise SetupError('httpd ended with %d: %s%s' % (self.process.returncode,
                                                                self.text(self.startup_log)[-2000:],
                                                                self.text(self.error_log)[-2000:]))
            with contextlib.suppress(OSError):
                if Client(self).request('GET', '/ok.txt', prefix='', timeout=20).status == 200:
                    return
            time.sleep(0.05)
        raise SetupError('httpd did not answer within %d s: %s' % (seconds, self.text(self.error_log)[-2000:]))

    def graceful(self):
        self.process.send_signal(signal.SIGUSR1)

    def audit(self):
        """`shopctl verify` on this Env's store must find the books in order; orders may still be under way. Goes to the
        store itself, whatever proxy httpd is behind."""
        done = shopctl(self.store_uri, 'verify', check=False, program=self.program)
        if done.returncode or ': clean' not in done.stdout:
            raise AssertionError('shopctl verify ended with %d:\n%s' % (done.returncode,
                                                                        (done.stdout + done.stderr)[-3000:]))
        return done.stdout

    def child_pids(self):
        """Processes that serve requests: children of ours that have written to the access log, or could."""
        found = []
        for entry in os.listdir('/proc'):
            if entry.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    with open('/proc/%s/stat' % entry) as f:
                        fields = f.read().rpartition(')')[2].split()
                    if int(fields[1]) == self.process.pid and fields[0] != 'Z':
                        found.append(int(entry))
        return found

    def _let_workers_finish(self):
        """Waits, for a second at most, until no client is connected. SIGTERM makes the main thread of the event MPM
        (2.4.71) shut the sockets of its workers, and a worker that has just closed one makes it end with SIGSEGV in
        apr_os_sock_get."""
        ports = {int(port) for port in re.findall(r'(?m)^\s*Listen \S*?(\d+)(?: |$)', self.text(self.conf_file))}
        for _ in range(50):
            lines = [line.split() for line in self.text('/proc/net/tcp').split('\n')[1:] if line]
            if not any(fields[3] in ('01', '08') and int(fields[1].split(':')[1], 16) in ports for fields in lines):
                break
            time.sleep(0.02)
        time.sleep(0.05)                                 # from the closed connection back to the queue of idle workers

    def stop(self):
        """Ends httpd by its id; the group that it leads is the last resort."""
        p, self.process = self.process, None
        for client in list(self.clients):                # a kept connection would hold a worker back
            client.close()
        if self._store is not None:
            with contextlib.suppress(Exception):
                if self.twin_of is None:
                    self._store.command({'dropDatabase': 1})
            self._store.close()
            self._store = None
        elif self.prepare:
            with contextlib.suppress(Exception):
                store = Store(self.store_uri, self.database)
                store.command({'dropDatabase': 1})
                store.close()
        if p is None:
            return
        try:
            if p.poll() is None:
                self._let_workers_finish()
                p.send_signal(signal.SIGTERM)
                try:
                    p.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(p.pid, signal.SIGKILL)
                    p.wait(10)
        finally:
            self._startup.close()

    def configtest(self, conf_text, *more):
        """httpd -t on this text, with more arguments: (exit code, everything it printed)."""
        path = os.path.join(self.root, 'conf', 'try.conf')
        with open(path, 'w') as f:
            f.write(conf_text)
        done = subprocess.run([HTTPD, '-d', self.root, '-f', path, '-t', *more], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.returncode, done.stdout

    # -- logs ----------------------------------------------------------------------------------------------------

    @staticmethod
    def text(path):
        with contextlib.suppress(OSError):
            with open(path, errors='backslashreplace') as f:
                return f.read()
        return ''

    def mark(self):
        """Where the logs end now."""
        return tuple(os.path.getsize(p) if os.path.exists(p) else 0 for p in (self.error_log, self.access_log))

    def error_text(self, mark=(0, 0)):
        return self._from(self.error_log, mark[0])

    def access_text(self, mark=(0, 0)):
        return self._from(self.access_log, mark[1])

    @staticmethod
    def _from(path, offset):
        """The text behind offset; the rest of a line that was being written at that moment is not part of it."""
        with contextlib.suppress(OSError):
            with open(path, 'rb') as f:
                f.seek(max(offset - 1, 0))
                text = f.read()
                if offset:
                    text = text.partition(b'\n')[2]
                return text.decode('utf-8', 'backslashreplace')
        return ''

    def error_lines(self, mark=(0, 0)):
        return [Line(t) for t in self.error_text(mark).splitlines() if t.strip()]

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


class ShopCase(unittest.TestCase):
    """One Env for the class (`env_options` are Env's arguments); after each test the logs are judged."""
    env_options = {}
    own_env = True
    audited = False                                      # after each test the books of the class's Env are verified
    startup_log = ()                                     # messages that belong to this class's start
    kills_children = False                               # this class kills children of its httpd itself
    started = (0, 0)
    maxDiff = 2000
    env = None

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, **cls.env_options)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.own_env:
            cls.env = cls.make_env()
            cls.addClassCleanup(cls.finish_env)
            cls.env.start()
            cls.started = cls.env.mark()
            cls.shop = cls.env.shop

    @classmethod
    def finish_env(cls):
        cls.env.stop()
        found = [t for t in (cls.env.error_text() + cls.env.text(cls.env.startup_log)).splitlines()
                 if cls._is_crash(t)]
        if found:
            raise AssertionError('a child crashed:\n' + '\n'.join(found[:20]))
        log = cls.env.error_text().encode('utf-8', 'surrogateescape')
        early = [Line(t) for t in log[:cls.started[0]].decode('utf-8', 'replace').splitlines() if t.strip()]
        loud = [line.text for line in early if line.loud() and not set(cls.startup_log).intersection(line.numbers)]
        if loud:
            raise AssertionError('unannounced in the error log at the start:\n' + '\n'.join(loud[:20]))

    @classmethod
    def _is_crash(cls, text):
        return CRASH.search(text) and not (cls.kills_children and 'exit signal Killed (9)' in text)

    def setUp(self):
        super().setUp()
        self._announced, self._judged = set(), []
        self.allow_500 = False
        if self.env is not None and self.own_env:
            self.judge(self.env)

    def judge(self, env):
        """Have this Env's logs checked at the end of the test (the class's own is)."""
        self._judged.append((env, env.mark(), len(env.statuses), time.monotonic()))
        return env

    def expect_log(self, *numbers):
        """This test causes these messages (SHOPnnnn, or AHnnnnn of httpd's own)."""
        self._announced.update(numbers)

    def _is_announced(self, line):
        return bool(self._announced.intersection(line.numbers))

    def tearDown(self):
        super().tearDown()
        wrong = []
        if self.audited:
            try:
                self.env.audit()
            except AssertionError as e:
                wrong.append(str(e))
        for env, mark, answered, since in self._judged:
            stood_still = pace.worst(since) > STANDSTILL
            if any(not line.endswith('\n') for line in env.access_text(mark).splitlines(True)[-1:]):
                time.sleep(0.05)
            for line in env.error_lines(mark):
                if self._is_crash(line.text):
                    wrong.append('crash in the error log: ' + line.text)
                elif line.loud() and not self._is_announced(line) and not (
                        stood_still and set(OF_A_BUSY_MACHINE).intersection(line.numbers)):
                    wrong.append('unannounced in the error log: ' + line.text)
            if not self.allow_500:
                if 500 in env.statuses[answered:]:
                    wrong.append('an answer was 500')
                for line in env.access_text(mark).splitlines():
                    if line.split(' ')[1:2] == ['500']:
                        wrong.append('500 in the access log: ' + line)
            logs = env.error_text(mark) + env.access_text(mark)
            for secret in list(env.secrets):
                if len(secret) >= 8 and secret in logs:
                    at = logs.index(secret)
                    wrong.append('a secret of this test stands in a log: ...%s' %
                                 logs[max(0, at - 120):at].replace('\n', ' ') + '(%d characters)' % len(secret))
        if wrong:
            self.fail('\n'.join(wrong[:15] + (['and %d more' % (len(wrong) - 15)] if len(wrong) > 15 else [])))

    # -- promises in seconds --------------------------------------------------------------------------------------

    def assert_in_time(self, seconds, since, until=None, what=''):
        """What began at `since` took no longer than promised, as far as this machine let it run."""
        until = until or time.monotonic()
        allowed = pace.allowed(seconds, since, until)
        self.assertLessEqual(until - since, allowed, '%s: promised within %.2f s%s' % (
            what, seconds, '; the machine was late by %.2f s' % pace.late(since, until)))

    # -- what every answer must be ---------------------------------------------------------------------------------

    def assert_status(self, r, *expected):
        self.assertIn(r.status, expected, '%s %s answered %d: %s' % (r.method, r.path[:200], r.status,
                                                                     r.body[:600].decode('utf-8', 'replace')))
        return r

    def assert_problem(self, r, status, code=None, form=True):
        """A refusal in the one form: status, code (a name or several), and what belongs to that status."""
        statuses = status if isinstance(status, (list, tuple)) else (status,)
        self.assert_status(r, *statuses)
        if not form or r.method == 'HEAD':
            return None
        where = '%s %s -> %d %s' % (r.method, r.path[:120], r.status, r.body[:400].decode('utf-8', 'replace'))
        self.assertEqual((r.header('content-type') or '').split(';')[0], 'application/problem+json', where)
        p = r.json
        self.assertIsInstance(p, dict, where)
        for member in ('type', 'title', 'status', 'detail', 'instance', 'request_id', 'code'):
            self.assertIn(member, p, where)
        self.assertEqual(p['status'], r.status, where)
        self.assertRegex(p['code'], r'^[a-z][a-z0-9_]*$', where)
        self.assertTrue(p['type'].endswith(p['code'].replace('_', '-')), where)
        self.assertEqual(p['instance'], 'urn:request:' + p['request_id'], where)
        self.assertEqual(r.all('x-request-id'), [p['request_id']], where)
        self.assertEqual(r.header('x-content-type-options'), 'nosniff', where)
        if r.status == 401:
            self.assertRegex(r.header('www-authenticate') or '', r'^Bearer', where)
        if r.status == 405:
            self.assertTrue(r.header('allow'), where)
        if r.status in (429, 503):
            self.assertRegex(r.header('retry-after') or '', r'^\d+$', where)
        if p['code'] == 'validation_failed':
            self.assertTrue(p.get('errors'), where)
            for e in p['errors']:
                for member in ('pointer', 'code', 'detail'):
                    self.assertIn(member, e, where)
        if code:
            self.assertIn(p['code'], [code] if isinstance(code, str) else list(code), where)
        return p

