# SPDX-License-Identifier: MIT
"""Signed out is signed out: on every child, on every node, without Redis, and for the whole family of a stolen refresh
token. And who is signed in costs nobody a look-up."""
import contextlib
import os
import random
import re
import signal
import socket
import threading
import time
import unittest

import tokens
from amounts import amount, figure
from client import Client, at_once, redis_command
from env import ALL_BUSY, REDIS_AWAY, REFRESH_REUSED, Env, ShopCase, mpm_name
from servers import Redis

ROUNDS = 200
NODE_ROUNDS = 100
THEFTS, SEED = amount(20, 1000), 20261128
TOKEN_S = 900 + 30 + 60                                  # life of a token, leeway, margin


def looks(port):
    """How often Redis was asked for an entry of a sorted set: each look at the ended sessions does."""
    found = re.search(rb'cmdstat_zscore:calls=(\d+)', redis_command(port, 'INFO', 'commandstats'))
    return int(found[1]) if found else 0


def make_whole(env, client, seconds=120):
    """Has the list of ended sessions vouched for, as if Redis ran for longer than a token lives, and waits until this
    node takes "not ended" from its own memory. client is signed in."""
    key, limit = 'shop:{%s}:deny' % env.instance, time.monotonic() + seconds
    while time.monotonic() < limit:
        reply = redis_command(env.redis_port, 'ZRANGEBYSCORE', key, '-inf', '(0')
        if reply.startswith(b'*1\r\n'):
            score = redis_command(env.redis_port, 'ZSCORE', key, reply.split(b'\r\n')[2]).split(b'\r\n')[1]
            if time.time() + float(score) < TOKEN_S:
                redis_command(env.redis_port, 'ZINCRBY', key, TOKEN_S, reply.split(b'\r\n')[2])
        before = looks(env.redis_port)
        if client.get('/auth/me').status == 200 and looks(env.redis_port) == before:
            return
        time.sleep(0.1)
    raise AssertionError('every read looked for the session in Redis for %d s' % seconds)


class Monitor:
    """Every command Redis is sent while it is open."""

    def __init__(self, port):
        self.socket, self.data = socket.create_connection(('127.0.0.1', port), 5), b''
        self.socket.sendall(b'MONITOR\r\n')
        assert self.socket.recv(5) == b'+OK\r\n'
        self.socket.settimeout(None)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(OSError):
            while True:
                data = self.socket.recv(65536)
                if not data:
                    return
                self.data += data

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        time.sleep(0.3)
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.socket.close()

    def lines(self, word):
        return [line for line in self.data.decode('utf-8', 'replace').splitlines() if word in line]


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

    def one_on_each_child(self):
        """Kept connections, each to another child; as many as children could be reached."""
        found, spare = {}, []
        for _ in range(80):
            if len(found) == min(self.children, 4):
                break
            c = Client(self.env)
            mark = self.env.mark()
            name = self.assert_status(c.get('/health/live'), 200).header('x-request-id')
            limit, pid = time.monotonic() + 60, None
            while pid is None and time.monotonic() < limit:
                pid = next((line.split()[0] for line in self.env.access_text(mark).splitlines()
                            if line.endswith(name)), None)
            if pid in found:
                spare.append(c)
                if mpm_name() != 'prefork':
                    continue
                spare.pop().close()
            else:
                found[pid] = c
        for c in spare:
            c.close()
        self.assertGreaterEqual(len(found), 2, 'only one child ever answered')
        return list(found.values())

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
    """With the list of ended sessions whole in this node's memory; Refresh runs as after a restart of Redis."""

    def setUp(self):
        super().setUp()
        make_whole(self.env, self.customer())

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
        others = self.one_on_each_child()
        for turn in range(ROUNDS):
            self.shop.sign_in(c)
            for o in others:
                self.assert_status(o.get('/auth/me', token=c.token), 200)
            self.sign_out(c)
            for o in others:
                self.assert_problem(o.get('/auth/me', token=c.token), 401, 'token_revoked')
        for o in others:
            o.close()
        print('tokens: %d sessions ended, refused at once by %d children' % (ROUNDS, len(others)), flush=True)

    def test_signing_out_twice_and_another_session_lives(self):
        c = self.customer()
        first = c.token
        self.shop.sign_in(c)
        self.assert_status(self.shop.anonymous().post('/auth/logout', token=first), 200)
        self.assert_problem(self.shop.anonymous().post('/auth/logout', token=first), 401, 'token_revoked')
        self.assert_status(c.get('/auth/me'), 200)


class SignedIn(TokenCase):
    @classmethod
    def make_env(cls):
        env = super().make_env()
        env.extra = 'CustomLog logs/db.log "%{SHOP_DB_COMMANDS}n %m %U"'
        return env

    def db_commands(self, client, times):
        """Commands to the store for each of so many reads of the cart."""
        def lines():
            # A line is written behind its reply: only those of the reads are looked at.
            return [line for line in self.env.text(path).splitlines() if line.endswith(' GET /api/cart')]

        path = self.env.access_log.replace('access.log', 'db.log')
        before = len(lines())
        for _ in range(times):
            self.assert_status(client.get('/cart'), 200)
        limit = time.monotonic() + 60
        while len(lines()) < before + times and time.monotonic() < limit:
            time.sleep(0.05)
        known = lines()[before:]
        self.assertEqual(len(known), times)
        return [int(line.split()[0]) for line in known]

    def test_a_signed_in_read_asks_nobody_about_the_session(self):
        c = self.customer()
        product = self.shop.add_product()['id']
        self.shop.put_in_cart(c, product)
        doubtful = self.db_commands(c, 5)                # nobody vouches for a young Redis: the store is asked
        make_whole(self.env, c)
        with Monitor(self.redis.port) as monitor:
            known = self.db_commands(c, 50)
            redis_command(self.redis.port, 'ECHO', 'the monitor sees')
        self.assertEqual(monitor.lines(':deny'), [])
        self.assertEqual(len(monitor.lines('the monitor sees')), 1)
        self.assertLessEqual(max(known), 2)              # 2: a child that had the cart's product to read once
        self.assertEqual(min(known), 1)
        self.assertLess(min(known), min(doubtful))       # 3 as long as nobody hears what other hosts change
        print('tokens: reading a cart takes %d command to the store, %d while in doubt' % (min(known), min(doubtful)),
              flush=True)

    def test_a_write_asks_the_store_all_the_same(self):
        c = self.customer()
        make_whole(self.env, c)
        self.env.store().command({'update': 'sessions', 'updates': [
            {'q': {'user_id': {'$exists': True}}, 'u': {'$set': {'revoked': True}}, 'multi': True}]})
        self.assert_problem(c.delete('/cart'), 401, 'token_revoked')


class NodeCase(TokenCase):
    """Two nodes on one Redis and one store."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Env(cls.__name__ + 'Other', twin_of=cls.env, mongo_uri=cls.env.mongo_uri,
                        redis_port=cls.env.redis_port, children=cls.children, threads=8)
        cls.addClassCleanup(cls.other.stop)
        cls.other.start()

    def setUp(self):
        super().setUp()
        self.judge(self.other)

    def rounds(self, count):
        """Ends sessions on one node; the longest time until the other one refused."""
        c, there, longest = self.customer(), Client(self.other), 0.0
        for _ in range(count):
            self.shop.sign_in(c)
            self.assert_status(there.get('/auth/me', token=c.token), 200)
            self.sign_out(c)
            began = time.monotonic()
            while there.get('/auth/me', token=c.token).status == 200:
                self.assert_in_time(1.0, began, what='a session that was ended goes on elsewhere')
            longest = max(longest, time.monotonic() - began)
            self.assert_problem(there.get('/auth/me', token=c.token), 401, 'token_revoked')
            self.assert_problem(there.delete('/cart', token=c.token), 401, 'token_revoked')
        there.close()
        return longest

    def both_whole(self):
        c = self.customer()
        make_whole(self.env, c)
        make_whole(self.other, Client(self.other, token=c.token))


class TwoNodes(NodeCase):
    def test_ended_on_one_node_is_refused_by_the_other(self):
        for _ in range(5):                               # a busy machine may cost a node its subscription meanwhile
            self.both_whole()
            before, marks = looks(self.redis.port), [env.mark() for env in (self.env, self.other)]
            longest = self.rounds(NODE_ROUNDS)
            asked = looks(self.redis.port) - before
            if not any('SHOP0205' in env.error_text(mark) for env, mark in zip((self.env, self.other), marks)):
                break
        self.assertEqual(asked, 0, 'Redis was asked')
        print('tokens: %d sessions ended on one node, refused by the other within %.0f ms' % (
            NODE_ROUNDS, longest * 1000), flush=True)

    def test_a_restart_leaves_no_node_deaf(self):
        self.both_whole()
        for _ in range(3):
            mark = self.other.mark()
            self.other.graceful()
            self.rounds(5)
            limit = time.monotonic() + 60
            while 'SHOP0205' not in self.other.error_text(mark) and time.monotonic() < limit:
                time.sleep(0.05)
            self.assertIn('SHOP0205', self.other.error_text(mark))
            self.both_whole()

    def test_another_child_listens_when_the_one_that_did_is_killed(self):
        self.both_whole()
        for _ in range(2):
            pid = [line.pid for line in self.other.error_lines() if 'SHOP0205' in line.numbers][-1]
            mark, began = self.other.mark(), time.monotonic()
            os.kill(pid, signal.SIGKILL)
            while 'SHOP0205' not in self.other.error_text(mark):
                self.assertLess(time.monotonic() - began, 60, 'nobody listens')
                time.sleep(0.02)
            self.rounds(3)
            self.both_whole()


class RedisAnew(NodeCase):
    def test_a_change_of_hands_of_redis_leaves_no_gap(self):
        self.expect_log(*REDIS_AWAY)
        self.both_whole()
        c = self.customer()
        self.redis.stop()
        self.sign_out(c)
        self.redis.start()
        there = Client(self.other, token=c.token)
        limit = time.monotonic() + 3
        while time.monotonic() < limit:
            self.assert_problem(there.get('/auth/me'), 401, 'token_revoked')
        there.close()
        self.rounds(10)                                  # in doubt: Redis and then the store are asked


class RefreshCase(TokenCase):
    GRACE = '10s'

    @classmethod
    def make_env(cls):
        env = super().make_env()
        env.extra = 'ShopJwtReuseGrace ' + cls.GRACE
        return env

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

    def refresh_at_once(self, c, *envs):
        """20 exchanges of one refresh token at the same moment."""
        def job(env):
            client = Client(env)
            try:
                return client.post('/auth/refresh', token=c.refresh_token)
            finally:
                client.close()
        answers = at_once([lambda e=envs[i % len(envs)]: job(e) for i in range(20)])
        for a in answers:
            self.assertIn(getattr(a, 'status', repr(a)), (200, 401))
        return [a for a in answers if a.status == 200]

    def family(self, c, rotations):
        """A new session and its pairs, oldest first: one by signing in, and one for each rotation."""
        self.shop.sign_in(c)
        pairs = [{'access_token': c.token, 'refresh_token': c.refresh_token}]
        for _ in range(rotations):
            pairs.append(self.rotate(pairs[-1]['refresh_token']))
        return pairs

    def survivors(self, pairs):
        """How many tokens of these pairs are still taken; a refresh token is worth its new pair as well."""
        alive = 0
        for pair in pairs:
            alive += self.nobody.get('/auth/me', token=pair['access_token']).status != 401
            alive += self.nobody.post('/auth/refresh', token=pair['refresh_token']).status != 401
        return alive

    def lose(self, pair, *spent):
        """Sends spent refresh tokens again: the first is refused, and then nothing of the family lives."""
        for token in spent:
            self.refresh_refused(token)
        self.dead(pair)


class RefreshWithoutGrace(RefreshCase):
    GRACE = '0'

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

    def test_thefts(self):
        """P7: thief and owner use one token, in turn or at once; whoever comes late, nothing of the session is left."""
        c, dice, at_once_too = self.customer(), random.Random(SEED), 0
        for turn in range(THEFTS):
            pairs = self.family(c, dice.randint(0, 3))
            if len(pairs) == 1:
                at_once_too += 1
                token = pairs[0]['refresh_token']
                answers = at_once([lambda: Client(self.env).post('/auth/refresh', token=token)] * 2)
                won = [a.json for a in answers if a.status == 200]
                self.assertLessEqual(len(won), 1, 'round %d, seed %d' % (turn, SEED))
                pairs += won
            else:
                self.refresh_refused(dice.choice(pairs[:-1])['refresh_token'])
            self.assertEqual(self.survivors(pairs), 0, 'round %d, seed %d' % (turn, SEED))
        figure(self, 'P7 none', '%d thefts without a grace, %d of them at once: 0 surviving tokens' % (
            THEFTS, at_once_too))

    def test_20_at_once_with_one_refresh_token(self):
        for _ in range(5):
            c = self.customer()
            won = self.refresh_at_once(c, self.env)
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


class RefreshWithGrace(NodeCase, RefreshCase):
    """Two hosts, and the grace as it is by default."""

    def tokens_of(self, answer):
        return answer['access_token'], answer['refresh_token']

    def test_20_at_once_with_one_refresh_token_get_one_pair(self):
        for _ in range(amount(5, 50)):
            c = self.customer()
            won = self.refresh_at_once(c, self.env, self.other)
            self.assertEqual(len(won), 20)
            self.assertEqual(len({self.tokens_of(a.json) for a in won}), 1, 'one token, two pairs')
            pair = self.rotate(won[0].json['refresh_token'])
            self.assert_status(self.nobody.get('/auth/me', token=pair['access_token']), 200)

    def test_a_lost_answer_is_given_again_by_the_other_host(self):
        c, there = self.customer(), Client(self.other)
        pair = self.rotate(c.refresh_token)
        again = self.assert_status(there.post('/auth/refresh', token=c.refresh_token), 200).json
        self.assertEqual(self.tokens_of(again), self.tokens_of(pair))
        self.assertLessEqual(again['expires_in'], pair['expires_in'])
        self.assertEqual(again['user'], pair['user'])
        self.sign_out(Client(self.env, token=pair['access_token']))
        self.assert_problem(there.post('/auth/refresh', token=c.refresh_token), 401, 'token_revoked')
        there.close()

    def test_thefts(self):
        """P7: the token before gets the same pair again, here or on the other host; an older one ends the session, and
        so does the token before once the grace is over."""
        c, dice, late = self.customer(), random.Random(SEED), []
        for turn in range(THEFTS):
            where = 'round %d, seed %d' % (turn, SEED)
            pairs = self.family(c, dice.randint(1, 3))
            for env in (self.env, self.other):
                again = self.assert_status(Client(env).post('/auth/refresh', token=pairs[-2]['refresh_token']), 200)
                self.assertEqual(self.tokens_of(again.json), self.tokens_of(pairs[-1]), where)
            self.assert_status(self.nobody.get('/auth/me', token=pairs[-1]['access_token']), 200)
            if turn % 10 == 0:
                late.append(pairs)
                continue
            if len(pairs) == 2:                          # owner and thief at once, a generation apart
                answers = at_once([lambda e=e, p=p: Client(e).post('/auth/refresh', token=p['refresh_token'])
                                   for e, p in zip((self.env, self.other), pairs)])
                pairs += [a.json for a in answers if a.status == 200]
                if answers[1].status == 200:             # two generations late by now, if not before
                    self.refresh_refused(pairs[0]['refresh_token'])
            else:
                self.refresh_refused(dice.choice(pairs[:-2])['refresh_token'])
            self.assertEqual(self.survivors(pairs), 0, where)
        time.sleep(10.5)
        for pairs in late:
            self.refresh_refused(pairs[-2]['refresh_token'])
            self.assertEqual(self.survivors(pairs), 0)
        figure(self, 'P7 grace', '%d thefts with a grace of %s, %d of them after it: 0 surviving tokens' % (
            THEFTS, self.GRACE, len(late)))


class RefreshAfterGrace(RefreshCase):
    GRACE = '1s'

    def test_after_the_grace_a_spent_token_kills_the_family(self):
        families = [(c, self.rotate(c.refresh_token)) for c in self.shop.customers(amount(10, 100))]
        time.sleep(1.2)
        for c, pair in families:
            self.lose(pair, c.refresh_token)


if __name__ == '__main__':
    unittest.main()
