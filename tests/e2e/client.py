# SPDX-License-Identifier: MIT
"""A client that keeps its connection, a sender of raw bytes, and the everyday acts of customers and admins."""
import contextlib
import http.client
import itertools
import json
import os
import re
import secrets
import select
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pace import pace

_serial = itertools.count(1)
_UNSET = object()
ADDRESS = {'street': '1 High Street', 'city': 'Springfield', 'state': 'Oregon', 'country': 'US', 'zip_code': '97475'}


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Response:
    def __init__(self, method, path, status, reason, headers, body, span=(0.0, 0.0), version=11):
        self.method, self.path, self.status, self.reason = method, path, status, reason
        self.headers, self.body, self.version = headers, body, version
        self.span, self.elapsed = span, span[1] - span[0]        # monotonic: when it was sent and complete; seconds

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def header(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    @property
    def text(self):
        return self.body.decode('utf-8', 'replace')

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self):
        return self.json.get('code') if isinstance(self.json, dict) else None

    def __repr__(self):
        return '<%s %s: %d %s>' % (self.method, self.path[:100], self.status, self.body[:300])


class Client:
    """One connection, kept open. A request is sent once: a connection found closed is replaced before sending."""

    def __init__(self, env, tls=False, token=None, port=None, prefix='/api', timeout=60):
        self.env, self.tls, self.token, self.prefix, self.timeout = env, tls, token, prefix, timeout
        self.port = port or (env.tls_port if tls else env.port)
        self.connection = None
        self.keep_alive = True
        self.user = None
        env.clients.add(self)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connect(self, timeout):
        c = self.connection
        if c is not None and c.sock is not None:
            readable = select.select([c.sock], [], [], 0)[0]
            if not readable:
                c.sock.settimeout(timeout)
                return c
            self.close()
        if self.tls:
            c = http.client.HTTPSConnection('127.0.0.1', self.port, timeout=timeout, context=tls_context())
        else:
            c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        c.connect()
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = c
        return c

    def request(self, method, path, json_body=_UNSET, body=None, headers=(), token=_UNSET, prefix=None,
                timeout=None, fresh=False):
        """headers: a dict or pairs; a None value takes a header away that would be sent otherwise."""
        if fresh:
            self.close()
        path = (self.prefix if prefix is None else prefix) + path
        given = list(headers.items()) if isinstance(headers, dict) else list(headers)
        named = {k.lower() for k, _ in given}
        send = [(k, v) for k, v in given if v is not None]
        if json_body is not _UNSET:
            body = json.dumps(json_body).encode()
            note_secrets(self.env, json_body)
            if 'content-type' not in named:
                send.append(('Content-Type', 'application/json'))
        if isinstance(body, str):
            body = body.encode()
        if not self.keep_alive and 'connection' not in named:
            send.append(('Connection', 'close'))
        token = self.token if token is _UNSET else token
        if token and 'authorization' not in named:
            send.append(('Authorization', 'Bearer ' + token))
        for k, v in send:
            if k.lower() == 'authorization' and len(v) > 30:
                self.env.secrets.update(t for t in re.split(r'[ ,]+', v) if len(t) > 30)
        if body is not None or method in ('POST', 'PUT', 'PATCH'):
            if 'content-length' not in named and 'transfer-encoding' not in named:
                send.append(('Content-Length', str(len(body or b''))))
        started = time.monotonic()
        c = self._connect(timeout or self.timeout)
        try:
            c.putrequest(method, path, skip_accept_encoding=True)
            for k, v in send:
                c.putheader(k, v)
            c.endheaders()
            if body:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    c.sock.sendall(body)
            r = c.getresponse()
            data = r.read()
        except BaseException:
            self.close()
            raise
        if r.will_close:
            self.close()
        answer = Response(method, path, r.status, r.reason, r.getheaders(), data, (started, time.monotonic()),
                          r.version)
        self.env.statuses.append(r.status)
        if r.status in (200, 201) and b'_token"' in data:
            note_secrets(self.env, answer.json)
        return answer

    def get(self, path, **kw):
        return self.request('GET', path, **kw)

    def post(self, path, json_body=_UNSET, **kw):
        return self.request('POST', path, json_body, **kw)

    def put(self, path, json_body=_UNSET, **kw):
        return self.request('PUT', path, json_body, **kw)

    def patch(self, path, json_body=_UNSET, **kw):
        return self.request('PATCH', path, json_body, **kw)

    def delete(self, path, **kw):
        return self.request('DELETE', path, **kw)


def note_secrets(env, value):
    if isinstance(value, dict):
        for k, v in value.items():
            if isinstance(v, str) and ('password' in k or k in ('access_token', 'refresh_token')):
                env.secrets.add(v)


# -- raw bytes ---------------------------------------------------------------------------------------------------------

class Raw:
    def __init__(self, responses, closed, elapsed, data):
        self.responses, self.closed, self.elapsed, self.data = responses, closed, elapsed, data

    @property
    def final(self):
        return [r for r in self.responses if r.status >= 200]


def parse_responses(data, method='GET'):
    """Every complete or begun response in a byte stream."""
    found = []
    while data.startswith(b'HTTP/'):
        head, mark, rest = data.partition(b'\r\n\r\n')
        if not mark:
            break
        lines = head.decode('latin-1').split('\r\n')
        parts = lines[0].split(' ', 2)
        headers = [tuple(x.strip() for x in l.partition(':')[::2]) for l in lines[1:]]
        r = Response(method, '(raw)', int(parts[1]), parts[2] if len(parts) > 2 else '', headers, b'')
        found.append(r)
        if r.status < 200 or r.status in (204, 304) or method == 'HEAD':
            data = rest
        elif 'chunked' in (r.header('transfer-encoding') or ''):
            while True:
                size, mark, rest = rest.partition(b'\r\n')
                n = int(size.split(b';')[0] or b'0', 16) if mark else 0
                r.body += rest[:n]
                rest = rest[n + 2:]
                if not n:
                    break
            data = rest
        elif r.header('content-length') is not None:
            n = int(r.header('content-length'))
            r.body, data = rest[:n], rest[n:]
        else:
            r.body, data = rest, b''
    return found


def send_raw(env, *parts, tls=False, port=None, timeout=10.0, idle=0.3, method='GET', half_close=False):
    """Sends the parts (bytes; a number is a pause in seconds) and reads until the server closes, or until it has
    answered and then said nothing for `idle` seconds, or until `timeout`."""
    s = socket.create_connection(('127.0.0.1', port or (env.tls_port if tls else env.port)), timeout)
    if tls:
        s = tls_context().wrap_socket(s, server_hostname='localhost')
    started, data, closed = time.monotonic(), b'', False

    def drain(limit):
        nonlocal data, closed
        while not closed:
            left = limit - time.monotonic()
            if left <= 0:
                return
            s.settimeout(left)
            try:
                got = s.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                return
            except OSError:
                got = b''
            if not got:
                closed = True
                return
            data += got
            if parse_responses(data, method):
                limit = min(limit, time.monotonic() + idle) if limit > started + timeout - 0.001 else limit
    try:
        for part in parts:
            if isinstance(part, (int, float)):
                drain(time.monotonic() + part)
                continue
            try:
                s.settimeout(timeout)
                s.sendall(part)
            except OSError:
                break
        if half_close:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_WR)
        end = started + timeout
        while not closed and time.monotonic() < end:
            before, since = len(data), time.monotonic()
            drain(min(end, since + idle))
            if (len(data) == before and pace.late(since) < idle / 10 and
                    any(r.status >= 200 for r in parse_responses(data, method))):
                break
    finally:
        s.close()
    responses = parse_responses(data, method)
    env.statuses.extend(r.status for r in responses)
    return Raw(responses, closed, time.monotonic() - started, data)


# -- everyday acts -----------------------------------------------------------------------------------------------------

class Shop:
    """What tests do all the time against one Env. Every helper raises with the answer when it is not as expected."""

    def __init__(self, env, port=None, tls=False):
        self.env, self.port, self.tls = env, port, tls
        self._admin, self._lock = None, threading.Lock()

    def anonymous(self):
        return Client(self.env, tls=self.tls, port=self.port)

    @staticmethod
    def must(r, *statuses):
        if r.status not in statuses:
            raise AssertionError('wanted %s: %r' % (statuses, r))
        return r

    @staticmethod
    def credentials(stem='buyer'):
        n = '%s%d%s' % (stem, next(_serial), secrets.token_hex(3))
        return {'username': n, 'email': n + '@example.com', 'password': 'pw-' + secrets.token_urlsafe(12)}

    def register(self, client=None, **members):
        body = {**self.credentials(), **members}
        c = client or self.anonymous()
        r = self.must(c.post('/auth/register', body, token=None), 201)
        return body, r.json

    def login(self, email, password, client=None):
        c = client or self.anonymous()
        r = self.must(c.post('/auth/login', {'email': email, 'password': password}, token=None), 200)
        return r.json

    def new_customer(self, **members):
        """A registered user who is signed in: a Client with token, refresh_token, user, credentials."""
        c = self.anonymous()
        c.credentials, c.user = self.register(c, **members)
        self.sign_in(c)
        return c

    def sign_in(self, c):
        pair = self.login(c.credentials['email'], c.credentials['password'], c)
        c.token, c.refresh_token, c.user = pair['access_token'], pair['refresh_token'], pair['user']
        return c

    def customers(self, n, threads=3):
        """n customers by a few threads: how many passwords are hashed at once is bounded on the server. They keep no
        connection, since under prefork each kept one holds a process."""
        def one(_):
            c = self.new_customer()
            c.close()
            c.keep_alive = False
            return c
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(n)))

    def admin(self):
        """A client of this Env's administrator, one per thread of use is up to the caller; the session is shared."""
        with self._lock:
            if self._admin is None:
                self._admin = self.login(self.env.admin_email, self.env.admin_password)
            c = self.anonymous()
            c.token, c.refresh_token, c.user = (self._admin['access_token'], self._admin['refresh_token'],
                                                self._admin['user'])
            return c

    def add_product(self, **members):
        body = {'name': 'Thing %d' % next(_serial), 'price': 10.00, 'category': 'Things', 'stock': 100, **members}
        return self.must(self.admin().post('/products', body), 201).json

    def add_coupon(self, code=None, **members):
        body = {'code': code or 'C' + secrets.token_hex(5).upper(), 'discount_percent': 10,
                'valid_from': stamp(-86400), 'valid_until': stamp(86400), **members}
        return self.must(self.admin().post('/coupons', body), 201).json

    @staticmethod
    def order_body(**members):
        return {'shipping_address': dict(ADDRESS), 'payment_method': 'credit_card', **members}

    def put_in_cart(self, customer, product_id, quantity=1):
        return self.must(customer.post('/cart', {'product_id': product_id, 'quantity': quantity}), 200).json

    def place(self, customer, headers=(), **members):
        return customer.post('/orders', self.order_body(**members), headers=headers)

    def stock(self, product_id):
        return self.must(self.admin().get('/products/' + product_id), 200).json['stock']

    def verify(self):
        """Stock, coupons and orders agree with each other in the store."""
        return self.env.audit()


def stamp(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def at_once(jobs, timeout=120):
    """Runs the callables in a thread each, released together: their results, an exception standing for itself."""
    gate, results = threading.Barrier(len(jobs) + 1), [None] * len(jobs)

    def run(i, job):
        gate.wait()
        try:
            results[i] = job()
        except Exception as e:
            results[i] = e
    threads = [threading.Thread(target=run, args=(i, j), daemon=True) for i, j in enumerate(jobs)]
    for t in threads:
        t.start()
    gate.wait()
    limit = time.monotonic() + timeout
    for t in threads:
        t.join(max(0.1, limit - time.monotonic()))
    for i, t in enumerate(threads):
        if t.is_alive():
            results[i] = TimeoutError('no answer within %d s' % timeout)
    return results


# -- Redis -------------------------------------------------------------------------------------------------------------

def redis_command(port, *words, timeout=5):
    with socket.create_connection(('127.0.0.1', port), timeout) as s:
        data = b'*%d\r\n' % len(words)
        for w in words:
            w = w if isinstance(w, bytes) else str(w).encode()
            data += b'$%d\r\n%s\r\n' % (len(w), w)
        s.sendall(data)
        return s.recv(65536)


if os.environ.get('SHOP_E2E_DEBUG'):
    http.client.HTTPConnection.debuglevel = 1
