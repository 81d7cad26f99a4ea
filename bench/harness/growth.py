# SPDX-License-Identifier: MIT
"""The shops of bench/bin/growth: one for each size of the catalogue, with its caches and without, side by side."""
import argparse
import base64
import contextlib
import json
import os
import time

from harness import httpd
from harness.system import Failed, free_port, run
from harness.workloads import ORDER, bearer, product_id
from harness.world import Contender, World, reply

UNCACHED = ["ShopCacheSize 0", "ShopCacheTTL products=0 categories=0"]
MARK = "X-Bench-Mark"
LOG = 'CustomLog logs/cache.log "%%{SHOP_CACHE}n" "expr=-n %%{HTTP:%s}"' % MARK
PLACER = 9  # the customer whose order is copied
SETTLE_S = 40


class Growth(World):
    def __init__(self, options):
        self.sizes, self.orders = options.sizes, options.orders
        super().__init__(argparse.Namespace(store=options.store, products=options.sizes[0], users=10, alternatives=(),
                                            check=False))

    @staticmethod
    def database(size):
        return "bench_growth_%d" % size

    def load(self):
        for size in self.sizes:
            uri = self.uri_of(self.database(size))
            run(self.shopctl, "--mongo-uri", uri, "init")
            self.loader("catalogue", uri, size)
        self.loader("customers", self.uri_of(self.database(self.sizes[0])), self.options.users, self.tokens())

    def start_shops(self):
        self.key_file = os.path.join(self.folder, "jwt.key")
        with open(os.open(self.key_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(self.key + "\n")
        for size in self.sizes:
            self.start_shop("cached_%d" % size, size, [])
            self.start_shop("uncached_%d" % size, size, UNCACHED)

    def start_edge(self):
        """Nothing stands beside the shops."""

    def start_shop(self, name, size, directives, children=1):
        port, folder = free_port(), os.path.join(self.folder, name)
        os.makedirs(folder)
        uri = self.uri_of(self.database(size))
        httpd.write(folder, httpd.base(folder, port, children=children) + httpd.shop(
            self.module, uri, self.redis_port, self.key_file, name, True) + directives + [LOG])
        self.trust_sessions(name)
        group = self.begin(name, httpd.command(folder), port)
        shop = Contender(name, name, port, [group], self.database(size))
        self.contenders.append(shop)
        return shop

    def stop_shop(self, shop):
        shop.groups[0].stop()
        self.groups.remove(shop.groups[0])
        self.contenders.remove(shop)

    def prove_source(self, shop, path, wanted):
        """Does the answer come from where the figure will say? By the module's own note in a log."""
        for _ in range(3):
            reply(shop.port, path, headers={MARK: "1"})
        log = os.path.join(self.folder, shop.name, "logs", "cache.log")
        found = []
        limit = time.monotonic() + 5
        while len(found) < 3 and time.monotonic() < limit:
            with contextlib.suppress(OSError), open(log) as f:
                found = f.read().split()
            time.sleep(0.05)
        with open(log, "w"):
            pass
        if not found or found[-1] != wanted:
            raise Failed("%s answers %s from '%s' instead of '%s'" % (shop.name, path, found[-1:], wanted))

    # -- orders --------------------------------------------------------------------------------------------------

    def place_orders(self):
        """One through the API; that document again and again for the customers: all are what the shop writes."""
        shop = self.named("uncached_%d" % self.sizes[0])
        status, _, data = reply(shop.port, "/api/orders", "POST", ORDER, bearer(self, PLACER))
        if status != 201:
            raise Failed("no order could be placed: %d %s" % (status, data[:300]))
        ident = json.loads(data)["id"]
        limit = time.monotonic() + SETTLE_S
        while True:  # cleaned up behind the answer
            try:
                self.loader("orders", self.uri_of(shop.database), ident, ",".join(str(n) for n in self.orders))
                return
            except Failed:
                if time.monotonic() > limit:
                    raise
                time.sleep(1)


# -- pages -------------------------------------------------------------------------------------------------------------

def page_path(shop, size, page):
    """(path of that page, size of a page): the cursor of the first page, moved. Every product is a function of its
    number, the newest comes first; page 2 is compared with what the shop gives out itself, the others by what they
    show, so a cursor that another version writes differently stops the run instead of measuring something else."""
    first = ask(shop, "/api/products")
    length, cursor = len(first["items"]), first["next_cursor"]
    if page == 1:
        return "/api/products", length
    sort, text, number, ident = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    last = size - length * (page - 1)
    wanted = product_id(last)
    step = int(ident, 16) - int(wanted, 16)
    moved = [sort, text, number - step * 1000000, wanted]
    path = "/api/products?cursor=" + base64.urlsafe_b64encode(
        json.dumps(moved, separators=(",", ":")).encode()).decode().rstrip("=")
    if page == 2 and not path.endswith("=" + cursor):
        raise Failed("a cursor is not what it was: %r, not %r" % (cursor, path))
    shown = [item["id"] for item in ask(shop, path)["items"]]
    if shown != [product_id(i) for i in range(last - 1, max(last - 1 - length, -1), -1)]:
        raise Failed("page %d of %d products shows %s" % (page, size, shown[:3]))
    return path, length


def ask(shop, path):
    status, _, data = reply(shop.port, path)
    if status != 200:
        raise Failed("%s answered %s with %d: %s" % (shop.name, path, status, data[:300]))
    return json.loads(data)
