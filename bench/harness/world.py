# SPDX-License-Identifier: MIT
"""Store, Redis, data and contenders: everything that runs during a measurement, and its end."""
import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from harness import httpd, tools
from harness.system import BENCH, BUILD, ROOT, Foreign, Group, free_port, run, say, wait_for_port

READS = ("product", "list", "search", "featured", "random")
SIGNED = ("cart", "cart_add", "order", "login")
ALTERNATIVES = ("flask", "fastify", "go")
RATE_LIMIT = 100000000  # counted like any other, never reached
SENTINEL_AGE_S = 4000
SHOP_DATABASES = ("bench_shop", "bench_shop_old")  # of the build that is measured, and of one beside it


class Contender:
    """Somebody who answers: where, from which database, with which processes."""

    def __init__(self, name, title, port, groups, database=None, static=False, workloads=READS + SIGNED):
        self.name, self.title, self.port, self.groups = name, title, port, groups
        self.database, self.static, self.workloads = database, static, workloads

    def cpu_s(self):
        return sum(group.cpu_s() for group in self.groups)

    def memory_kib(self):
        sums = [group.memory_kib() for group in self.groups]
        return tuple(sum(part) for part in zip(*sums))


def reply(port, path, method="GET", body=None, headers=None):
    """(status, headers, bytes); a refusal is an answer too."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), data=data, method=method,
                                     headers={"Accept": "application/json", **(headers or {})})
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class World:
    def __init__(self, options):
        self.options = options
        self.groups, self.contenders = [], []
        self.generation, self.ordered, self.shape, self.shapes = 0, {}, None, {}
        self.homes = {}  # {database: connection string of its server}, where that is not mongo_uri
        self.key = secrets.token_urlsafe(48)
        self.state = os.path.join(BUILD, "state")
        self.folder = None
        self.mongo_uri = self.redis_port = None
        self.backing = []

    # -- set-up --------------------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            self.prepare()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def make_folder(self):
        os.makedirs(self.state, exist_ok=True)
        # httpd's children run as another user, who may not read this checkout
        self.folder = tempfile.mkdtemp(prefix="mod_shop-bench-", dir="/tmp")
        os.chmod(self.folder, 0o755)

    def prepare(self):
        self.make_folder()
        self.builds = tools.builds(getattr(self.options, "builds", None))
        self.module, self.shopctl = self.builds[0]
        self.python = tools.python()
        self.start_store()
        self.start_redis()
        self.load()
        self.start_shops()
        self.start_alternatives()
        self.start_edge()
        self.contenders.sort(key=lambda c: not c.static)

    def settings(self, script, *arguments):
        text = run(os.path.join(ROOT, "scripts", script), "start", "--dir", self.state, *arguments, stderr=None)
        return dict(re.findall(r"^(SHOP_\w+)=(.*)$", text, re.M))

    def start_store(self):
        kind = self.options.store
        found = self.settings("store", *(("--kind", kind) if kind else ()))
        self.mongo_uri, self.store_kind = found["SHOP_MONGO_URI"], found["SHOP_MONGO_KIND"]
        if found["SHOP_MONGO_PID"]:
            self.backing.append(Foreign("store", int(found["SHOP_MONGO_PID"])))

    def start_redis(self):
        found = self.settings("redis")
        self.redis_port = int(found["SHOP_REDIS_PORT"])
        self.backing.append(Foreign("redis", int(found["SHOP_REDIS_PID"])))
        self.redis("FLUSHALL")

    def redis(self, *command):
        return run("redis-cli", "-p", self.redis_port, *command).strip()

    def uri_of(self, database):
        home = self.homes.get(database, self.mongo_uri)
        return re.sub(r"(mongodb(?:\+srv)?://[^/]+/)[^?]*", lambda m: m[1] + database, home)

    def databases(self):
        """(database, the shopctl that makes its indexes)"""
        yield from zip(SHOP_DATABASES, (shopctl for _, shopctl in self.builds))
        for name in ("bare",) + tuple(self.options.alternatives):
            yield "bench_" + name, self.shopctl

    def loader(self, *arguments):
        return run(self.python, os.path.join(BENCH, "harness/load.py"), *arguments, stderr=None,
                   env={**os.environ, "JWT_KEY": self.key})

    def tokens(self):
        return os.path.join(self.folder, "tokens")

    def load(self):
        for name, shopctl in self.databases():
            self.load_database(self.uri_of(name), shopctl)

    def load_database(self, uri, shopctl):
        self.drop_stale(uri, shopctl)
        run(shopctl, "--mongo-uri", uri, "init")
        self.loader("both", uri, self.options.products, self.options.users, self.tokens())

    def drop_stale(self, uri, shopctl):
        """A database of an earlier run with other indexes than this build makes is made anew."""
        scratch = self.uri_of("bench_scratch")
        self.loader("drop", scratch)
        run(shopctl, "--mongo-uri", scratch, "init")
        self.loader("stale", uri, scratch)
        self.loader("drop", scratch)

    def settle(self, seconds=20):
        """Waits for what the client no longer waits for: the requests that the end of a slice cut off. They would load
        the store under the next contender, and take a cart that was just filled."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            before = sum(group.cpu_s() for group in self.backing)
            time.sleep(0.2)
            if sum(group.cpu_s() for group in self.backing) - before < 0.04:
                return

    def refill(self, contender, verb="refill"):
        """The carts that were ordered since the last time are full again."""
        count = self.ordered.pop(contender.database, 0)
        if self.shape != self.shapes.get(contender.database):
            self.shapes[contender.database] = self.shape
            count = self.options.users
        if not count:
            return None
        self.generation += 1000
        return self.loader(verb, self.uri_of(contender.database), min(count, self.options.users), self.generation,
                           *([self.shape] if self.shape else []))

    def reset(self, contender):
        """Carts, orders and stock as at the beginning."""
        self.generation += 1000
        self.shapes[contender.database] = self.shape
        self.loader("reset", self.uri_of(contender.database), self.options.users, self.generation,
                    *([self.shape] if self.shape else []))

    # -- contenders ----------------------------------------------------------------------------------------------

    def begin(self, name, command, port, environment=None, cwd=None):
        log = os.path.join(self.folder, name + ".log")
        group = Group(name, command, log, environment, cwd)
        self.groups.append(group)
        wait_for_port(port, group.process, name, log)
        return group

    def write_key(self):
        """The file of the key that signs access tokens."""
        path = os.path.join(self.folder, "jwt.key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(self.key + "\n")
        return path

    def start_shops(self):
        self.key_file = self.write_key()
        self.serve_shop("mod_shop", "mod_shop", self.module, "bench_shop")
        self.serve_shop("mod_shop_open", "mod_shop, no rate limit", self.module, "bench_shop", READS)
        if len(self.builds) > 1:
            self.serve_shop("mod_shop_old", "mod_shop (old)", self.builds[1][0], SHOP_DATABASES[1])

    def serve_shop(self, name, title, module, database, workloads=READS + SIGNED):
        port, folder = free_port(), os.path.join(self.folder, name)
        os.makedirs(folder)
        lines = httpd.base(folder, port, threads=getattr(self.options, "threads", httpd.THREADS))
        lines += httpd.shop(module, self.uri_of(database), self.redis_port, self.key_file, name,
                            limited=name != "mod_shop_open")
        lines += getattr(self.options, "directives", [])
        httpd.write(folder, lines)
        self.trust_sessions(name)
        group = self.begin(name, httpd.command(folder), port)
        self.contenders.append(Contender(name, title, port, [group], database, workloads=workloads))

    def trust_sessions(self, instance):
        """A fresh Redis is trusted about ended sessions only after an access token's life. Nothing was ended in this
        one, which is empty; so it is told what it would know in a quarter of an hour."""
        run_id = re.search(r"run_id:(\w+)", self.redis("INFO", "server"))[1]
        now = int(self.redis("TIME").split()[0])
        self.redis("ZADD", "shop:{%s}:deny" % instance, -(now - SENTINEL_AGE_S), "=" + run_id)

    def command_of(self, name):
        """(title, command, folder to run in)"""
        if name == "flask":
            folder = os.path.join(BENCH, "contenders/flask")
            return "Flask + gunicorn", [os.path.join(tools.VENV, "bin/gunicorn"), "-c",
                                        os.path.join(folder, "gunicorn.conf.py"), "app:app"], folder
        if name == "fastify":
            node, folder = tools.node()
            return "Fastify", [node, os.path.join(folder, "server.js")], folder
        return "Go net/http", [tools.go()], self.folder

    def start_alternatives(self):
        for name in self.options.alternatives:
            self.start_alternative(name, *self.command_of(name))

    def start_alternative(self, name, title, command, folder, environment=None):
        port = free_port()
        # a write is acknowledged when it is as safe as the module's
        uri = self.uri_of("bench_" + name)
        uri += ("&" if "?" in uri else "?") + "w=majority&journal=true"
        environment = {"PORT": str(port), "MONGO_URI": uri, "PREFIX": name + ":", "REDIS_PORT": str(self.redis_port),
                       "JWT_KEY": self.key, "RATE_LIMIT": str(RATE_LIMIT), "NODE_ENV": "production",
                       "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
        group = self.begin(name, command, port, environment, folder)
        self.contenders.append(Contender(name, title, port, [group], "bench_" + name))

    def start_edge(self):
        """The httpd that serves static files, caches them, and stands in front of the alternatives."""
        static, cached = free_port(), free_port()
        folder = os.path.join(self.folder, "edge")
        os.makedirs(folder)
        lines = httpd.base(folder, static) + httpd.cache(cached, static)
        behind = []
        for contender in [c for c in self.contenders if c.name in ALTERNATIVES]:
            port = free_port()
            lines += httpd.proxy(port, contender.port)
            behind.append((contender, port))
        httpd.write(folder, lines)
        group = self.begin("edge", httpd.command(folder), static)
        self.static_files = os.path.join(folder, "htdocs")
        self.contenders.append(Contender("static", "httpd, static file", static, [group], static=True))
        self.contenders.append(Contender("mod_cache", "httpd, mod_cache (shmcb)", cached, [group], static=True,
                                         workloads=("product", "list", "search", "featured")))
        for contender, port in behind:
            self.contenders.append(Contender(contender.name + "_httpd", contender.title + ", behind httpd", port,
                                             [group] + contender.groups, contender.database))

    def named(self, name):
        return next(c for c in self.contenders if c.name == name)

    # -- end -----------------------------------------------------------------------------------------------------

    def __exit__(self, *exc):
        for group in reversed(self.groups):
            with contextlib.suppress(Exception):
                group.stop()
        for script in ("redis", "store"):
            subprocess.run([os.path.join(ROOT, "scripts", script), "stop", "--dir", self.state], check=False)
        if self.folder:
            if exc and exc[0]:
                kept = os.path.join(BUILD, "logs")
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(self.folder, kept, ignore=shutil.ignore_patterns("run", "jwt.key", "tokens"))
                say("logs of the contenders: " + kept)
            shutil.rmtree(self.folder, ignore_errors=True)
        return False
