# SPDX-License-Identifier: MIT
"""The store is slow, forgets to answer, has too few connections or lacks an index; httpd is reloaded under orders.

httpd reaches the store through a proxy of ours; the test reaches it directly.
"""
import datetime
import os
import re
import statistics
import subprocess
import threading
import time
import unittest

from amounts import amount, figure
from client import Client, at_once
from env import ALL_BUSY, STORE_AWAY, Env, ShopCase, build_dir, first_host, mpm_name, need, proxied_uri, shopctl, shopctl_path
from pace import pace
from servers import OwnStore, Proxy
from wire import ObjectId

BOUND = 5.5                                              # seconds until a 503
DEADLINE = 5.0                                           # ShopDeadline


class Proxied(ShopCase):
    options = {}

    @classmethod
    def make_env(cls):
        cls.proxy = Proxy(*first_host(need('SHOP_MONGO_URI')))
        cls.addClassCleanup(cls.proxy.close)
        return Env(cls.__name__, mongo_uri=lambda uri: proxied_uri(uri, cls.proxy.port), **cls.options)

    def setUp(self):
        super().setUp()
        self.expect_log(*ALL_BUSY, *STORE_AWAY)

    def tearDown(self):
        self.proxy.delay = 0.0
        super().tearDown()

    def read_once(self, customer, path):
        c = Client(self.env, token=customer.token)
        r = c.get(path)
        c.close()
        return r

    def answers(self, jobs):
        found = at_once(jobs)
        for r in found:
            if isinstance(r, BaseException):
                raise r
        return found


class SlowStore(Proxied):
    """F9: every reply of the store comes 5 s late."""
    in_flight = 4
    options = {'children': 2, 'threads': 24, 'extra': 'ShopMaxInFlight %d' % in_flight, 'patient': False}

    def static_p99(self, seconds):
        c, took, limit = Client(self.env, prefix=''), [], time.monotonic() + seconds
        while time.monotonic() < limit:
            r = c.get('/ok.txt', fresh=len(took) % 10 == 0)
            self.assertEqual((r.status, r.body), (200, b'static\n'))
            took.append(r.elapsed)
            time.sleep(0.01)
        c.close()
        return statistics.quantiles(took, n=100)[98], len(took)

    @unittest.skipIf(mpm_name() == 'prefork', 'one request per child: prefork has nothing to bound')
    def test_a_slow_store_holds_few_workers_and_nobody_else(self):
        customer, answers = self.shop.new_customer(), []
        customer.close()
        jobs = [lambda: self.read_once(customer, '/cart')] * 32
        usual, _ = self.static_p99(2.0)                  # what this machine makes of it just now
        self.proxy.delay = 5.2   # at 5 s, just what the shop waits, now and then a first reply would still count
        crowd = threading.Thread(target=lambda: answers.extend(at_once(jobs)))
        crowd.start()
        p99, count = self.static_p99(4.0)
        crowd.join(60)
        for r in answers:
            if isinstance(r, BaseException):
                raise r
            self.assert_in_time(BOUND, *r.span, repr(r))
            self.assert_problem(r, 503, 'unavailable')
        held = [r for r in answers if r.elapsed > 4.5]   # who waits for the store does so for five seconds
        self.assertLessEqual(len(held), self.in_flight * len(self.env.child_pids()))
        self.assertGreater(len(held), 0)
        self.assertLess(p99, max(0.1, 5 * usual), 'p99 of a static file %.3f s, usually %.3f s' % (p99, usual))
        figure(self, 'F9', '32 requests to a store 5 s late: 503 after at most %.2f s, %d of them held a worker '
               '(ShopMaxInFlight %d, 2 children); p99 of %d static files %.0f ms' % (
                   max(r.elapsed for r in answers), len(held), self.in_flight, count, p99 * 1000))


class LateCommands(Proxied):
    """Every reply comes somewhat late, so that a request of many commands begins one shortly before its deadline."""
    options = {'patient': False}

    def test_a_command_begun_late_gets_what_is_left(self):
        took = {}
        for delay in (0.94, 0.7):           # below a second, in which the driver gives a server up
            customer, product = self.shop.new_customer(), self.shop.add_product(stock=10)['id']
            self.shop.put_in_cart(customer, product)
            self.proxy.delay, began = delay, time.monotonic()
            r = self.shop.place(customer)
            ended = time.monotonic()
            took[delay], self.proxy.delay = ended - began, 0.0
            self.assert_problem(r, 503, 'unavailable')
            self.assert_in_time(DEADLINE + 0.5, began, ended, 'an order on a late store')
            self.assertGreater(took[delay], delay)
        self.env.verify(within=60)
        figure(self, 'F9 late', 'orders on a store whose replies come %s s late: 503 after %s s' % tuple(
            ' and '.join('%.2f' % x for x in found) for found in (took.keys(), took.values())))


class Stalled(ShopCase):
    """The store stops for twelve seconds, its connections open, and goes on. A store of the test's own: SIGSTOP."""
    CROWD, STALL = 24, 12.0

    @classmethod
    def setUpClass(cls):
        if os.environ.get('SHOP_MONGO_KIND') == 'external':
            print('SKIPPED Stalled: SHOP_MONGO_URI names a store that is not ours to stop', flush=True)
            raise unittest.SkipTest('SHOP_MONGO_URI names a store that is not ours to stop')
        cls.own = OwnStore(os.path.join(build_dir(), 'stalled-store'), os.environ.get('SHOP_MONGO_KIND', ''))
        cls.addClassCleanup(cls.own.stop)
        super().setUpClass()

    @classmethod
    def make_env(cls):
        return Env(cls.__name__, server_uri=cls.own.uri, children=None if mpm_name() == 'prefork' else 4, threads=16,
                   patient=False, extra='CustomLog logs/stall.log "%{begin:usec}t %P %>s"\n<Location "/metrics">\n'
                         '  SetHandler shop-metrics\n</Location>')

    def ask_on(self, customer, stop, answers):
        """A customer who looks at the cart again and again: (asked at, seconds, status)."""
        c = Client(self.env, token=customer.token)
        while not stop.is_set():
            began = time.monotonic()
            answers.append((began, c.get('/cart', fresh=True).elapsed, self.env.statuses[-1]))
            time.sleep(0.02)
        c.close()

    def back_at(self, mark):
        """When each child found that the store answers again, as seconds of the day's clock."""
        found = {}
        for line in self.env.error_lines(mark):
            if 'SHOP0108' in line.numbers:
                found[line.pid] = datetime.datetime.strptime(line.text.split(']')[0], '[%a %b %d %H:%M:%S.%f %Y'
                                                             ).timestamp()
        return found

    def stall(self):
        """One stall: (answers, when it began and ended, when the store went on)."""
        customer, stop, answers = self.shop.new_customer(), threading.Event(), []
        crowd = [threading.Thread(target=self.ask_on, args=(customer, stop, answers), daemon=True)
                 for _ in range(self.CROWD)]
        for t in crowd:
            t.start()
        time.sleep(1.0)
        self.own.pause()
        paused = time.monotonic()
        time.sleep(self.STALL)
        resumed = time.time()
        self.own.resume()
        time.sleep(6.0)
        stop.set()
        for t in crowd:
            t.join(30)
        return answers, (paused, paused + self.STALL), resumed

    def pings(self):
        page = self.shop.anonymous().get('/metrics', prefix='').text
        return sum(float(n) for n in re.findall(r'^mod_shop_store_pings_total\{.*\} (\S+)$', page, re.M))

    def test_every_child_serves_as_soon_as_the_store_answers(self):
        self.expect_log(*ALL_BUSY, *STORE_AWAY)
        rounds, refused, waited, longest, total = amount(1, 10), [], [], [], 0
        for turn in range(rounds):
            with self.subTest(round=turn + 1):
                mark, before = self.env.mark(), self.pings()
                offset = os.path.getsize(self.env.root + '/logs/stall.log')
                answers, (paused, ended), resumed = self.stall()
                back, children = self.back_at(mark), len(self.env.child_pids())
                self.assertLessEqual(self.pings() - before, (self.STALL + 6) * children)
                if self.env.mpm != 'prefork':            # there a child has hardly failed often enough by then
                    self.assertGreater(len(back), 0, 'no child gave the store up')
                    self.assertGreater(self.pings() - before, 0)
                took, at = max((t, at) for at, t, _ in answers if paused - 1 <= at <= ended)
                self.assert_in_time(DEADLINE + 0.5, at, at + took, 'the longest answer while the store stalled')
                self.assertEqual({s for _, _, s in answers}, {200, 503})
                self.assertEqual({s for at, _, s in answers if at > ended + 4}, {200})
                late = [line for line in self.lines_from(offset)
                        if line[2] == 503 and line[0] > back.get(line[1], float('inf'))]
                self.assertEqual(late, [], 'refused behind the ping')
                refused.append(len([s for at, _, s in answers if at > ended and s == 503]))
                waited += [at - resumed for at in back.values()] or [0.0]
                longest.append(took - DEADLINE)
                total += len(answers)
        figure(self, 'F9 back', '%d stalls of %.0f s, %d requests: each child served %.2f s after the store went on at '
               'the latest, refused by a child behind its first ping 0, before it %s; the longest answer %.2f s longer '
               'than the deadline' % (rounds, self.STALL, total, max(waited), refused, max(longest)))

    def lines_from(self, offset):
        """(begun at, process, status) of each request since then."""
        with open(self.env.root + '/logs/stall.log') as f:
            f.seek(offset)
            return [(int(begun) / 1e6, int(pid), int(status)) for begun, pid, status in map(str.split, f)]


class SmallPool(Proxied):
    """F10: ten connections, a hundred requests."""
    options = {'children': 1, 'threads': 64, 'extra': 'ShopMongoPool 10 wait=500ms', 'patient': False}

    @unittest.skipIf(mpm_name() == 'prefork', 'one thread per child: its pool is never short')
    def test_an_exhausted_pool_refuses_and_recovers(self):
        customer = self.shop.new_customer()
        customer.close()
        self.proxy.delay = 0.6
        answers = self.answers([lambda: self.read_once(customer, '/cart')] * 100)
        kinds = {s: len([r for r in answers if r.status == s]) for s in (200, 503)}
        self.assertEqual(sum(kinds.values()), 100, kinds)
        self.assertGreater(kinds[503], 0, 'nothing was short')
        self.assertGreater(kinds[200], 0)
        for r in answers:
            if r.status == 503:
                self.assert_problem(r, 503, 'unavailable')
                self.assert_in_time(BOUND, *r.span, repr(r))
        self.proxy.delay = 0.2                           # ten at once need all ten, and wait for none
        good = 0
        for _ in range(30):                              # a busy machine may spoil a round; a lost connection all
            mark = self.env.mark()
            statuses = [r.status for r in self.answers([lambda: self.read_once(customer, '/cart')] * 10)]
            good += statuses == [200] * 10 and 'SHOP0101' not in self.env.error_text(mark)
            if good == 3:
                break
        self.assertEqual(good, 3)
        self.proxy.delay = 0.0
        product = self.shop.add_product()
        self.shop.put_in_cart(customer, product['id'])
        self.assert_status(self.shop.place(customer), 201)
        figure(self, 'F10', '100 requests on a pool of 10: %d x 200, %d x 503 within %.1f s; then 3 x 10 at once: all '
               '200' % (kinds[200], kinds[503], max(r.elapsed for r in answers if r.status == 503)))


def command(name, collection):
    """The bytes by which a command of the wire protocol begins: its name and collection."""
    text = collection.encode() + b'\0'
    return b'\x02' + name.encode() + b'\0' + len(text).to_bytes(4, 'little') + text


class LostReplies(Proxied):
    """F11: what the store did and nobody heard of. Another node, with a way of its own to the store, does the
    background work, so that the lost reply is the order's own."""
    options = {'extra': 'ShopJobs Off'}
    # which command loses its reply, and the how many-th of its kind in an order; the last ones are sent behind its reply
    CASES = (('the claim', 'update', 'carts', 1), ('the takes', 'update', 'products', 1),
             ('the redemption', 'update', 'redemptions', 1), ('the take of the coupon', 'update', 'coupons', 1),
             ('the commit', 'insert', 'orders', 1), ('clearing the cart', 'update', 'carts', 2),
             ('confirming the holds', 'update', 'products', 2), ("confirming the coupon's hold", 'update', 'coupons', 2))

    CANCELS = (('the step', 'update', 'orders', 1), ('giving back', 'update', 'products', 1),
               ('the record', 'update', 'orders', 2), ("giving the coupon's use back", 'update', 'coupons', 1),
               ('dropping the redemption', 'update', 'redemptions', 1), ('the end', 'update', 'orders', 4),
               ('dropping the names', 'update', 'products', 2))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = Env('LostRepliesHelper', twin_of=cls.env, children=2)
        cls.addClassCleanup(helper.stop)
        helper.start()

    def test_a_lost_reply_takes_once_and_gives_back_once(self):
        orders = [self.order_with_a_loss(*case) for case in self.CASES]
        cancels = [self.cancel_with_a_loss(*case) for case in self.CANCELS]
        for case in orders:
            self.repeated(*case)
        took = self.env.verify({p: 10 for case in orders + cancels for p in case[2]}, within=60)
        for case in cancels:
            self.cancelled(*case)
        figure(self, 'F11', '%d kinds of lost reply while placing and %d while cancelling: taken once, given back '
               'once; first answers: %s; settled in %.0f s' % (len(orders), len(cancels), ', '.join(
                   '%s %d' % (case[0], case[-1].status) for case in orders + cancels), took))

    def customer_with_a_cart(self):
        c, coupon = self.shop.new_customer(), self.shop.add_coupon(usage_limit=5, usage_limit_per_user=1)['code']
        products = [self.shop.add_product(stock=10)['id'] for _ in range(2)]
        for product in products:
            self.shop.put_in_cart(c, product, 2)
        return c, products, coupon

    def until_confirmed(self, products, coupon):
        """What this node has to confirm behind its replies must not be taken for a command of the next case."""
        store, limit = self.env.store(), time.monotonic() + 60
        while time.monotonic() < limit:
            found = [store.find('products', {'_id': ObjectId(p), 'holds.o': {'$exists': True}}) for p in products]
            found.append(store.find('coupons', {'_id': coupon, 'holds.o': {'$exists': True}}))
            if not any(found):
                return
            time.sleep(0.05)
        self.fail('not confirmed: %s' % found)

    def lose(self, name, verb, collection, turn, act, *statuses):
        self.proxy.lose_reply(command(verb, collection), turn)
        r, limit = act(), time.monotonic() + 60
        while not self.proxy.lost() and r.status == 201 and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertTrue(self.proxy.lost(), '%s: no such command was sent' % name)
        self.assertIn(r.status, statuses, '%s: %r' % (name, r))
        return r

    def order_with_a_loss(self, name, *loss):
        c, products, coupon = self.customer_with_a_cart()
        key = {'Idempotency-Key': 'lost'}
        r = self.lose(name, *loss, lambda: self.shop.place(c, headers=key, coupon_code=coupon), 201, 503)
        if r.status == 201:
            self.until_confirmed(products, coupon)
        return name, c, products, coupon, key, r

    def cancel_with_a_loss(self, name, *loss):
        c, products, coupon = self.customer_with_a_cart()
        path = '/orders/' + self.shop.must(self.shop.place(c, coupon_code=coupon), 201).json['id']
        self.until_confirmed(products, coupon)
        return name, c, products, coupon, path, self.lose(name, *loss, lambda: c.post(path + '/cancel'), 200, 503)

    def cancelled(self, name, c, products, coupon, path, first):
        if c.get(path).json['status'] == 'pending':      # the step was lost before it was applied
            self.assertEqual(first.status, 503, name)
            self.shop.must(c.post(path + '/cancel'), 200)
        self.assertEqual(c.get(path).json['status'], 'cancelled', name)
        self.assertEqual([self.shop.stock(p) for p in products], [10, 10], name)
        self.assertEqual(self.shop.admin().get('/coupons/' + coupon).json['remaining'], 5, name)

    def repeated(self, name, c, products, coupon, key, first):
        limit = time.monotonic() + 60
        while True:
            r = self.shop.place(c, headers=key, coupon_code=coupon)
            if r.status not in (409, 503) or time.monotonic() > limit:
                break
            time.sleep(0.5)
        self.assert_status(r, 201)
        if first.status == 201:
            self.assertEqual(r.body, first.body, name)
        self.assertEqual([self.shop.stock(p) for p in products], [8, 8], name)
        self.assertEqual(self.shop.admin().get('/coupons/' + coupon).json['remaining'], 4, name)
        self.assertEqual([o['id'] for o in c.get('/orders').json['items']], [r.json['id']], name)


class MissingIndex(ShopCase):
    """F12: without a unique index an order could be placed twice, so none is placed."""

    def test_no_order_without_its_unique_indexes(self):
        self.expect_log('SHOP0104', *STORE_AWAY)
        c, product = self.shop.new_customer(), self.shop.add_product(stock=10)
        indexes = amount(('key_slot',), ('key_slot', 'cart_slot'))
        for index in indexes:
            with self.subTest(index=index):
                self.shop.put_in_cart(c, product['id'])
                stock = self.shop.stock(product['id'])
                self.env.store().command({'dropIndexes': 'orders', 'index': index})
                self.until_ready(503)
                dropped = time.monotonic()
                while time.monotonic() - dropped < pace.allowed(11.0, dropped):
                    time.sleep(0.2)                      # each child looks every ten seconds
                for _ in range(8):                       # whichever child answers
                    self.assert_problem(self.shop.place(self.twin(c)), 503, 'unavailable')
                self.assertEqual(self.shop.stock(product['id']), stock)
                self.assert_status(self.shop.anonymous().get('/products'), 200)
                self.assertIn('unique index %s is missing; run shopctl --mongo-uri URI migrate' % index,
                              self.env.text(self.env.error_log))
                shopctl(self.env.store_uri, 'init')
                self.until_ready(200)
                limit = time.monotonic() + 60            # each child looks for itself
                while (r := self.shop.place(self.twin(c))).status == 503 and time.monotonic() < limit:
                    time.sleep(0.2)
                self.assert_status(r, 201)
        self.env.verify({product['id']: 10})
        figure(self, 'F12', 'without %s: readiness 503, no order; both again after shopctl init' % ' or '.join(indexes))

    def test_no_account_without_its_unique_index(self):
        self.expect_log('SHOP0104', *STORE_AWAY)
        self.env.store().command({'dropIndexes': 'users', 'index': 'users_email_key'})
        self.until_ready(503)
        dropped = time.monotonic()
        while time.monotonic() - dropped < pace.allowed(11.0, dropped):
            time.sleep(0.2)
        person = {'email': 'once@example.com', 'password': 'correct horse'}
        for i in range(8):
            r = self.twin(self.shop.anonymous()).post('/auth/register', dict(person, username='once%d' % i))
            self.assert_problem(r, 503, 'unavailable')
        shopctl(self.env.store_uri, 'init')
        self.until_ready(200)
        self.assertEqual(self.env.store().find('users', {'email_key': person['email']}), [])
        limit = time.monotonic() + 60
        while (r := self.twin(self.shop.anonymous()).post('/auth/register', dict(person, username='once'))
               ).status == 503 and time.monotonic() < limit:
            time.sleep(0.2)
        self.assert_status(r, 201)
        r = self.shop.anonymous().post('/auth/register', dict(person, username='twice'))
        self.assert_problem(r, 409, 'email_taken')

    def twin(self, customer):
        c = Client(self.env, token=customer.token)
        c.keep_alive = False
        return c

    def until_ready(self, status):
        limit = time.monotonic() + 180                   # readiness believes in indexes it has seen for a minute
        while time.monotonic() < limit:
            found = {self.twin(self.shop.anonymous()).get('/health/ready').status for _ in range(6)}
            if found == {status}:
                return
            time.sleep(0.3)
        self.fail('readiness says %s and not %d' % (found, status))


class SlowIndex(Proxied):
    def test_init_waits_for_an_index_that_takes_its_time(self):
        begun = threading.Event()
        self.proxy.delay = 0.1                           # so that it is in the middle when the store stops replying
        self.proxy.on_request = lambda _, data: b'createIndexes' in data and begun.set()
        init = subprocess.Popen([shopctl_path(), '--mongo-uri', self.env.mongo_uri, 'init'], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        self.assertTrue(begun.wait(60))
        self.assertIsNone(init.poll(), 'it was over before the store stopped replying')
        self.proxy.stall()
        time.sleep(6.5)                                  # a request is given up after five
        self.assertIsNone(init.poll())
        self.proxy.pass_on()
        said, _ = init.communicate(timeout=60)
        self.assertEqual(init.returncode, 0, said)
        self.assertRegex(said, r'\Adatabase \S+ at 127\.0\.0\.1:\d+: indexes are in place\n\Z')


if __name__ == '__main__':
    unittest.main()
