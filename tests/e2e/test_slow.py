# SPDX-License-Identifier: MIT
"""Clients that begin a request and do not finish it, against the times of the sample configuration."""
import contextlib
import os
import re
import socket
import time
import unittest

from amounts import amount, figure
from client import send_raw
from env import ALL_BUSY, Env, ShopCase, mpm_name

SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'conf', 'mod_shop.conf')
WORKERS = 16
HEADER = b'GET /api/products HTTP/1.1\r\nHost: localhost\r\nX-Begun: '
BODY = (b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
        b'Content-Length: 50\r\n\r\n{"email"')


def beside_the_module():
    """What the sample configuration wants beside the module, as it is delivered."""
    with open(SAMPLE, encoding='utf-8') as f:
        return re.search(r'# ---- what belongs beside it ----\n(.*?)# ---- every directive ----', f.read(), re.S)[1]


def times_of(stage):
    """The first and the last limit of a stage in seconds."""
    found = re.search(r'RequestReadTimeout .*?\b%s=(\d+)(?:-(\d+))?' % stage, beside_the_module())
    return int(found[1]), int(found[2] or found[1])


class SlowCase(ShopCase):
    @classmethod
    def make_env(cls):
        workers = {'children': WORKERS} if mpm_name() == 'prefork' else {'children': 2, 'threads': WORKERS // 2}
        return Env(cls.__name__, extra=beside_the_module(), **workers)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)                       # httpd says so, and under prefork a little early
        self.product = self.shop.add_product()
        self.held = contextlib.ExitStack()
        self.addCleanup(self.held.close)

    def begin(self, count, data, port=None):
        """Connections that have sent these bytes and send no more."""
        made = []
        for _ in range(count):
            s = self.held.enter_context(socket.create_connection(('127.0.0.1', port or self.env.port), 30))
            s.sendall(data)
            made.append(s)
        time.sleep(0.3)
        return made

    def let_go(self):
        """Closes what was begun, and waits until the workers are free."""
        self.held.close()
        time.sleep(0.5)
        self.ask()

    def ask(self):
        """One request on a connection of its own: seconds until it was answered."""
        began, c = time.monotonic(), self.shop.anonymous()
        self.assert_status(c.get('/products/' + self.product['id'], timeout=120), 200)
        c.close()
        return time.monotonic() - began

    def unharmed(self, seconds):
        """Others are answered all the time, far sooner than any of the limits that they could have waited for."""
        worst, end, asked = 0, time.monotonic() + seconds, 0
        while time.monotonic() < end:
            began = time.monotonic()
            worst, asked = max(worst, self.ask()), asked + 1
            self.assert_in_time(times_of('header')[0] / 2, began, what='others')
            time.sleep(0.1)
        return worst, asked


class SlowClients(SlowCase):
    def test_a_stalled_request_is_408_when_its_time_is_over(self):
        for stage, data in (('header', HEADER), ('body', BODY)):
            with self.subTest(stage):
                first, last = times_of(stage)
                began = time.monotonic()
                raw = send_raw(self.env, data, timeout=60)
                self.assert_problem(raw.final[0], 408, 'request_timeout')
                self.assertTrue(raw.closed)
                self.assertGreaterEqual(raw.elapsed, first - 0.5)
                self.assert_in_time(4 * max(last, first), began, what='the refusal')

    def test_half_of_the_workers_held_harm_nobody(self):
        seen = []
        for stage, data in (('header', HEADER), ('body', BODY)):
            with self.subTest(stage):
                self.begin(WORKERS // 2, data)
                worst, asked = self.unharmed(times_of(stage)[0])
                seen.append('%s: %d requests beside them, %.0f ms at most' % (stage, asked, worst * 1000))
                self.let_go()
        figure(self, 'P15 half', '%d workers, %d half-sent requests; %s' % (WORKERS, WORKERS // 2, '; '.join(seen)))

    def test_handshakes_that_stall_harm_nobody(self):
        made = self.begin(WORKERS // 2, b'\x16\x03\x01\x02', port=self.env.tls_port)
        worst, asked = self.unharmed(times_of('handshake')[0] + 1)
        for s in made:                                   # and are over by now, or soon
            s.settimeout(4 * times_of('handshake')[0])
            with contextlib.suppress(ConnectionResetError):
                while s.recv(1000):
                    pass
        figure(self, 'P15 TLS', '%d workers, %d half-sent handshakes: %d requests beside them, %.0f ms at most' % (
            WORKERS, len(made), asked, worst * 1000))

    def test_three_times_the_workers_delay_others_by_no_more_than_twice_the_header_time(self):
        linger = 2 if self.env.mpm == 'prefork' else 0   # of the process itself, for a client that does not close
        seen = []
        for stage, data in amount((('header', HEADER),), (('header', HEADER), ('body', BODY))):
            with self.subTest(stage):
                self.begin(3 * WORKERS, data)
                began = time.monotonic()
                took = self.ask()
                self.assert_in_time(2 * (times_of('header')[1] + linger), began, what='others')
                seen.append('%s: %.1f s' % (stage, took))
                self.let_go()
        figure(self, 'P15 three', '%d workers, %d half-sent requests; others answered again after: %s' % (
            WORKERS, 3 * WORKERS, '; '.join(seen)))

    def test_connections_without_a_byte_hold_no_worker(self):
        self.begin(3 * WORKERS, b'')
        self.unharmed(1)


@unittest.skipIf(mpm_name() == 'prefork', 'a kept connection holds a process of prefork')
class IdleClients(SlowCase):
    """Kept connections that say nothing, and slow requests beside them."""
    IDLE = amount(200, 2000)

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, extra=beside_the_module(), children=6, threads=25)

    def test_idle_connections_and_slow_requests(self):
        for _ in range(self.IDLE):
            c = self.shop.anonymous()
            self.assert_status(c.get('/health/live'), 200)
            self.held.callback(c.close)
        self.begin(75, HEADER)
        worst, asked = self.unharmed(times_of('header')[0])
        figure(self, 'F23', '%d idle connections and 75 half-sent requests on 150 workers: %d requests beside them, '
               '%.0f ms at most' % (self.IDLE, asked, worst * 1000))


class SampleConfiguration(SlowCase):
    def test_a_browser_learns_what_it_may_send_and_read(self):
        asked = {'Origin': 'https://shop.example.com', 'Access-Control-Request-Method': 'PATCH',
                 'Access-Control-Request-Headers': 'authorization, content-type, if-match'}
        r = self.assert_status(self.shop.anonymous().request('OPTIONS', '/cart', headers=asked), 204)
        self.assertEqual(r.all('access-control-allow-origin'), ['https://shop.example.com'])
        self.assertGreaterEqual(int(r.header('access-control-max-age')), 600)
        for path, status in (('/products', 200), ('/cart', 401), ('/auth/login', 405)):
            r = self.assert_status(self.shop.anonymous().get(path, headers={'Origin': asked['Origin']}), status)
            exposed = {n.strip().lower() for n in r.header('access-control-expose-headers').split(',')}
            self.assertLessEqual({'allow', 'etag', 'location', 'retry-after', 'www-authenticate', 'x-request-id'},
                                 exposed)
        r = self.shop.anonymous().request('OPTIONS', '/cart', headers={**asked, 'Origin': 'https://evil.example'})
        for name in ('access-control-allow-origin', 'access-control-max-age', 'access-control-expose-headers'):
            self.assertEqual(r.all(name), [], name)


if __name__ == '__main__':
    unittest.main()
