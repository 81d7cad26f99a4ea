# SPDX-License-Identifier: MIT
"""A node dies, stops or loses its store between two steps of an order: another node settles it within a minute.

Each case is an httpd of its own, built with test points and without background work, that serves the shop of a healthy
httpd as a second node would. Something happens to it at one named point; then the customer repeats the request at the
healthy node. All cases run at once, because nearly all of their time is waiting for the 30 s lease.

What a node that ended had still to confirm is lost with it. Such reservations are counted right, and are confirmed when
somebody reads the product to order it and they are older than two leases: the test moves their time.
"""
import contextlib
import datetime
import http.client
import os
import signal
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from amounts import PROVE, figure
from audit import Books
from client import Client
from pace import pace
from env import ALL_BUSY, CRASH, STORE_AWAY, Env, ShopCase, mpm_name, points_path
from wire import ObjectId, Store

SETTLED = 60.0                                           # seconds: the promise
PLACING = ('placing.begun', 'placing.claimed', 'placing.taken', 'placing.redeemed', 'placing.coupon_taken',
           'placing.sealed', 'placing.committed', 'cleaning.cart')
REFUSING = ('aborting.begun', 'aborting.released', 'aborting.undone')
UNDOING = ('aborting.begun', 'aborting.voided', 'aborting.released', 'aborting.undone')
RESOLVING = ('resolving.decided', 'aborting.voided', 'aborting.released', 'aborting.undone')
CLEANING = ('cleaning.spent', 'cleaning.cart')
DROPPING = ('dropping.begun', 'dropping.confirmed')
CANCELLING = ('cancelling.begun', 'cancelling.given', 'cancelling.returned', 'cancelling.cancelled')
REFUNDING = ('refunding.sealed', 'refunding.written', 'cancelling.given', 'cancelling.returned',
             'cancelling.cancelled')
COMMITTED = ('placing.committed',) + CLEANING + DROPPING
STOPPED_AT = ('placing.claimed', 'placing.coupon_taken', 'placing.committed')
MODES = ('exit', 'pause', 'fail')
ENDS = ('exit', 'kill', 'crash')                         # modes after which the child is no more
LONG_AGO = datetime.timedelta(seconds=61)                # longer than two leases
# Where the first request of these ways ends, with its child; the point is reached by the second.
BEFORE = {'resolve': 'placing.taken', 'clean': 'placing.committed'}
STOCK, ONE, OTHER, USES = 10, 2, 3, 5                    # of each product; quantities of the two lines; of the coupon


def matrix():
    """(way, point, mode). way: place; refuse: an order refused because the stock went; undo: one that failed with
    everything taken; resolve: the claim of a node that ended is undone; clean: so is what a placed order left; drop: the
    thread behind the replies confirms; cancel; refund with the goods. The modes kill and crash are signals to the child
    while it stands at the point."""
    cases = [(way, p, m) for way, points in (
        ('place', PLACING), ('refuse', REFUSING), ('undo', UNDOING), ('resolve', RESOLVING), ('clean', CLEANING),
        ('drop', DROPPING), ('cancel', CANCELLING), ('refund', REFUNDING)) for p in points for m in MODES]
    struck = (('place', PLACING), ('undo', UNDOING), ('resolve', RESOLVING), ('drop', DROPPING), ('cancel', CANCELLING))
    if not PROVE:
        struck = (('place', ('placing.taken', 'placing.committed')), ('undo', ('aborting.released',)),
                  ('drop', ('dropping.begun',)), ('cancel', ('cancelling.given',)))
    cases += [(way, p, m) for way, points in struck for p in points for m in ('kill', 'crash')]
    return sorted(cases, key=lambda c: (c[2] != 'pause', c[0]))


class Twin(Env):
    """A node of the same shop (of None: alone) with something to happen at its points, and no background work."""

    def __init__(self, of, name, points, jobs='Off', **options):
        super().__init__(name, twin_of=of, module=points_path(), children=2 if mpm_name() == 'prefork' else 1,
                         threads=4, extra='ShopJobs ' + jobs, **options)
        self.reached_file = os.path.join(self.root, 'run', 'reached')
        self.environment = {'SHOP_TEST_POINT': points, 'SHOP_TEST_POINT_LOG': self.reached_file}

    def write_files(self):
        super().write_files()
        with open(self.reached_file, 'w'):
            os.chmod(self.reached_file, 0o666)
        os.chmod(os.path.dirname(self.reached_file), 0o755)

    def reached(self):
        return self.text(self.reached_file).split()

    def until_reached(self, point, seconds=30):
        limit = time.monotonic() + seconds
        while point not in self.reached():
            if time.monotonic() > limit:
                raise AssertionError('%s was not reached; reached: %s' % (point, self.reached()))
            time.sleep(0.02)

    def strike(self, number):
        """The signal to every child."""
        for pid in self.child_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def loud_lines(self, *expected, crashed=False):
        """What its log should not say."""
        return [line.text for line in self.error_lines()
                if (CRASH.search(line.text) and not crashed) or
                (line.loud() and not CRASH.search(line.text) and not set(expected).intersection(line.numbers))]


class Case:
    """One customer, two products and a coupon that are nobody else's, and what happens to their order."""
    few = threading.Semaphore(4)                         # prepared and struck at once

    def __init__(self, env, way, point, mode, customer):
        self.env, self.shop, self.customer = env, env.shop, customer
        self.way, self.point, self.mode = way, point, mode
        self.name = '%s %s:%s' % (way, point, mode)
        self.key = {'Idempotency-Key': 'case-%s' % customer.user['id']}
        self.answer, self.wrong, self.settled_in = None, [], None

    def check(self, right, text):
        if not right:
            raise AssertionError(text)

    def happenings(self):
        mode = {'kill': 'pause', 'crash': 'pause'}.get(self.mode, self.mode)
        first = {'refuse': 'placing.claimed:pause:2,', 'undo': 'placing.coupon_taken:fail,'}.get(self.way, '')
        if self.way in BEFORE:
            first = BEFORE[self.way] + ':exit,'
        return first + '%s:%s' % (self.point, mode)

    def run(self):
        twin = Twin(self.env, 'Case_' + self.name, self.happenings())
        asking = threading.Thread(target=self.ask, args=(twin,), daemon=True)
        try:
            with self.few:
                self.prepare()
                twin.start()
                self.leave_something(twin)
                asking.start()
                self.meanwhile(twin)
                twin.until_reached(self.point)
                struck = time.monotonic()
                if self.mode in ('kill', 'crash'):
                    twin.strike(signal.SIGKILL if self.mode == 'kill' else signal.SIGSEGV)
                elif self.mode != 'pause':
                    asking.join(20)
            self.again(struck)
            asking.join(60)
            self.check(not asking.is_alive(), 'the struck node never answered')
            self.judge_answer()
            self.judge_books()
            loud = twin.loud_lines('SHOP0300', *ALL_BUSY, *STORE_AWAY, crashed=self.mode in ('kill', 'crash'))
            self.check(not loud, 'the log of the struck node: %s' % loud[:5])
        except Exception as e:
            self.wrong.append('%s: %s: %s' % (self.name, type(e).__name__, e))
        finally:
            twin.stop()
        return self

    def again(self, struck):
        {'cancel': self.cancel_again, 'refund': self.refund_again}.get(self.way, self.order_again)(struck)

    def prepare(self):
        c = self.customer
        self.coupon = self.shop.add_coupon(usage_limit=USES, usage_limit_per_user=1)['code']
        self.products = [self.shop.add_product(stock=STOCK)['id'] for _ in range(2)]
        for product, quantity in zip(self.products, (ONE, OTHER)):
            self.shop.put_in_cart(c, product, quantity)
        self.first = self.shop.must(self.place(c), 201) if self.way in ('cancel', 'refund') else None
        if self.way == 'refund':
            self.shop.must(self.shop.admin().patch('/orders/' + self.first.json['id'], {'status': 'paid'}), 200)

    def place(self, client):
        return self.shop.place(client, headers=self.key, coupon_code=self.coupon)

    def leave_something(self, twin):
        """What the second request is to meet."""
        if self.way in BEFORE:
            self.ask_once(twin)
            twin.until_reached(BEFORE[self.way])

    def ask(self, twin):
        """The reaper of the healthy node may be first with an old claim: then there is another one."""
        while True:
            if self.way == 'resolve':
                self.age_claim()
            self.ask_once(twin)
            if self.way != 'resolve' or self.point in twin.reached():
                break

    def age_claim(self):
        self.change('carts', {'_id': ObjectId(self.customer.user['id']), 'ordering.o': {'$exists': True}},
                    {'ordering.at': self.long_ago()})

    @staticmethod
    def long_ago():
        return datetime.datetime.now(datetime.timezone.utc) - LONG_AGO

    def change(self, collection, query, members):
        store = Store(self.env.store_uri, self.env.database)
        store.command({'update': collection, 'updates': [{'q': query, 'u': {'$set': members}}]})
        store.close()

    def ask_once(self, twin):
        c = Client(twin, token=(self.shop.admin() if self.way == 'refund' else self.customer).token, timeout=70)
        try:
            self.answer = (self.refund(c) if self.way == 'refund' else
                           c.post('/orders/%s/cancel' % self.first.json['id']) if self.first else self.place(c))
        except (OSError, http.client.HTTPException) as e:
            self.answer = e
        finally:
            c.close()

    def meanwhile(self, twin):
        """While a refused order stands behind its claim, somebody buys the last of its second product."""
        if self.way == 'refuse':
            twin.until_reached('placing.claimed')
            self.set_stock(0)

    def set_stock(self, n):
        store = Store(self.env.store_uri, self.env.database)
        store.set('products', self.products[1], stock=n)
        store.close()

    def patiently(self, act, struck, *codes):
        """act() until it is neither 503 nor one of the codes that mean "not yet"."""
        while True:
            r = act()
            if not (r.status == 503 or r.status == 409 and r.code in codes):
                return r
            self.check(time.monotonic() - struck < pace.allowed(SETTLED, struck), 'after %.0f s still %r' % (SETTLED, r))
            time.sleep(min(2.0, float(r.header('retry-after', '1'))))

    def order_again(self, struck):
        c, busy = self.customer, ('idempotency_in_progress', 'order_in_progress')
        r = self.patiently(lambda: self.place(c), struck, *busy)
        if self.way == 'refuse':
            self.check((r.status, r.code) == (409, 'out_of_stock'), 'the refused order became %r' % r)
            self.check(c.get('/orders').json['items'] == [], 'a refused order is listed')
            self.set_stock(STOCK)
            r = self.patiently(lambda: self.place(c), struck, *busy)
        self.check(r.status == 201, 'the repeated request answered %r' % r)
        self.first = r
        again = self.place(c)
        self.check((again.status, again.body, again.header('idempotent-replayed')) == (201, r.body, 'true'),
                   'repeated once more: %r and not %r' % (again, r))
        self.until_settled(struck)

    def cancel_again(self, struck):
        c, path = self.customer, '/orders/' + self.first.json['id']
        r = self.patiently(lambda: c.post(path + '/cancel'), struck)
        self.check(r.status == 200 or r.code == 'invalid_transition', 'the repeated cancel answered %r' % r)
        self.check(c.get(path).json['status'] == 'cancelled', 'not cancelled')
        self.until_settled(struck)

    def refund(self, client):
        return client.post('/orders/%s/refunds' % self.first.json['id'], {'amount': 0.5, 'restock': True},
                           headers=self.key)

    def refund_again(self, struck):
        r = self.patiently(lambda: self.refund(self.shop.admin()), struck)
        self.check(r.status == 201, 'the repeated refund answered %r' % r)
        again = self.refund(self.shop.admin())
        self.check((again.status, again.body) == (201, r.body), 'repeated once more: %r and not %r' % (again, r))
        self.refunded = r
        self.until_settled(struck)
        refunds = self.customer.get('/orders/%s/refunds' % self.first.json['id']).json['items']
        self.check([f['id'] for f in refunds] == [r.json['id']], 'refunds: %s' % refunds)

    def books(self):
        return Books(self.env.store_uri, self.env.database, users=[ObjectId(self.customer.user['id'])],
                     products=[ObjectId(p) for p in self.products], codes=[self.coupon])

    def confirm_lost(self):
        """The node ended, or fails, with what it had to confirm. Until somebody orders the product again this is
        counted, and nothing else is left."""
        books = self.books()
        left = [text for text in books.unsettled() if ': holds of order ' not in text]
        wrong = left + books.wrong(dict.fromkeys(self.products, STOCK))
        self.check(not wrong, 'with lost confirmations: %s' % '; '.join(wrong))
        for collection, ids in (('products', map(ObjectId, self.products)), ('coupons', [self.coupon])):
            for one in ids:
                self.change(collection, {'_id': one, 'holds.o': {'$exists': True}}, {'holds.$[].at': self.long_ago()})
        with contextlib.closing(self.shop.new_customer()) as other:
            for product in self.products:
                self.shop.put_in_cart(other, product, 1)
            self.shop.must(other.post('/cart/quote', {'coupon_code': self.coupon}), 200)

    def until_settled(self, struck):
        if (self.mode in ENDS and (self.way, self.point) == ('place', 'cleaning.cart')) or (
                self.way == 'drop' and self.mode != 'pause'):
            self.confirm_lost()
        while True:
            books = self.books()
            left = books.unsettled()
            if not left:
                break
            self.check(time.monotonic() - struck < pace.allowed(SETTLED, struck),
                       'after %.0f s: %s' % (SETTLED, '; '.join(left)))
            time.sleep(2.0)
        self.settled_in = time.monotonic() - struck
        self.check(self.settled_in <= pace.allowed(SETTLED, struck), 'settled only after %.0f s' % self.settled_in)

    def judge_answer(self):
        """What the struck node said, if anything: no order of its own, and no bytes of its own."""
        a = self.answer
        if isinstance(a, BaseException):
            self.check(self.mode in ENDS, 'the struck node broke off: %r' % a)
        elif self.way == 'cancel':
            self.check(a.status in (200, 503) or a.code == 'invalid_transition', 'the struck node answered %r' % a)
        elif a.status == 201:
            self.check(a.body == (self.refunded if self.way == 'refund' else self.first).body, 'two bodies for one key: %r and %r' % (a, self.first))
        else:
            self.check(a.status == 503 and (self.mode != 'exit' or self.way == 'drop'), 'the struck node answered %r' % a)
            self.check(a.header('retry-after'), '503 without Retry-After')
        if self.mode == 'fail' and self.point in COMMITTED:
            self.check(a.status == 201, 'a committed order was answered %r' % a)

    def judge_books(self):
        """Now that the struck node is done as well: exactly one order, or exactly none left."""
        c, books = self.customer, self.books()
        wrong = books.unsettled() + books.wrong(dict.fromkeys(self.products, STOCK))
        self.check(not wrong, '; '.join(wrong))
        listed = c.get('/orders').json['items']
        self.check([o['id'] for o in listed] == [self.first.json['id']], 'listed: %s' % listed)
        self.check(c.get('/cart').json['items'] == [], 'the ordered cart is not empty')
        stock = [p['stock'] for p in sorted(books.products, key=lambda p: self.products.index(str(p['_id'])))]
        taken = 0 if self.way in ('cancel', 'refund') else 1
        self.check(stock == [STOCK - taken * ONE, STOCK - taken * OTHER], 'stock %s' % stock)
        taken = 0 if self.way == 'cancel' else 1         # a refund does not give the coupon back
        self.check(books.coupons[0]['remaining'] == USES - taken, 'the coupon has %d' % books.coupons[0]['remaining'])
        if self.way == 'cancel':                         # the one use of the coupon is there again
            self.shop.put_in_cart(c, self.products[0], 1)
            self.shop.must(self.shop.place(c, coupon_code=self.coupon), 201)


class Stop(Case):
    """F18: httpd is told to stop in the middle of an order, with no other node to help; the next start settles it."""

    def __init__(self, point, how):
        self.how = how
        self.node = Twin(None, 'Stop_%s_%s' % (point, how.name), point + ':pause', jobs='On')
        self.way, self.point, self.mode, self.name = 'place', point, 'stop', self.node.name
        self.wrong, self.settled_in = [], None

    def run(self):
        node = self.node
        try:
            with self.few:
                node.start()
                super().__init__(node, 'place', self.point, 'kill', node.shop.new_customer())
                self.prepare()
                asking = threading.Thread(target=self.ask, args=(node,), daemon=True)
                asking.start()
                node.until_reached(self.point)
                self.stop_and_start(asking)
            started = time.monotonic()
            self.order_again(started)
            self.judge_answer()
            self.judge_books()
            node.verify(dict.fromkeys(self.products, STOCK))
        except Exception as e:
            self.wrong.append('%s: %s: %s' % (node.name, type(e).__name__, e))
        finally:
            node.stop()
        self.mode = 'stop'
        return self

    def stop_and_start(self, asking):
        node = self.node
        node.process.send_signal(self.how)
        node.process.wait(30)
        asking.join(30)
        for client in list(node.clients):
            client.close()
        node._startup.close()
        node.environment = {}
        node.launch()


class Crashes(ShopCase):
    """P5, F15, F16, F18, F27, and P2's failures."""
    # the healthy node serves all cases at once, and a busy machine's slow store is not what is tried here
    env_options = {'children': None if mpm_name() == 'prefork' else 8, 'threads': 16}

    def test_every_point_and_every_end(self):
        struck, began = matrix(), time.monotonic()
        customers = self.shop.customers(len(struck))
        cases = [Stop(p, how) for p in STOPPED_AT for how in (signal.SIGTERM, signal.SIGWINCH)]
        cases += [Case(self.env, *c, customer) for c, customer in zip(struck, customers)]
        with ThreadPoolExecutor(len(cases)) as crowd:    # the longest first
            done = list(crowd.map(lambda c: c.run(), cases))
        wrong = [w for case in done for w in case.wrong]
        self.assertEqual(wrong, [], '%d of %d cases:\n%s' % (len(wrong), len(cases), '\n'.join(wrong)))
        self.env.verify()
        stops = [c for c in done if isinstance(c, Stop)]
        slowest = max((c for c in done if c not in stops), key=lambda c: c.settled_in)
        figure(self, 'P5', '%d cases at %d points settled, all in %.0f s; slowest %.0f s after the strike (%s)' % (
            len(struck), len({c[1] for c in struck}), time.monotonic() - began, slowest.settled_in, slowest.name))
        figure(self, 'F15 F16', '%d children killed, %d crashed in the middle of an order' % (
            len([c for c in done if c.mode == 'kill']), len([c for c in done if c.mode == 'crash'])))
        figure(self, 'F18', '%d stops in the middle of an order; settled at most %.0f s after the next start' % (
            len(stops), max(c.settled_in for c in stops)))

    # -- what does not have to wait for the reaper: the customer's own repetition settles it -----------------------

    def crashed_at(self, way, point):
        case = Case(self.env, way, point, 'exit', self.shop.new_customer())
        case.prepare()
        with Twin(self.env, 'Once_' + point, case.happenings()) as twin:
            case.leave_something(twin)
            case.ask(twin)
            twin.until_reached(point)
        return case

    def test_repeating_an_order_cleans_up(self):
        for way, point in (('place', 'placing.committed'), ('place', 'cleaning.cart'), ('clean', 'cleaning.spent'),
                           ('clean', 'cleaning.cart')):
            with self.subTest(way=way, point=point):
                case = self.crashed_at(way, point)
                case.first = self.assert_status(case.place(case.customer), 201)
                self.assertEqual(case.customer.get('/cart').json['items'], [])
                self.shop.put_in_cart(case.customer, case.products[0], 1)
                self.assert_status(self.shop.place(case.customer), 201)

    def test_another_order_cleans_up_first(self):
        """Without a key, or from another device with another: the next order meets the one before."""
        case = self.crashed_at('place', 'placing.committed')
        self.shop.put_in_cart(case.customer, self.shop.add_product()['id'], 1)
        limit = time.monotonic() + 60
        while True:
            r = self.shop.place(case.customer)
            if r.status == 201 or time.monotonic() > limit:
                break
            time.sleep(0.2)
        self.assert_status(r, 201)
        self.assertEqual(len(case.customer.get('/orders').json['items']), 2)

    def test_repeating_a_cancel_gives_back(self):
        for point in ('cancelling.begun', 'cancelling.given', 'cancelling.returned'):
            with self.subTest(point=point):
                case = self.crashed_at('cancel', point)
                path = '/orders/%s/cancel' % case.first.json['id']
                self.assert_status(case.customer.post(path), 200)
                books = case.books()
                self.assertEqual([o['status'] for o in books.orders], ['cancelled'])
                self.assertEqual(books.wrong(dict.fromkeys(case.products, STOCK)), [])
                self.assertEqual(books.coupons[0]['remaining'], USES)

    # -- others ------------------------------------------------------------------------------------------------------

    def test_a_client_gone_leaves_an_order_complete_or_absent(self):
        outcomes = {}
        for point in ('placing.begun', 'placing.taken', 'placing.sealed', 'placing.committed', 'cleaning.cart'):
            case = Case(self.env, 'place', point, 'pause', self.shop.new_customer())
            case.prepare()
            with Twin(self.env, 'Gone_' + point, point + ':pause:1') as twin:
                self.send_and_close(twin, case)
                twin.until_reached(point)
                case.until_settled(time.monotonic())
                time.sleep(1.5)                          # it goes on after its pause
                case.until_settled(time.monotonic())
            books = case.books()
            self.assertEqual(books.wrong(dict.fromkeys(case.products, STOCK)), [])
            listed, cart = case.customer.get('/orders').json['items'], case.customer.get('/cart').json['items']
            self.assertIn((len(listed), len(cart)), ((1, 0), (0, 2)), point)
            outcomes[point] = 'complete' if listed else 'absent'
            case.first = self.assert_status(case.place(case.customer), 201)
            self.assertEqual(len(case.customer.get('/orders').json['items']), 1)
        figure(self, 'F27', 'clients gone at %s' % ', '.join('%s: order %s' % o for o in outcomes.items()))

    @staticmethod
    def send_and_close(twin, case):
        c = Client(twin, token=case.customer.token)
        connection = c._connect(5)
        with contextlib.suppress(TimeoutError):
            connection.sock.settimeout(0.3)
            case.shop.place(c, headers=case.key, coupon_code=case.coupon)
        c.close()

    def test_50_failures_leave_the_coupon_as_it_was(self):
        coupon, product = self.shop.add_coupon(usage_limit=7, usage_limit_per_user=1), self.shop.add_product(stock=100)
        buyers = self.shop.customers(50)
        with Twin(self.env, 'Failing', 'placing.coupon_taken:fail') as twin:
            def fail(c):
                self.shop.put_in_cart(c, product['id'], 2)
                return self.shop.place(Client(twin, token=c.token), coupon_code=coupon['code'])
            with ThreadPoolExecutor(4) as crowd:
                for r in crowd.map(fail, buyers):
                    self.assert_problem(r, 503, 'unavailable')
            self.assertEqual(twin.reached(), ['placing.coupon_taken'] * 50)
        seen = self.shop.admin().get('/coupons/' + coupon['code']).json
        self.assertEqual((seen['used'], seen['remaining']), (0, 7))
        self.assertEqual(self.shop.stock(product['id']), 100)
        self.env.verify({product['id']: 100})
        for c in buyers[:7]:                             # and each of these may still use it
            self.assert_status(self.shop.place(c, coupon_code=coupon['code']), 201)
        figure(self, 'P2', '50 orders failed with the coupon taken: 7 of 7 uses left, then used by 7 of them')


if __name__ == '__main__':
    unittest.main()
