# SPDX-License-Identifier: MIT
"""Signed out is signed out: on every child, without Redis, and for the whole family of a stolen refresh token."""
import contextlib
import time
import unittest

import tokens
from client import Client, at_once, redis_command
from env import ALL_BUSY, REDIS_AWAY, REFRESH_REUSED, Env, ShopCase, mpm_name
from servers import Redis


class TokenCase(ShopCase):
    """Several children and a Redis of its own."""

    @classmethod
    def make_env(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.children = 6 if mpm_name() == 'prefork' else 4
        return Env(cls.__name__, redis_port=cls.redis.port, children=cls.children, threads=8)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY)                       # one connection per child is meant to fill httpd
        if self.redis.process is None:
            self.redis.start()

    def on_every_child(self, token, status, requests=None):
        """Sends the requests over new connections until children enough have answered; returns how many did.

        Prefork: as many connections as children are held open at once, so each child has one. Threads: new
        connections until each child has answered, 60 rounds at most."""
        requests = requests or [('GET', '/auth/me', None), ('GET', '/cart', None), ('GET', '/orders', None),
                                ('POST', '/cart', {'product_id': '65a0000000000000000000ab', 'quantity': 1}),
                                ('DELETE', '/cart', None), ('POST', '/auth/logout', None)]
        mark, asked, seen = self.env.mark(), 0, set()
        for turn in range(60):
            clients = [Client(self.env, token=token) for _ in range(self.children)]
            try:
                for method, path, body in requests:
                    extra = {'json_body': body} if body else {}
                    for r in at_once([lambda c=c: c.request(method, path, **extra) for c in clients]):
                        if isinstance(r, BaseException):
                            raise r
                        asked += 1
                        if status == 401:
                            self.assert_problem(r, 401, 'token_revoked')
                        else:
                            self.assert_status(r, status)
            finally:
                for c in clients:
                    c.close()
            with contextlib.suppress(ValueError, IndexError):
                seen |= {int(line.split()[0]) for line in self.env.access_text(mark).splitlines()
                         if line.split()[1] == str(status)}
            if len(seen) >= self.children and turn >= 2:
                break
        self.assertGreaterEqual(len(seen), 2, 'only one child ever answered')
        print('tokens: %d answers of %d by %d children' % (asked, status, len(seen)), flush=True)
        return len(seen)

    def customer(self):
        return self.shop.customers(1)[0]

    def signed_in(self):
        c = self.customer()
        self.on_every_child(c.token, 200, [('GET', '/auth/me', None), ('GET', '/cart', None)])
        return c

    def sign_out(self, c):
        r = self.assert_status(c.post('/auth/logout'), 200)
        self.assertEqual(r.json, {'revoked': True})

    def refresh_refused(self, token):
        return self.assert_problem(self.shop.anonymous().post('/auth/refresh', token=token), 401, 'token_revoked')


class Logout(TokenCase):
    def test_signed_out_on_every_child(self):
        c = self.signed_in()
        self.sign_out(c)
        self.on_every_child(c.token, 401)
        self.refresh_refused(c.refresh_token)

    def test_signed_out_after_flushall(self):
        c = self.signed_in()
        self.sign_out(c)
        self.assertEqual(redis_command(self.redis.port, 'FLUSHALL'), b'+OK\r\n')
        self.on_every_child(c.token, 401)
        self.refresh_refused(c.refresh_token)

    def test_signed_out_with_redis_stopped(self):
        self.expect_log(*REDIS_AWAY)
        c = self.signed_in()
        self.sign_out(c)
        self.redis.stop()
        self.on_every_child(c.token, 401)
        self.refresh_refused(c.refresh_token)
        self.redis.start()
        self.on_every_child(c.token, 401)

    def test_signing_out_with_redis_stopped(self):
        self.expect_log(*REDIS_AWAY)
        c = self.signed_in()
        self.redis.stop()
        self.sign_out(c)
        self.on_every_child(c.token, 401)
        self.redis.start()
        self.on_every_child(c.token, 401)

    def test_the_next_request_is_the_first_refused(self):
        c = self.customer()
        others = [Client(self.env) for _ in range(4)]
        for turn in range(20):
            self.shop.sign_in(c)
            for o in others:
                self.assert_status(o.get('/auth/me', token=c.token), 200)
            self.sign_out(c)
            for o in others:
                self.assert_problem(o.get('/auth/me', token=c.token), 401, 'token_revoked')
        for o in others:
            o.close()

    def test_signing_out_twice_and_another_session_lives(self):
        c = self.customer()
        first = c.token
        self.shop.sign_in(c)
        self.assert_status(self.shop.anonymous().post('/auth/logout', token=first), 200)
        self.assert_problem(self.shop.anonymous().post('/auth/logout', token=first), 401, 'token_revoked')
        self.assert_status(c.get('/auth/me'), 200)


class Refresh(TokenCase):
    def setUp(self):
        super().setUp()
        self.expect_log(*REFRESH_REUSED)                 # reuse is a line for the watchful
        self.nobody = self.shop.anonymous()
        self.nobody.keep_alive = False

    def rotate(self, token):
        r = self.assert_status(self.nobody.post('/auth/refresh', token=token), 200)
        for member in ('access_token', 'refresh_token', 'token_type', 'expires_in', 'refresh_expires_in'):
            self.assertIn(member, r.json)
        self.assertNotEqual(r.json['refresh_token'], token)
        self.assertEqual(r.header('cache-control'), 'no-store')
        return r.json

    def dead(self, pair):
        self.assert_problem(self.nobody.get('/auth/me', token=pair['access_token']), 401, 'token_revoked')
        self.assert_problem(self.nobody.post('/cart', {'product_id': '65a0000000000000000000ab', 'quantity': 1},
                                             token=pair['access_token']), 401, 'token_revoked')
        self.refresh_refused(pair['refresh_token'])

    def test_reuse_kills_the_family(self):
        for replayed in (0, 1):
            with self.subTest(replayed=replayed):
                c = self.customer()
                tokens = [c.refresh_token]
                for _ in range(2):
                    pair = self.rotate(tokens[-1])
                    tokens.append(pair['refresh_token'])
                self.assert_status(self.nobody.get('/auth/me', token=pair['access_token']), 200)
                self.refresh_refused(tokens[replayed])
                self.dead(pair)
                self.on_every_child(pair['access_token'], 401)

    def test_20_at_once_with_one_refresh_token(self):
        for _ in range(5):
            c = self.customer()

            def job():
                client = self.shop.anonymous()
                try:
                    return client.post('/auth/refresh', token=c.refresh_token)
                finally:
                    client.close()
            answers = at_once([job] * 20)
            for a in answers:
                self.assertIn(getattr(a, 'status', repr(a)), (200, 401))
            won = [a for a in answers if a.status == 200]
            self.assertLessEqual(len(won), 1)
            for a in won:
                self.dead(a.json)
            self.dead({'access_token': c.token, 'refresh_token': c.refresh_token})

    def test_rotation_without_redis(self):
        self.expect_log(*REDIS_AWAY)
        c = self.customer()
        self.redis.stop()
        pair = self.rotate(c.refresh_token)
        self.assert_status(self.nobody.get('/auth/me', token=pair['access_token']), 200)
        self.refresh_refused(c.refresh_token)
        self.dead(pair)

    def test_kinds_of_token_are_not_exchanged(self):
        c = self.customer()
        self.assert_problem(self.nobody.get('/auth/me', token=c.refresh_token), 401, 'token_invalid')
        self.assert_problem(self.nobody.post('/auth/refresh', token=c.token), 401, 'token_invalid')
        self.assert_status(self.nobody.get('/auth/me', token=c.token), 200)

    def test_times_of_the_tokens(self):
        c = self.customer()
        pair = self.shop.login(c.credentials['email'], c.credentials['password'])
        self.assertEqual((pair['token_type'], pair['expires_in'], pair['refresh_expires_in']),
                         ('Bearer', 900, 604800))
        claims = tokens.parts(pair['access_token'])[1]
        self.assertAlmostEqual(claims['exp'], time.time() + 900, delta=10)
        for secret in ('password', 'email'):
            self.assertNotIn(secret, str(claims))


if __name__ == '__main__':
    unittest.main()
