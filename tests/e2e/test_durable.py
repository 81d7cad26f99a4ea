# SPDX-License-Identifier: MIT
"""The store and children of httpd are killed and stopped while orders are placed: what was acknowledged stays, once.

The store is one of the test's own, begun by scripts/store: a store that was given from outside is not ours to kill.
"""
import contextlib
import http.client
import os
import random
import signal
import threading
import time
import unittest

from amounts import amount, figure
from audit import read_all
from client import at_once
from env import ALL_BUSY, STORE_AWAY, Env, ShopCase, build_dir, mpm_name
from servers import OwnReplicas, OwnStore
from wire import ObjectId, Store

BUYERS, STOCK = 6, 100000
PATIENCE = 300.0                                         # seconds until a repeated request must have its answer
NOT_YET = ('idempotency_in_progress', 'order_in_progress')


def external():
    return os.environ.get('SHOP_MONGO_KIND') == 'external'


class Buyers(ShopCase):
    """Customers who place orders and are never put off, and what must be there in the end."""

    def insist(self, act, give_up_at=None):
        """The answer of act(), asked again while it means "not now": 503, a claim under way, a connection cut."""
        limit = give_up_at or time.monotonic() + PATIENCE
        while True:
            try:
                r = act()
                if r.status != 503 and not (r.status == 409 and r.code in NOT_YET):
                    return r
            except (OSError, http.client.HTTPException) as e:
                r = e
            if time.monotonic() > limit:
                raise AssertionError('no answer within %.0f s: %r' % (PATIENCE, r))
            time.sleep(0.1 + random.random() / 2)

    def buy(self, c, product, stop, log):
        n = 0
        while not stop.is_set():
            n += 1
            key = {'Idempotency-Key': '%s-%d' % (c.user['id'], n)}
            first = self.insist(lambda: self.fill_and_place(c, product, key))
            if first.status != 201:
                raise AssertionError('%r' % first)
            log.append((c.user['id'], n, first.json['id']))
            if n % 5 == 0:
                again = self.insist(lambda: self.shop.place(c, headers=key))
                if (again.status, again.body) != (201, first.body):
                    raise AssertionError('the same key later: %r and not %r' % (again, first))

    def fill_and_place(self, c, product, key):
        while True:
            r = c.put('/cart/' + product, {'quantity': 1})
            if r.status == 404:
                r = c.post('/cart', {'product_id': product, 'quantity': 1})
            if r.status != 200:
                return r
            r = self.shop.place(c, headers=key)
            if r.code != 'cart_empty':                   # an earlier order was cleaned up just now
                return r

    def buyers_while(self, harm, going_on):
        """Buyers place orders while harm(turn) is done again and again: (what they got, the product, seconds)."""
        buyers, product = self.shop.customers(BUYERS), self.shop.add_product(stock=STOCK)['id']
        stop, log, results = threading.Event(), [], []
        crowd = threading.Thread(target=lambda: results.extend(at_once(
            [lambda c=c: self.buy(c, product, stop, log) for c in buyers], timeout=900)))
        crowd.start()
        began, turn = time.monotonic(), 0
        try:
            while going_on(turn, time.monotonic() - began):
                harm(turn)
                turn += 1
        finally:
            stop.set()
            crowd.join(PATIENCE + 30)
        self.assertFalse(crowd.is_alive(), 'a buyer never ended')
        self.assertEqual([r for r in results if r is not None], [])
        return log, product, time.monotonic() - began

    def judge_orders(self, log, product):
        """Every acknowledged order is there, once, and no other."""
        ids = [order for _, _, order in log]
        self.assertEqual(len(ids), len(set(ids)), 'one order for two intents')
        self.env.verify({product: STOCK}, within=300, lost=self.kills_children)
        store = Store(self.env.store_uri, self.env.database)
        there = {str(o['_id']): o for o in read_all(store, 'orders', {'items.product': ObjectId(product),
                                                                      'status': 'pending'}, drop=('reply', 'outbox'))}
        store.close()
        self.assertEqual(sorted(set(ids) - set(there)), [], 'acknowledged orders are gone')
        self.assertEqual(sorted(set(there) - set(ids)), [], 'orders that nobody asked for')
        keys = [(str(o['user']), o['key_slot']) for o in there.values()]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertGreater(len(ids), BUYERS)


class Killed(Buyers):
    """P4, F7, and what both rest on."""
    kills_children = True

    @classmethod
    def setUpClass(cls):
        if external():
            print('SKIPPED %s: SHOP_MONGO_URI names a store that is not ours to kill' % cls.__name__, flush=True)
            raise unittest.SkipTest('SHOP_MONGO_URI names a store that is not ours to kill')
        cls.own = OwnStore(os.path.join(build_dir(), 'own-store'), os.environ.get('SHOP_MONGO_KIND', ''))
        cls.addClassCleanup(cls.own.stop)
        super().setUpClass()

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, server_uri=cls.own.uri, children=None if mpm_name() == 'prefork' else 4, threads=16,
                   patient=False, extra='ShopJwtTTL 4h') # the long rounds of scripts/prove outlive a quarter of an hour

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY, *STORE_AWAY)

    # -- the store itself ---------------------------------------------------------------------------------------------

    def test_what_it_acknowledged_survives_a_kill(self):
        # without this nothing below could hold; a stand-in must prove it as MongoDB does
        acknowledged, lock, rounds = set(), threading.Lock(), amount(2, 10)

        def write(k, stop):
            n = 0
            with contextlib.suppress(OSError, RuntimeError):
                store = Store(self.own.uri, 'durable')
                while not stop.is_set():
                    n += 1
                    store.command({'insert': 'kept', 'documents': [{'_id': '%s-%d' % (k, n)}],
                                   'writeConcern': {'w': 'majority', 'j': True}})
                    with lock:
                        acknowledged.add('%s-%d' % (k, n))
        for turn in range(rounds):
            stop = threading.Event()
            writers = [threading.Thread(target=write, args=('%d-%d' % (turn, k), stop), daemon=True) for k in range(8)]
            for w in writers:
                w.start()
            at_first, limit = len(acknowledged), time.monotonic() + 60
            time.sleep(0.5 + random.random())
            while len(acknowledged) < at_first + 20 and time.monotonic() < limit:
                time.sleep(0.01)
            self.own.kill()
            stop.set()
            for w in writers:
                w.join(20)
            self.own.start()
            store = Store(self.own.uri, 'durable')
            found = {d['_id'] for d in read_all(store, 'kept', {})}
            store.command({'dropDatabase': 1}) if turn == rounds - 1 else None
            store.close()
            self.assertEqual(sorted(acknowledged - found)[:10], [], 'acknowledged by %s and gone' % self.own.kind)
        self.assertGreater(len(acknowledged), 20)
        figure(self, 'F7 store', '%s: %d acknowledged writes over %d kills, 0 lost' % (
            self.own.kind, len(acknowledged), rounds))

    # -- P4 -----------------------------------------------------------------------------------------------------------

    def harm(self, what):
        if what == 'kill the store':
            self.own.kill()
            time.sleep(1.0)
            self.own.start()
        elif what == 'stop the store':
            self.own.pause()
            time.sleep(3.0)
            self.own.resume()
        else:
            children = self.env.child_pids()
            child = random.choice(children) if children else 0
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL if what == 'kill a child' else signal.SIGSTOP)
                time.sleep(3.0)
                os.kill(child, signal.SIGCONT)

    def test_every_acknowledged_order_is_there_once(self):
        kinds = ('kill the store', 'kill a child', 'stop the store', 'stop a child')
        seconds, every = amount(0, 300), amount(3, 10)   # at least each kind once
        harms = []

        def harm(turn):
            time.sleep(every * (0.5 + random.random()) if turn else 1.0)
            self.harm(kinds[turn % len(kinds)])
            harms.append(turn)
        log, product, took = self.buyers_while(harm, lambda turn, passed: turn < len(kinds) or passed < seconds)
        self.judge_orders(log, product)
        figure(self, 'P4', '%d orders acknowledged in %.0f s with %d kills and stops: 0 lost, 0 twice' % (
            len(log), took, len(harms)))

    # -- F7, P1 -------------------------------------------------------------------------------------------------------

    def test_exactly_what_there_was_is_sold(self):
        buyers_n, units = amount((60, 20), (200, 50))
        buyers, rounds = self.shop.customers(buyers_n), amount(1, 10)
        for turn in range(rounds):
            with self.subTest(round=turn + 1):
                product = self.shop.add_product(stock=units)['id']
                for c in buyers:
                    c.request('DELETE', '/cart')
                    self.shop.put_in_cart(c, product)
                self.sale(turn, buyers, product, units)
        figure(self, 'F7', '%d rounds: %d buyers of %d units over a kill -9 of the store: each time exactly %d sold' % (
            rounds, buyers_n, units, units))

    def sale(self, turn, buyers, product, units):
        answers = []
        crowd = threading.Thread(target=lambda: answers.extend(at_once([lambda c=c: self.insist(
            lambda: self.shop.place(c, headers={'Idempotency-Key': 'sale-%d' % turn})) for c in buyers], timeout=200)))
        crowd.start()
        time.sleep(0.3 + random.random())
        self.own.kill()
        time.sleep(0.5)
        self.own.start()
        crowd.join(220)
        kinds = {}
        for a in answers:
            kind = repr(a) if isinstance(a, BaseException) else (a.status, a.code)
            kinds[kind] = kinds.get(kind, 0) + 1
        self.assertEqual(kinds, {(201, None): units, (409, 'out_of_stock'): len(buyers) - units})
        self.env.verify({product: units}, within=300)
        self.assertEqual(self.shop.stock(product), 0)
        self.assertEqual(len({a.json['id'] for a in answers if a.status == 201}), units)


class StepDown(Buyers):
    """P4, F8: the primary steps down, or is killed, while orders are placed. On the replica set that
    SHOP_TEST_REPLSET_URI names, whose primary then only steps down, or on one of its own where the store is MongoDB."""
    URI = os.environ.get('SHOP_TEST_REPLSET_URI', '')
    own = None

    @classmethod
    def setUpClass(cls):
        if not cls.URI and os.environ.get('SHOP_MONGO_KIND') != 'mongod':
            print('SKIPPED F8: SHOP_TEST_REPLSET_URI names no replica set and the store is not MongoDB\'s own server, '
                  'so no step-down was tried', flush=True)
            raise unittest.SkipTest('no replica set')
        super().setUpClass()

    @classmethod
    def make_env(cls):
        if not cls.URI:
            one = OwnStore(os.path.join(build_dir(), 'replica-program'), 'mongod')
            one.stop()
            cls.own = OwnReplicas(os.path.join(build_dir(), 'replicas'), one.command)
            cls.addClassCleanup(cls.own.stop)
        return Env(cls.__name__, server_uri=cls.URI or cls.own.uri, patient=False)

    def reign(self):
        """The election the present primary came from."""
        admin = Store(self.env.store_uri, 'admin', timeout=60)
        found = str(admin.command({'hello': 1})['electionId'])
        admin.close()
        return found

    def step_down(self):
        admin = Store(self.env.store_uri, 'admin')
        with contextlib.suppress(ConnectionError, RuntimeError):
            admin.command({'replSetStepDown': 10, 'secondaryCatchUpPeriodSecs': 5})
        admin.close()

    def test_elections_lose_nothing(self):
        self.expect_log(*ALL_BUSY, *STORE_AWAY)
        times, killed, reigns = amount(2, 10), 0, []

        def harm(turn):
            nonlocal killed
            time.sleep(12.0)                             # orders between two elections
            before = self.reign()
            if self.own is None or turn % 2 == 0:
                limit = time.monotonic() + 120
                while self.reign() == before and time.monotonic() < limit:
                    self.step_down()                     # refused while no other member has caught up
            else:
                port = self.own.kill_primary()
                killed += 1
                time.sleep(3.0)
                self.own.start(port)
            reigns.append((before, self.reign()))
        log, product, took = self.buyers_while(harm, lambda turn, seconds: turn < times)
        self.judge_orders(log, product)
        self.assertEqual([r for r in reigns if r[0] == r[1]], [], 'a strike without an election')
        figure(self, 'F8', '%d orders acknowledged over %d step-downs and %d kills of a primary in %.0f s: 0 lost, '
               '0 twice' % (len(log), times - killed, killed, took))


if __name__ == '__main__':
    unittest.main()
