# SPDX-License-Identifier: MIT
"""One httpd in one process (-X) with the shop, a product and a static file of the same bytes: to be run under a tool
that looks at every instruction or system call."""
import argparse
import contextlib
import http.client
import json
import os
import signal
import subprocess

from harness import httpd
from harness.system import Failed, free_port, wait_for_port
from harness.workloads import ORDER, product_id
from harness.world import World

PRODUCTS = 1000


class Server(World):
    """Store, Redis and data as in a run; httpd only while it is asked to."""

    def __init__(self, store):
        super().__init__(argparse.Namespace(store=store, products=PRODUCTS, users=10, alternatives=(), check=False))

    def start_edge(self):
        self.shop_path = "/api/products/" + product_id(PRODUCTS - 1)
        self.static_path = "/product.json"
        shop = self.named("mod_shop_open")
        folder = self.folder
        place = os.path.join(folder, "single")
        os.makedirs(place)
        self.port = free_port()
        key = os.path.join(folder, "jwt.key")
        httpd.write(place, httpd.base(place, self.port, single=True) + httpd.shop(
            self.module, self.uri_of("bench_shop"), self.redis_port, key, "single", True))
        connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=10)
        connection.request("GET", self.shop_path)
        data = connection.getresponse().read()
        connection.close()
        with open(os.path.join(place, "htdocs", "product.json"), "wb") as f:
            f.write(data)
        self.size = len(data)
        self.command = [httpd.program(), "-d", place, "-f", os.path.join(place, "httpd.conf"), "-X"]

    @contextlib.contextmanager
    def running(self, command, seconds):
        """The server under a tool; ended in its own time, so that the tool can write its sums."""
        log = os.path.join(self.folder, "single.log")
        with open(log, "ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True)
        try:
            wait_for_port(self.port, process, command[0], log, seconds)
            yield process
        finally:
            # to httpd and its tool alike: strace passes nothing on
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def order(self, requests):
        """So many orders of one customer on one connection: an addition to the cart and the order each."""
        with open(self.tokens()) as f:
            headers = {"Accept": "application/json", "Content-Type": "application/json",
                       "Authorization": "Bearer " + f.readline().strip()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for _ in range(requests):
            for path, body in (("/api/cart", {"product_id": product_id(0), "quantity": 1}), ("/api/orders", ORDER)):
                connection.request("POST", path, json.dumps(body), headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status >= 300:
                    raise Failed("%s answered %d: %s" % (path, answer.status, said[:300]))
        connection.close()

    def ask(self, path, requests):
        """So many requests on one connection; the first fills the cache."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for _ in range(requests):
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or len(body) != self.size:
                raise Failed("%s answered %d: %s" % (path, answer.status, body[:300]))
        connection.close()
