# SPDX-License-Identifier: MIT
"""Counters of all children: for Prometheus by `SetHandler shop-metrics`, and in mod_status' page."""
import re
import time
import unittest

from client import Client, at_once, send_raw
from env import Env, STORE_AWAY, ShopCase, free_port
from exposition import Malformed, Page

MISSING = 'f' * 24
LOG = r'''CustomLog logs/counted.log "%P %{SHOP_ROUTE}e cache=%{SHOP_CACHE}n db=%{SHOP_DB_COMMANDS}n"'''
REQUESTS, DURATION = 'mod_shop_http_requests_total', 'mod_shop_http_request_duration_seconds'
REFUSALS, COMMANDS = 'mod_shop_refusals_total', 'mod_shop_db_commands_total'
HITS, MISSES, DROPS = ('mod_shop_cache_%s_total' % word for word in ('hits', 'misses', 'drops'))
PLACED, OUT_OF_STOCK = 'mod_shop_orders_placed_total', 'mod_shop_orders_out_of_stock_total'
LOG_LINES, TURNS = 'mod_shop_log_lines_total', 'mod_shop_reaper_turns_total'
LOCATIONS = '''
<Location "/shop-metrics">
  SetHandler shop-metrics
  Require local
</Location>
<Location "/shop-metrics/guarded">
  Require ip 192.0.2.1
</Location>
<Location "/api/metrics">
  SetHandler shop-metrics
</Location>
<Location "/server-status">
  SetHandler server-status
  Require local
</Location>
'''


class MetricsCase(ShopCase):
    """One shop of the main server and of a host that differs in a setting, and another that cannot reach its store."""
    startup_log = STORE_AWAY

    @classmethod
    def make_env(cls):
        env = Env(cls.__name__, redis_port=0)
        env.twin_port, env.other_port, env.other_instance = free_port(), free_port(), env.instance + '_other'
        env.status = ''
        env.conf = lambda: '\n'.join((
            env.base_conf(), env.module_lines(), LOG, LOCATIONS,
            'ShopRateLimit deletes 2/30min by=ip methods=DELETE', env.status,
            cls.host(env.twin_port, 'ShopCacheSize 64K'),
            cls.host(env.other_port, 'ShopInstance ' + env.other_instance,
                     'ShopMongoURI mongodb://127.0.0.1:%d/away' % free_port(),
                     'ShopMongoTimeout connect=100ms select=100ms', 'ShopJobs Off'), ''))
        return env

    @staticmethod
    def host(port, *lines):
        return '\n'.join(('Listen 127.0.0.1:%d' % port, '<VirtualHost 127.0.0.1:%d>' % port, *lines, '</VirtualHost>'))

    def setUp(self):
        super().setUp()
        self.expect_log(*STORE_AWAY)         # the other shop's store, once a minute as well
        self.name = self.env.instance

    def scrape(self):
        r = self.assert_status(Client(self.env, prefix='').get('/shop-metrics', fresh=True), 200)
        return Page(r.text)

    def grown(self, before, name, shop=None, of=None):
        """{labels but the shop's, joined: growth} of one family, one shop, as far as it grew."""
        found = {}
        for (sample, labels), value in (of or self.scrape()).since(before).items():
            labels = dict(labels)
            if sample == name and labels.pop('shop') == (shop or self.name):
                found[' '.join(labels[k] for k in sorted(labels, reverse=True))] = int(value)
        return found

    def logged(self, since, count):
        """(pid, route, cache, commands) of each request behind the first `since`; httpd logs behind the reply."""
        limit = time.monotonic() + 60
        while True:
            lines = self.env.text(self.env.access_log.replace('access.log', 'counted.log')).splitlines()[since:]
            if len(lines) >= count or time.monotonic() > limit:
                return [re.fullmatch(r'(\d+) (\S+) cache=(\S+) db=(\S+)', line).groups() for line in lines]
            time.sleep(0.02)


class Counting(MetricsCase):
    def test_each_request_counts_once_under_its_route(self):
        path = '/products/' + self.shop.add_product(stock=3)['id']
        c, before = Client(self.env), self.scrape()
        etag = self.assert_status(c.get(path), 200).header('etag')
        for count, status, ask in (
                (11, 200, lambda: c.get(path, fresh=True)),
                (2, 200, lambda: c.request('HEAD', path)),
                (3, 304, lambda: c.get(path, headers={'If-None-Match': etag}, fresh=True)),
                (4, 404, lambda: c.get('/products/' + MISSING)),
                (3, 404, lambda: c.get('/nowhere/' + MISSING)),
                (2, 405, lambda: c.put('/products', {})),
                (1, 204, lambda: c.request('OPTIONS', '/products')),
                (5, 401, lambda: c.get('/auth/me')),
                (2, 422, lambda: c.get('/products?x=1')),
                (2, 401, lambda: c.delete(path)),
                (6, 429, lambda: c.delete(path, fresh=True)),
                (1, 503, lambda: Client(self.env, port=self.env.other_port).get('/products')),
                (1, 200, lambda: c.get('/ok.txt', prefix=''))):     # not the shop's
            for _ in range(count):
                self.assert_status(ask(), status)
        after = self.scrape()
        wanted = {'showProduct 2xx': 14, 'showProduct 3xx': 3, 'showProduct 4xx': 4, 'none 4xx': 5, 'none 2xx': 1,
                  'showMe 4xx': 5, 'listProducts 4xx': 2, 'deleteProduct 4xx': 8}
        self.assertEqual(self.grown(before, REQUESTS, of=after), wanted)
        self.assertEqual(self.grown(before, REFUSALS, of=after),
                         {'not_found': 7, 'method_not_allowed': 2, 'token_missing': 7, 'validation_failed': 2,
                          'rate_limited': 6})
        counted = {}
        for key, count in wanted.items():
            counted[key.split()[0]] = counted.get(key.split()[0], 0) + count
        self.assertEqual(self.grown(before, DURATION + '_count', of=after), counted)
        self.assertEqual(self.grown(before, REQUESTS, self.env.other_instance, after), {'listProducts 5xx': 1})
        self.assertEqual(self.grown(before, REFUSALS, self.env.other_instance, after), {'unavailable': 1})

    def test_numbered_log_lines_count_for_their_shop(self):
        """Each 5xx has its line; those of the background belong to the shop whose store is away."""
        before, c = self.scrape(), Client(self.env, port=self.env.other_port)
        for _ in range(3):
            self.assert_status(c.get('/products'), 503)
        after, limit = self.scrape(), time.monotonic() + 60
        self.assertEqual(self.grown(before, LOG_LINES, self.env.other_instance, after).get('SHOP0300'), 3)
        self.assertNotIn('SHOP0300', self.grown(before, LOG_LINES, of=after))
        while not self.grown(before, LOG_LINES, self.env.other_instance).get('SHOP0100'):
            self.assertLess(time.monotonic(), limit, 'the pings left no line')
            time.sleep(0.2)

    def test_turns_of_the_reaper_count(self):
        before, limit = self.scrape(), time.monotonic() + 90
        while not self.grown(before, TURNS):
            self.assertLess(time.monotonic(), limit, 'the reaper has not run')
            time.sleep(0.5)
        self.assertFalse(self.grown(before, TURNS, self.env.other_instance), 'its store is away')

    def test_durations_are_those_that_the_client_can_have_seen(self):
        before, pause = self.scrape(), 0.3
        head = (b'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                b'Content-Length: 2\r\nConnection: close\r\n\r\n')
        seen = 0.0
        for _ in range(2):
            raw = send_raw(self.env, head, pause, b'{}')
            self.assertEqual([r.status for r in raw.final], [422])
            seen += raw.elapsed
        page = self.scrape()
        total = page.since(before)[DURATION + '_sum', frozenset({('shop', self.name), ('route', 'login')})]
        self.assertTrue(2 * pause * 0.9 < total < seen, (total, seen))
        buckets = self.grown(before, DURATION + '_bucket', of=page)
        self.assertEqual((buckets.get('login 0.1', 0), buckets.get('login +Inf')), (0, 2))

    def test_all_children_count_into_one(self):
        """Hits and misses are exact, whichever child a request came to; so are the commands to the store."""
        path = '/products/' + self.shop.add_product()['id']
        since, before, asked = len(self.logged(0, 1)), self.scrape(), 0
        while asked < 2000 and (asked < 200 or len({line[0] for line in self.logged(since, asked)}) < 2):
            statuses = at_once([lambda: [Client(self.env).get(path, headers={'Connection': 'close'}).status
                                         for _ in range(25)]] * 8)
            self.assertEqual(statuses, [[200] * 25] * 8)
            asked += 200
        after = self.scrape()
        lines = [line for line in self.logged(since, asked + 2) if line[1] == 'showProduct']
        self.assertEqual(len(lines), asked)
        self.assertGreater(len({line[0] for line in lines}), 1, 'one child answered everything')
        hits, misses = (self.grown(before, name, of=after).get('', 0) for name in (HITS, MISSES))
        self.assertEqual(hits + misses, asked)
        self.assertEqual(hits, sum(line[2] == 'local' for line in lines))
        self.assertGreater(misses, 1)                # each child had to ask
        self.assertEqual(self.grown(before, REQUESTS, of=after), {'showProduct 2xx': asked})
        self.assertEqual(self.grown(before, COMMANDS, of=after), {'showProduct': sum(int(line[3]) for line in lines)})

    def test_orders(self):
        product = self.shop.add_product(stock=1)['id']
        first, second = self.shop.new_customer(), self.shop.new_customer()
        for c in (first, second):
            self.shop.put_in_cart(c, product)
        before = self.scrape()
        for _ in range(3):
            self.assert_status(self.shop.place(first, headers={'Idempotency-Key': 'once'}), 201)
        for _ in range(2):
            self.assert_problem(self.shop.place(second), 409, 'out_of_stock')
        self.assert_problem(self.shop.place(self.shop.new_customer()), 409, 'cart_empty')
        after = self.scrape()
        self.assertEqual([self.grown(before, name, of=after) for name in (PLACED, OUT_OF_STOCK)], [{'': 1}, {'': 2}])
        self.assertEqual(self.grown(before, REQUESTS, of=after)['placeOrder 2xx'], 3)

    def test_hosts_of_one_shop_add_up(self):
        before = self.scrape()
        for port in (None, self.env.twin_port, self.env.twin_port):
            self.assert_status(Client(self.env, port=port).get('/categories'), 200)
        self.assert_status(Client(self.env, tls=True).get('/categories'), 200)
        self.assertEqual(self.grown(before, REQUESTS), {'listCategories 2xx': 4})

    def test_what_is_thrown_out_for_room(self):
        c, before = Client(self.env, port=self.env.twin_port), self.scrape()
        for n in range(400):
            self.assert_status(c.get('/products?limit=5&q=nothing%d' % n), 200)
        after = self.scrape()
        self.assertEqual(self.grown(before, MISSES, of=after), {'': 400})
        self.assertGreater(self.grown(before, DROPS, of=after).get('', 0), 0)


class Pages(MetricsCase):
    def test_the_page_is_prometheus(self):
        c = Client(self.env, prefix='')
        r = self.assert_status(c.get('/shop-metrics'), 200)
        self.assertEqual(r.header('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
        self.assertEqual((r.header('cache-control'), r.header('x-content-type-options')), ('no-store', 'nosniff'))
        page = Page(r.text)
        for name in (REQUESTS, DURATION, COMMANDS, REFUSALS, HITS, MISSES, DROPS, PLACED, OUT_OF_STOCK):
            self.assertIn(name, page.types)
        self.assertEqual({dict(labels)['shop'] for _, labels in page.samples}, {self.name, self.env.other_instance})
        head = c.request('HEAD', '/shop-metrics')
        self.assertEqual((head.status, head.body, head.header('content-type')), (200, b'', r.header('content-type')))

    def test_no_other_method(self):
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'FOO'):
            r = Client(self.env, prefix='').request(method, '/shop-metrics')
            self.assert_status(r, 405)
            self.assertEqual(sorted(r.header('allow').split(',')), ['GET', 'HEAD'], method)

    def test_only_where_it_was_placed_and_for_whom(self):
        c = Client(self.env, prefix='')
        self.assert_status(c.get('/metrics'), 404)
        self.expect_log('AH01630')
        r = self.assert_status(c.get('/shop-metrics/guarded'), 401, 403)
        self.assertNotIn(b'mod_shop_', r.body)
        before = self.scrape()
        self.assertEqual(Page(self.assert_status(c.get('/api/metrics'), 200).text).types, before.types)
        self.assert_problem(c.post('/api/metrics'), 405, 'method_not_allowed')
        self.assertEqual(self.grown(before, REQUESTS), {}, 'being watched counts as a request')

    def auto(self):
        text = self.assert_status(Client(self.env, prefix='').get('/server-status?auto', fresh=True), 200).text
        return {k: int(v) for k, v in re.findall(r'^(Shop\w+): (\d+)$', text, re.M)}

    def html(self):
        return self.assert_status(Client(self.env, prefix='').get('/server-status', fresh=True), 200).text

    def test_mod_status(self):
        path = '/products/' + self.shop.add_product()['id']
        for _ in range(5):
            self.assert_status(Client(self.env).get(path), 200)
        self.assert_status(Client(self.env, port=self.env.other_port).get('/products'), 503)
        page, auto, html = self.scrape(), self.auto(), self.html()

        def total(name, **wanted):
            return sum(v for (sample, labels), v in page.samples.items()
                       if sample == name and wanted.items() <= dict(labels).items())
        self.assertEqual(auto, {
            'ShopRequests': total(REQUESTS), 'ShopReplies2xx': total(REQUESTS, code='2xx'),
            'ShopReplies3xx': total(REQUESTS, code='3xx'), 'ShopReplies4xx': total(REQUESTS, code='4xx'),
            'ShopReplies5xx': total(REQUESTS, code='5xx'), 'ShopDuration': int(total(DURATION + '_sum') * 1000),
            'ShopDbCommands': total(COMMANDS), 'ShopRateLimited': total(REFUSALS, problem='rate_limited'),
            'ShopCacheHits': total(HITS), 'ShopCacheMisses': total(MISSES), 'ShopCacheDrops': total(DROPS),
            'ShopOrdersPlaced': total(PLACED), 'ShopOrdersOutOfStock': total(OUT_OF_STOCK)})
        self.assertGreater(auto['ShopReplies5xx'], 0)
        self.assertGreaterEqual(auto['ShopCacheHits'] + auto['ShopCacheMisses'], 5)
        for shop in (self.name, self.env.other_instance):
            self.assertEqual(html.count('<h1>Shop %s</h1>' % shop), 1)
            row = re.search(r'<h1>Shop %s</h1>\n<table border="0"><tr>(.*)</tr>\n<tr>(.*)</tr></table>' % shop, html)
            cells = dict(zip(re.findall('<th>(.*?)</th>', row[1]), re.findall('<td>(.*?)</td>', row[2])))
            self.assertEqual(int(cells['Requests']), total(REQUESTS, shop=shop))
            self.assertEqual(int(cells['Cache hits']), total(HITS, shop=shop))
        plain = self.assert_status(Client(self.env, prefix='').get('/server-status?notable'), 200).text
        self.assertRegex(plain, r'<h1>Shop %s</h1>\n<dl>\n<dt>Requests: \d+</dt>' % self.name)

    def restart(self, status):
        """Graceful, with this line in the configuration, until no child of before is left."""
        old = set(self.env.child_pids())
        self.env.status = status
        with open(self.env.conf_file, 'w') as f:
            f.write(self.env.conf())
        self.env.graceful()
        limit = time.monotonic() + 120
        while set(self.env.child_pids()) & old and time.monotonic() < limit:
            time.sleep(0.1)
        self.env.wait_until_up()

    # A restart writes log lines, and background work goes on meanwhile, on a busy machine with pings too.
    background = ('mod_shop_log_lines_total', 'mod_shop_store_pings_total', 'mod_shop_reaper_turns_total')

    @classmethod
    def without_background(cls, page):
        return {key: value for key, value in page.samples.items() if key[0] not in cls.background}

    def test_shop_status_off_hides_and_a_restart_forgets_nothing(self):
        self.assert_status(Client(self.env).get('/categories'), 200)
        self.assertTrue(self.auto())
        before = self.scrape()
        self.restart('ShopStatus Off')
        self.addCleanup(self.restart, '')
        after = self.scrape()
        self.assertEqual(self.without_background(after), self.without_background(before))
        for key in [key for key in before.samples if key[0] in self.background]:
            self.assertGreaterEqual(after.samples[key], before.samples[key], key)
        self.assertEqual(self.auto(), {})
        self.assertNotIn('<h1>Shop', self.html())
        self.assert_status(Client(self.env).get('/categories'), 200)
        self.assertEqual(self.grown(before, REQUESTS), {'listCategories 2xx': 1})

    def test_it_loads_without_mod_status(self):
        text = re.sub(r'(?m)^LoadModule status_module .*$', '', self.env.conf())
        text = re.sub(r'(?s)<Location "/server-status">.*?</Location>', '', text)
        self.assertNotIn('status_module', text)
        code, output = self.env.configtest(text)
        self.assertEqual(code, 0, output)


class Reader(unittest.TestCase):
    """The reader of the format refuses what is none."""

    def test_what_is_refused(self):
        good = '# HELP a_total x\n# TYPE a_total counter\na_total{b="c\\\\\\"\\n"} 1\n'
        self.assertEqual(Page(good).get('a_total', b='c\\"\n'), 1)
        histogram = ('# HELP h x\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum{} 1.5\n'
                     'h_count{} 2\n').replace('h_sum{}', 'h_sum{a="b"}').replace('h_count{}', 'h_count{a="b"}').replace(
                         'h_bucket{', 'h_bucket{a="b",')
        self.assertEqual(Page(histogram).get('h_count', a='b'), 2)
        for bad in (good[:-1], good.replace('\\n', '\\t'), good + good, good.replace('# TYPE', '# TIP'),
                    good.replace(' 1\n', ' -1\n'), good + 'a_total{b="c\\\\\\"\\n"} 1\n', good.replace('a_total', 'a'),
                    good.replace('# HELP a_total x\n', ''), histogram.replace('} 2\nh_sum', '} 0\nh_sum'),
                    histogram.replace('+Inf', '2'), histogram.replace('} 1.5', '} x'),
                    histogram.replace('h_count{a="b"} 2', 'h_count{a="b"} 3')):
            with self.subTest(bad):
                self.assertRaises(Malformed, Page, bad)


if __name__ == '__main__':
    unittest.main()
